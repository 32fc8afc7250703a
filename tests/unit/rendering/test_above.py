"""A notice and a copy of an issue → one page."""

from __future__ import annotations

import pytest

from newsletter.errors import RenderError
from newsletter.rendering.above import put_above, put_text_above

NOTICE = (
    '<html><head><meta charset="utf-8"><!--[if mso]><style>.a { width: 1px }</style><![endif]-->'
    "<style>.b { width: 2px }</style></head><body class='n'><p>Say yes.</p></body></html>"
)
ISSUE = (
    '<html lang="en"><head><meta charset="utf-8"><title>Walks</title><style>.b { width: 3px }</style></head>'
    '<body style="margin: 0"><h1>Walks</h1></body></html>'
)


def test_the_words_come_first_and_the_issue_keeps_its_own_head_and_body() -> None:
    page = put_above(NOTICE, ISSUE)
    assert page.startswith('<html lang="en"><head><meta charset="utf-8"><style>.b { width: 2px }</style><title>Walks')
    assert page.endswith('<body style="margin: 0"><p>Say yes.</p><h1>Walks</h1></body></html>')
    assert page.index("width: 2px") < page.index("width: 3px")


def test_rules_for_one_mail_program_alone_are_not_set_free() -> None:
    assert "width: 1px" not in put_above(NOTICE, ISSUE)


@pytest.mark.parametrize("page", ["", "<p>Walks</p>", "<html><head></head></html>"])
def test_a_page_without_a_place_for_them_is_an_error(page: str) -> None:
    with pytest.raises(RenderError, match="no place"):
        put_above(NOTICE, page)
    with pytest.raises(RenderError, match="no place"):
        put_above(page, ISSUE)


def test_in_the_text_a_line_parts_them() -> None:
    assert put_text_above("Say yes.\n", "Walks\n").split("\n\n") == ["Say yes.", "=" * 72, "Walks\n"]
