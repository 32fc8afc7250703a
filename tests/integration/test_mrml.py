"""The renderer in its child process: what kills the child is an error here, and the next page renders."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.errors import RenderError
from newsletter.rendering import mrml
from newsletter.rendering.mrml import render_page, render_template, to_html
from newsletter.rendering.slots import Html, Marks, Slot
from newsletter.rendering.templating import Look, Reader


def look_of(source: str) -> Look:
    return Look("plain", {"issue.j2": source}, {"issue.j2": "templates/plain/issue.j2"})


def page(content: str) -> str:
    column = f"<mj-column><mj-text>{content}</mj-text></mj-column>"
    return f"<mjml><mj-body><mj-section>{column}</mj-section></mj-body></mjml>"


def test_page_comes_back_whole_whatever_its_letters() -> None:
    words = "é 字 😀 \u2028 &lt;"
    assert words in to_html(page(words))


def test_page_larger_than_any_pipe_comes_back() -> None:
    assert to_html(page("<p>word</p>" * 50_000)).count("<p>word</p>") == 50_000


def test_what_the_renderer_refuses_is_an_error() -> None:
    with pytest.raises(RenderError, match="unexpected end of stream"):
        to_html("<mjml>")


def test_crash_of_the_renderer_is_an_error_and_the_next_page_renders() -> None:
    deep = "<mjml><mj-body>" + "<mj-section>" * 50_000 + "</mj-section>" * 50_000 + "</mj-body></mjml>"
    with pytest.raises(RenderError, match="crashed or took too long"):
        to_html(deep)
    assert "after" in to_html(page("after"))


def test_renderer_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mrml, "SECONDS", 0.0)
    with pytest.raises(RenderError, match="crashed or took too long"):
        for _ in range(1_000):  # until the clock wins the race against one render
            to_html(page("<p>word</p>" * 20_000))
    monkeypatch.undo()
    assert "after" in to_html(page("after"))


def test_many_threads_share_the_renderer() -> None:
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(to_html, [page(f"page {number}.") for number in range(100)]))
    assert all(f"page {number}." in html for number, html in enumerate(pages))


def test_forked_process_has_a_renderer_of_its_own() -> None:
    assert "before" in to_html(page("before"))
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, b"y" if "fork" in to_html(page("fork")) else b"n")
        finally:
            os._exit(0)
    os.close(write)
    answer = os.read(read, 1)
    os.close(read)
    os.waitpid(child, 0)
    assert answer == b"y"
    assert "after" in to_html(page("after"))


def test_no_reference_to_an_outside_host_is_added() -> None:
    html = to_html(page("x"))
    assert "http" not in html.replace("http-equiv", "").replace("http://www.w3.org/1999/xhtml", "")


def test_template_comes_back_with_its_values_behind_markers() -> None:
    marks = Marks("seed")
    source = "<p>\n{{ title }}{{ body }}{{ reader.name('there') }}"
    variables = {"title": "T", "body": Html("<b>"), "reader": Reader()}
    rendered = render_template(look_of(source), "issue.j2", variables, marks)
    assert marks.values == ["T", Html("<b>"), Slot("name", "there")]
    assert isinstance(marks.values[1], Html)
    assert [number for _, number in marks.found_in(rendered.text)] == [0, 1, 2]
    assert rendered.place_of_mark(0) == ("templates/plain/issue.j2", 2)


ENDLESS = [
    "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}"
    "{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% for b in range(9999) %}many words for nothing{% endfor %}{% endfor %}",
    "{{ 'x' * 10**10 }}",
    "{{ '%1000000000s' | format('x') }}",
    "{{ 'x'.center(10**10) }}",
    "{{ lipsum(100000) }}",
    "{% include 'issue.j2' %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set n = namespace(x='a') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x }}",
    "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}",
]


@pytest.mark.parametrize("source", ENDLESS)
def test_template_without_end_is_one_error_with_its_line(source: str) -> None:
    with pytest.raises(RenderError) as fault:
        render_template(look_of("first line\n" + source), "issue.j2", {}, Marks(""))
    assert (fault.value.template, fault.value.line) == ("templates/plain/issue.j2", 2)
    with pytest.raises(RenderError):
        render_page(look_of(source), "issue.j2", {})
    assert render_page(look_of("{{ word }} after"), "issue.j2", {"word": "<"}) == "&lt; after"


def test_template_that_hangs_where_python_cannot_end_it_is_named() -> None:
    with pytest.raises(RenderError, match=r"^templates/plain/issue\.j2: the renderer crashed or took too long"):
        render_template(look_of("{{ 9**(9**9) }}"), "issue.j2", {}, Marks(""))
    assert "after" in to_html(page("after"))


def test_fault_of_a_template_comes_back_as_it_is() -> None:
    with pytest.raises(RenderError, match=r"^templates/plain/issue\.j2, line 2: 'nobody' is undefined$"):
        render_template(look_of("\n{{ nobody }}"), "issue.j2", {}, Marks(""))
