"""The renderer in its child process: what kills the child is an error here, and the next page renders."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from newsletter.errors import RenderError
from newsletter.rendering import mrml
from newsletter.rendering.mrml import to_html


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
