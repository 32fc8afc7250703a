"""The measures of this folder → their tables, one after another, each measured in a process of its own.

`python -m bench` runs every module here that has a `main()`; `python -m bench picking` runs one.
A measure that fails is named at the end, and the exit code is 1; the others still run.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def find_measures() -> list[str]:
    """The modules of this folder that have a `main()`, by name; none of them is imported to find out."""
    return [path.stem for path in sorted(FOLDER.glob("*.py")) if path.stem != "__main__" and has_main(path)]


def has_main(path: Path) -> bool:
    tree = ast.parse(path.read_bytes(), filename=str(path))
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body)


def measure(name: str) -> bool:
    """Whether the measure reached its end. Its own process: no peak memory or warm heap of a neighbour."""
    print(f"== {name} ==", flush=True)
    code = f"from bench.{name} import main; main()"
    return subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent).returncode == 0


def main(wanted: list[str]) -> int:
    known = find_measures()
    if unknown := [name for name in wanted if name not in known]:
        print(f"there is no measure {unknown[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = [name for name in wanted or known if not measure(name)]
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
