"""The program, cold → how long its quickest command takes, and how long the demo."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import median

from bench.example_home import PROGRAM, bare_environment
from bench.measure import Row, tell
from bench.postfix import spend

VERSIONS = 7
DEMOS = 3


def main() -> None:
    version = median(spend([*PROGRAM, "--version"]).seconds for _ in range(VERSIONS))
    tell(Row("Q", "newsletter --version, whole process", version, 0.3, 0.15, "s", "", True))
    demo = median(demo_seconds() for _ in range(DEMOS))
    tell(Row("Q", "newsletter demo --once in a new home, whole process", demo, 5, 3, "s", "", True))


def demo_seconds() -> float:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as folder:
        return spend([*PROGRAM, "demo", "--once", "--home", str(Path(folder) / "demo")], bare_environment()).seconds
