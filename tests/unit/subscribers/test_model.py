"""What a copy may be filled with from a subscriber, and the names that are exported."""

from __future__ import annotations

import subprocess
import sys

import subscribers
from subscribers.errors import InvalidAddress, UnreadableImport
from subscribers.model import Subscriber


def test_values_of_a_subscriber_are_texts() -> None:
    ada = Subscriber(1, "ada@example.org", "Ada", {"town": "Köln", "age": 36, "member": True, "height": 1.5})
    assert ada.values() == {
        "name": "Ada",
        "email": "ada@example.org",
        "attributes.town": "Köln",
        "attributes.age": "36",
        "attributes.member": "true",
        "attributes.height": "1.5",
    }


def test_every_exported_name_is_there() -> None:
    assert all(hasattr(subscribers, name) for name in subscribers.__all__)


def test_importing_the_package_loads_no_database_and_no_validator() -> None:
    heavy = ("sqlalchemy", "email_validator", "itsdangerous")
    program = f"import sys, subscribers; print([name for name in {heavy!r} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_errors_name_the_place_and_never_repeat_a_whole_novel() -> None:
    assert str(UnreadableImport("readers.csv", 3, "is torn")) == "readers.csv, line 3: is torn"
    assert str(UnreadableImport("readers.csv", None, "is empty")) == "readers.csv: is empty"
    assert len(str(InvalidAddress("x" * 5000, "too long"))) < 120
