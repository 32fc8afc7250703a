"""Measured rows and a page with two markers → the page with the rows as a table between them."""

from __future__ import annotations

from collections.abc import Sequence

from bench.measure import Row

BEGIN = "<!-- measured: `make bench` writes from here -->"
END = "<!-- measured: to here -->"
HEAD = ("", "what", "against", "measured", "must", "aim", "")


def put_table(page: str, rows: Sequence[Row], machine: str) -> str:
    """Raises ValueError when the page lacks a marker."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page lacks the markers of the table")
    return f"{before}{BEGIN}\n\n{machine}\n\n{table(rows)}\n\n{END}{after}"


def table(rows: Sequence[Row]) -> str:
    """In Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD), *(row.cells for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
