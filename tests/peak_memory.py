"""A command → the command that runs it and writes down how much memory it took at most.

The kernel lets a process inherit the peak of the one it was started from, here of pytest with all its modules. So a
small process stands between, and measures its child.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

_BETWEEN = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as file:
    file.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(code)
"""


def measured(line: Sequence[str], file: Path) -> list[str]:
    return [sys.executable, "-c", _BETWEEN, str(file), *line]


def peak_in(file: Path) -> float:
    """MiB."""
    return int(file.read_text()) / (1024 * 1024 if sys.platform == "darwin" else 1024)
