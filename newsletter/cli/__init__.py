"""`newsletter …`: one file per noun, whose commands parse, call and print."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """The command: exit 0 done, 1 refused or failed with one line on stderr, 2 wrong usage."""
    if sys.argv[1:] == ["--version"]:
        # Asked often by scripts, and everything below takes ten times as long to load.
        from importlib.metadata import version

        print(f"newsletter {version('newsletter')}")
        return
    # Nothing that is loaded becomes garbage: to look for some, again and again, takes a tenth of all the time.
    gc.disable()
    from newsletter.cli.program import run

    gc.freeze()
    gc.enable()
    sys.exit(run())
