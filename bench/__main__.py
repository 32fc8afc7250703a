"""The measures of this folder → their tables, one after another, each measured in a process of its own.

`python -m bench` runs every module here that has a `main()`, and writes what was measured into docs/performance.md;
`python -m bench picking` runs one and writes nothing. A measure that fails is named at the end, and the exit code
is 1; the others still run.
"""

from __future__ import annotations

import ast
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import ROWS_FILE, read_rows
from bench.table import put_table

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent / "docs" / "performance.md"


def find_measures() -> list[str]:
    """The modules of this folder that have a `main()`, by name; none of them is imported to find out."""
    return [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem != "__main__" and has_main(path)]


def has_main(path: Path) -> bool:
    tree = ast.parse(path.read_bytes(), filename=str(path))
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def measure(name: str, kept: Path) -> bool:
    """Whether the measure reached its end. Its own process: no peak memory or warm heap of a neighbour."""
    print(f"== {name} ==", flush=True)
    code = f"from bench.{name} import main; main()"
    environment = {**os.environ, ROWS_FILE: str(kept)}
    return subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, env=environment).returncode == 0


def main(wanted: list[str]) -> int:
    known = find_measures()
    if unknown := [name for name in wanted if name not in known]:
        print(f"there is no measure {unknown[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        kept = Path(folder) / "rows"
        kept.touch()
        failed = [name for name in wanted or known if not measure(name, kept)]
        if not (wanted or failed):
            page = put_table(PAGE.read_text("utf-8"), read_rows(kept), machine())
            PAGE.write_text(page, encoding="utf-8")
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def machine() -> str:
    """What the figures were measured on, in a sentence."""
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} "
        f"on {os.cpu_count()} cores ({platform.system()}, {platform.machine()})."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
