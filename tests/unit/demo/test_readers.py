"""The 25 sample readers: one line each, all on a domain where nobody lives."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files

TEXT = (files("newsletter.demo") / "readers.csv").read_text(encoding="utf-8")
READERS = list(csv.DictReader(io.StringIO(TEXT, newline="")))


def test_header_is_the_one_that_the_import_knows() -> None:
    assert TEXT.splitlines()[0] == "email,name,attributes"


def test_there_are_25_different_addresses_all_on_the_example_domain() -> None:
    addresses = [reader["email"] for reader in READERS]
    assert len(addresses) == 25 and len({address.casefold() for address in addresses}) == 25
    assert all(address.endswith("@example.org") and address.isascii() for address in addresses)


def test_the_cast_is_among_them() -> None:
    cast = {f"{name}@example.org" for name in ("ada", "ben", "cleo", "dan")}
    assert cast <= {reader["email"] for reader in READERS}


def test_attributes_are_a_json_object_with_a_city() -> None:
    for reader in READERS:
        assert set(json.loads(reader["attributes"])) == {"city"}


def test_names_include_an_apostrophe_accents_and_one_that_is_missing() -> None:
    names = [reader["name"] for reader in READERS]
    assert names.count("") == 1
    assert any("'" in name for name in names)
    assert sum(not name.isascii() for name in names) >= 3
