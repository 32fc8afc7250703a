"""The look "calm" in a real browser: it fits every width, loads nothing from outside, reads in the dark."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from newsletter.model import CallToAction
from newsletter.rendering.looks import load_look, packaged_templates
from newsletter.rendering.mrml import to_html
from newsletter.rendering.page import render_issue, web_view
from newsletter.rendering.slots import fill
from sample_pages import ARTICLE, BODY, MEDIA, PAGE, VALUES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ADDRESS = "https://mail.example.org/"
CALM = load_look("calm", [packaged_templates()])

AWKWARD = (
    BODY
    + "<h2>"
    + "Unbreakableheading" * 8
    + "</h2><p>"
    + "longword" * 40
    + " https://example.org/"
    + "a" * 300
    + "</p><table><tr>"
    + "".join(f"<td>A column {number} with words</td>" for number in range(12))
    + "</tr><tr><td>"
    + "unbreakable" * 30
    + '</td></tr></table><p><img src="media/wide.jpg" alt="Wide" width="3000"></p><pre>'
    + "code " * 80
    + "</pre><blockquote><ul><li><ol><li>"
    + "deep" * 60
    + "</li></ol></li></ul></blockquote><p><code>"
    + "x" * 200
    + "</code></p>"
)


@cache
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (3000, 1200), (90, 130, 140)).save(out, "PNG")
    return out.getvalue()


@cache
def mail(body: str) -> str:
    title = ARTICLE.title if body == BODY else "Unbreakabletitle" * 10
    authors = tuple(replace(author, role=title, bio=title) for author in ARTICLE.authors)
    article = replace(ARTICLE, body_html=body, title=title, authors=ARTICLE.authors if body == BODY else authors)
    call = PAGE.call_to_action if body == BODY else CallToAction(title, title, "https://example.org/")
    page = replace(PAGE, article=article, call_to_action=call)
    return fill(render_issue(page, CALM, to_html).html, VALUES)


@contextmanager
def opened(browser: Browser, html: str, width: int, scheme: str = "light") -> Iterator[tuple[Page, list[str]]]:
    """The page in the browser, and the addresses outside our media that it asked for."""
    outside: list[str] = []

    def answer(route: Route) -> None:
        address = route.request.url
        if address == ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif address.startswith(MEDIA + "/"):
            route.fulfill(body=picture(), content_type="image/png")
        else:
            outside.append(address)
            route.abort()

    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/*", answer)
    page.goto(ADDRESS)
    yield page, [address for address in outside if not address.endswith("/favicon.ico")]
    context.close()


@pytest.mark.parametrize("width", [320, 375, 600, 1200])
@pytest.mark.parametrize("body", [BODY, AWKWARD], ids=["usual", "awkward"])
def test_mail_fits_its_window_and_loads_nothing_from_outside(browser: Browser, width: int, body: str) -> None:
    with opened(browser, mail(body), width) as (page, outside):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        too_wide = page.evaluate(
            """width => [...document.querySelectorAll('body *')]
                .filter(e => !e.closest('.scroll, pre') && e.getBoundingClientRect().right > width + 1)
                .map(e => e.outerHTML.slice(0, 80))""",
            width,
        )
        assert too_wide == []
        assert outside == []
        assert page.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")


@pytest.mark.parametrize("width", [320, 1200])
def test_web_view_fits_its_window_and_loads_nothing_from_outside(browser: Browser, width: int) -> None:
    with opened(browser, web_view(PAGE, CALM, to_html), width) as (page, outside):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert outside == []


HEBREW = "<p>הבטחה קטנה. האם זה נכון?</p><ul><li>אמרו כשאתם מאחרים.</li></ul><blockquote><p>ציטוט.</p></blockquote>"


def test_article_from_right_to_left_stands_right_in_an_english_newsletter(browser: Browser) -> None:
    author = replace(ARTICLE.authors[0], name="דנה לוי")
    article = replace(
        ARTICLE, language="he", title="איך הבטחות צומחות?", subtitle="הערות.", body_html=HEBREW, authors=(author,)
    )
    html = fill(render_issue(replace(PAGE, article=article), CALM, to_html).html, VALUES)
    with opened(browser, html, 390) as (page, _):
        edges = page.evaluate(
            """paths => Object.fromEntries(paths.map(path => {
                   const element = document.querySelector(path), range = document.createRange();
                   range.selectNodeContents(element);
                   const {left, right} = range.getBoundingClientRect();
                   return [path, [left, innerWidth - right]];
                 }))""",
            ["h1", ".article p", ".article li", ".article blockquote p", ".greeting div"],
        )
    for path, (left, right) in edges.items():
        assert (right < left) == (path != ".greeting div"), path
    assert edges["h1"][1] == edges[".article p"][1]
    assert edges[".article li"][1] > edges[".article p"][1] + 10, "no room for the bullet on the right"


def test_text_is_large_enough_and_the_column_narrow_enough_to_read(browser: Browser) -> None:
    with opened(browser, mail(BODY), 1200) as (page, _):
        sizes = page.evaluate(
            "[...document.querySelectorAll('p, li, td, a')].filter(e => e.innerText.trim() && e.offsetHeight)"
            ".flatMap(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())"
            " ? [parseFloat(getComputedStyle(e).fontSize)] : [])"
        )
        assert min(sizes) >= 12
        assert page.locator("h1").bounding_box()["width"] <= 600  # type: ignore[index]


def test_button_can_be_hit_with_a_thumb(browser: Browser) -> None:
    with opened(browser, mail(BODY), 375) as (page, _):
        box = page.get_by_text("Book a visit").bounding_box()
        assert box is not None and box["height"] >= 44


# WCAG 2.2, contrast (minimum): every piece of text against the nearest background that is painted behind it.
CONTRASTS = """() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.offsetHeight || element.closest('style')) continue;
    const text = luminance(channels(getComputedStyle(element).color)), ground = luminance(behind(element));
    const ratio = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    found.push([ratio, walker.currentNode.data.trim().slice(0, 40)]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_background(browser: Browser, scheme: str) -> None:
    with opened(browser, mail(BODY), 600, scheme) as (page, _):
        contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 30
    assert [text for ratio, text in contrasts if ratio < 4.5] == []


def test_page_turns_dark_for_readers_who_like_it_dark(browser: Browser) -> None:
    grounds: dict[str, int] = {}
    for scheme in ("light", "dark"):
        with opened(browser, mail(BODY), 600, scheme) as (page, _):
            box = page.locator("h1").bounding_box()
            assert box is not None
            shot = page.screenshot(clip={"x": box["x"], "y": box["y"] - 4, "width": 2, "height": 2})
            pixel = Image.open(io.BytesIO(shot)).convert("L").getpixel((0, 0))
            assert isinstance(pixel, int)
            grounds[scheme] = pixel
    assert grounds["light"] > 240 and grounds["dark"] < 60
