"""Broken MJML is refused with its line; sound MJML passes and is what the renderer reads, too."""

from __future__ import annotations

import pytest
from mjml import mjml2html

from newsletter.errors import RenderError
from newsletter.rendering.mjml_check import MAX_DEPTH, check_mjml


def check(mjml: str) -> None:
    check_mjml(mjml, lambda position: ("issue.mjml.j2", mjml.count("\n", 0, position) + 1))


def in_column(content: str) -> str:
    column = f"<mj-column>\n{content}\n</mj-column>"
    return f"<mjml>\n<mj-body>\n<mj-section>\n{column}\n</mj-section>\n</mj-body>\n</mjml>"


SOUND = [
    in_column("<mj-text>a<br>b<br/>c &nbsp; &amp; d & e <a href='x' hidden>f</a></mj-text>"),
    in_column('<mj-image src="a" alt="b > c" /><mj-divider /><mj-spacer height="1px" />'),
    in_column('<mj-button href="x" css-class="y" mj-class="z">Go <b>on</b></mj-button>'),
    in_column("<mj-table><tr><td>1</td></tr></mj-table><mj-raw><tr><td><!-- c --></td></tr></mj-raw>"),
    in_column('<mj-raw><!--[if mso]><v:rect href="x"><![endif]-->a<!--[if mso]></v:rect><![endif]--></mj-raw>'),
    in_column('<mj-social><mj-social-element src="a.png" href="b">c</mj-social-element></mj-social>'),
    in_column('<mj-navbar><mj-navbar-link href="b">c</mj-navbar-link></mj-navbar>'),
    "<mjml lang='en' dir='ltr'><mj-head><mj-title>t</mj-title><mj-preview>p</mj-preview>"
    "<mj-style>a > b { color: red } @media (x) { c { d: e } }</mj-style><mj-breakpoint width='480px' />"
    "<mj-attributes><mj-all color='red' /><mj-text padding='0' /><mj-class name='x' color='red' />"
    "</mj-attributes>"
    "<mj-raw><meta name='a' content='b'><style>a > b {}</style></mj-raw></mj-head>"
    "<mj-body width='600px'><mj-wrapper><mj-section><mj-group><mj-column /></mj-group></mj-section>"
    "</mj-wrapper>"
    "<mj-hero><mj-text>a</mj-text></mj-hero></mj-body></mjml>",
]


@pytest.mark.parametrize("mjml", SOUND)
def test_sound_mjml_passes_and_the_renderer_agrees(mjml: str) -> None:
    check(mjml)
    assert mjml2html(mjml, fonts={}, social_icon_origin="").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("mjml", "line", "words"),
    [
        (in_column("<mj-text>\na"), 7, "</mj-column> where <mj-text> opened in line 5 is still open"),
        (in_column("<mj-text>a</mj-txt>"), 5, "</mj-txt> where <mj-text>"),
        (in_column("<mj-text><p>a</mj-text>"), 5, "where <p> opened in line 5 is still open"),
        (in_column("<mj-text>1 < 2</mj-text>"), 5, "not well-formed: '< 2</mj-text>'"),
        (in_column("<mj-text a=1>x</mj-text>"), 5, "the value of a needs quotation marks"),
        (in_column("<mj-text @a='1'>x</mj-text>"), 5, "not well-formed"),
        (in_column('<mj-text color="red" color="blue">x</mj-text>'), 5, "color is set twice"),
        (in_column("<mj-text color>x</mj-text>"), 5, "color has no value"),
        (in_column("<mj-text><![CDATA[a]]></mj-text>"), 5, "not well-formed"),
        (in_column("<mj-txt>x</mj-txt>"), 5, "no tag <mj-txt> in MJML; did you mean mj-text?"),
        (in_column("<p>x</p>"), 5, "no tag <p> in MJML"),
        (in_column('<mj-text\n colour="red">x</mj-text>'), 6, "no attribute colour; did you mean color?"),
        (
            in_column("<mj-section></mj-section>"),
            5,
            "<mj-section> cannot stand in <mj-column>; it belongs in",
        ),
        (in_column("loose"), 5, "text cannot stand in <mj-column>: 'loose'"),
        (in_column("<mj-text><mj-image src='a' /></mj-text>"), 5, "<mj-image> cannot stand in <mj-text>"),
        (in_column("<mj-include path='x' />"), 5, "<mj-include> cannot be used"),
        (in_column("<mj-carousel></mj-carousel>"), 5, "outside host"),
        (in_column("<mj-social><mj-social-element name='facebook' /></mj-social>"), 5, "needs its own src"),
        ("<mjml>\n<mj-head><mj-font name='x' href='y' /></mj-head></mjml>", 2, "<mj-font> cannot be used"),
        ("<mjml>\n<mj-head><mj-attributes><mj-txt /></mj-attributes></mj-head></mjml>", 2, "no tag <mj-txt>"),
        ("<mjml>\n<mj-body></mj-body>\n</mjml>\n<mjml></mjml>", 4, "a second <mjml>"),
        ("<mj-text>\na</mj-text>", 1, "<mj-text> cannot stand outside <mjml>"),
        ("<mjml></mjml></mjml>", 1, "</mjml> closes nothing"),
        ("<mjml>\n<mj-body>", 2, "<mj-body> is never closed"),
        ("", 1, "there is no <mjml>"),
        ("<mjml><mj-head>\n<mj-style>a {", 2, "<mj-style> is never closed"),
    ],
)
def test_broken_mjml_is_named_with_its_line(mjml: str, line: int, words: str) -> None:
    with pytest.raises(RenderError) as broken:
        check(mjml)
    assert words in str(broken.value)
    assert (broken.value.template, broken.value.line) == ("issue.mjml.j2", line)


def test_depth_is_bounded_before_the_renderer_sees_it() -> None:
    check(in_column("<mj-text>" + "<b>" * (MAX_DEPTH - 5) + "</b>" * (MAX_DEPTH - 5) + "</mj-text>"))
    with pytest.raises(RenderError, match="more than 100 tags inside one another"):
        check(in_column("<mj-text>" + "<b>" * 20_000 + "</b>" * 20_000 + "</mj-text>"))


def test_quotes_nobody_closes_are_an_error_and_cost_no_time() -> None:
    with pytest.raises(RenderError, match="not well-formed"):
        check("<mjml " + 'a="x" ' * 20_000 + '"')
