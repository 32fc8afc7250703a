"""What the measures say of a figure, and how the page gets its table."""

from __future__ import annotations

import pytest

from bench.measure import ROWS_FILE, Row, number, read_rows, tell
from bench.table import BEGIN, END, put_table


def row(figure: float, is_ceiling: bool = False) -> Row:
    must, aim = (3, 1.8) if is_ceiling else (0.6, 0.9)
    return Row("A", "messages per second", figure, must, aim, "×", "smtp-source", is_ceiling)


@pytest.mark.parametrize(
    "figure, is_ceiling, verdict",
    [
        (0.9, False, "aim reached"),
        (0.6, False, "reached"),
        (0.59, False, "FALLS SHORT"),
        (1.8, True, "aim reached"),
        (3.0, True, "reached"),
        (3.01, True, "FALLS SHORT"),
    ],
)
def test_verdict_says_which_target_is_kept(figure: float, is_ceiling: bool, verdict: str) -> None:
    assert row(figure, is_ceiling).verdict == verdict


def test_line_names_figure_yardstick_target_and_verdict() -> None:
    assert row(0.75).line == "A  messages per second: 0.75 × smtp-source (must ≥ 0.6, aim ≥ 0.9): reached"


@pytest.mark.parametrize("figure, written", [(0.0481, "0.05"), (9.876, "9.88"), (42.19, "42.2"), (12_345.6, "12,346")])
def test_number_has_the_digits_that_matter(figure: float, written: str) -> None:
    assert number(figure) == written


def test_rows_told_are_kept_for_the_table(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path_factory.mktemp("bench") / "rows"
    monkeypatch.setenv(ROWS_FILE, str(kept))
    later = Row("Q", "newsletter --version", 0.05, 0.3, 0.15, "s", "", True)
    tell(later)
    tell(row(0.75))
    assert read_rows(kept) == [row(0.75), later]


def test_table_stands_between_the_markers_and_replaces_the_last_one() -> None:
    page = f"# Performance\n\n{BEGIN}\nold\n{END}\n\nThe rest.\n"
    once = put_table(page, [row(0.75)], "Measured somewhere.")
    assert put_table(once, [row(0.75)], "Measured somewhere.") == once
    assert "old" not in once and once.startswith("# Performance\n") and once.endswith("The rest.\n")
    assert "| A | messages per second | smtp-source | 0.75 × | ≥ 0.6 | ≥ 0.9 | reached |" in once


def test_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        put_table("# Performance\n", [row(0.75)], "")
