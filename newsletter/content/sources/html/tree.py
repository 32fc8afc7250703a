"""The markup of a page → its tree, no deeper and no larger than what reads it can bear, and the data beside it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape

from lxml import etree
from lxml import html as lxml_html

from newsletter.errors import SourceError

Element = etree._Element

MAX_TAGS = 30_000  # page builders need 10,000; trafilatura copies the tree several times
_MAX_DEPTH = 80  # tags within tags; a page builder nests some 40, libxml2 itself ends at 256, and drops what follows
_MAX_TABLES = 8  # within each other; trafilatura reads each cell once for every table that holds it
_MAX_TEXT = 4_000_000  # characters that are seen; a long novel has two million
_MAX_ATTRIBUTE = 8_192  # characters; a longer one is a picture written into the page
_MAX_DATA = 2_000_000  # characters of JSON-LD

_SPACE = " \t\n\f"
# A tag as the HTML standard reads it (13.2.5.6 to 13.2.5.40); one that never ends takes the rest of the page.
_ATTRIBUTE = (
    rf"[{_SPACE}/]*+([^{_SPACE}/>][^{_SPACE}/>=]*+)"
    rf"(?:[{_SPACE}]*+=[{_SPACE}]*+(?:\"([^\"]*+)(?:\"|\Z)|'([^']*+)(?:'|\Z)|([^{_SPACE}>\"'][^{_SPACE}>]*+)|(?=>)))?+"
)
_TAG = re.compile(rf"<(/?)([a-zA-Z][^{_SPACE}/>]*+)((?:{_ATTRIBUTE})*+)[{_SPACE}/]*+(?:>|\Z)")
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)
_COMMENT_END = re.compile("--!?>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # XML 1.0 §2.2
_NAME = re.compile(r"[a-z][a-z0-9:-]{0,40}")

# libxml2 compares every attribute of a tag with every other one: these, each once, are all that we ask for.
_ATTRIBUTES = frozenset(
    """
    alt aria-hidden cite class colspan content data-actualsrc data-cmp-src data-hi-res-src data-image data-lazy-src
    data-lazy-srcset data-litespeed-src data-original data-src data-srcset datetime hidden href http-equiv id itemprop
    itemscope itemtype lang name poster property rel role rowspan src srcset start style title type value videoid width
    height
    """.split()
)
_WITHOUT_END = frozenset(
    "area base basefont bgsound br col embed frame hr img input link meta param source track wbr".split()
)
# Closed by the next of their kind, and nested only within something that is counted.
_CLOSED_BY_THEMSELVES = frozenset("html head body p li dt dd tr td th thead tbody tfoot option optgroup".split())
_RAW_TEXT = frozenset("script style iframe noembed noframes xmp title textarea".split())
_GONE = frozenset("style noembed noframes xmp textarea svg math template select canvas".split())


@dataclass(slots=True)
class Page:
    root: Element  # html
    data: list[str] = field(default_factory=list)  # JSON-LD as it stands in the page


def parse_page(markup: str, source: str) -> Page:
    """The tree without scripts, styles and comments. Raises SourceError for a page too large to be one article."""
    data: list[str] = []
    bounded = "".join(_bounded(markup, source, data))
    parser = lxml_html.HTMLParser(collect_ids=False, encoding="utf-8")
    start = "" if re.match(r"\s*<html\b", bounded) else "<html>"
    root = etree.fromstring(f"{start}{bounded}".encode("utf-8", "replace"), parser=parser)
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise SourceError(source, "the tags of the page are nested too deeply: its end cannot be read")
    _drop_controls(root)
    return Page(root, data)


def _drop_controls(root: Element) -> None:
    """Takes out what `&#1;` and the like have left: lxml reads such text, but lets nobody move it."""
    for element in root.iter("*"):
        if element.text and _CONTROL.search(element.text):
            element.text = _CONTROL.sub(" ", element.text)
        if element.tail and _CONTROL.search(element.tail):
            element.tail = _CONTROL.sub(" ", element.tail)


@dataclass(slots=True)
class _Open:
    nested: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    endless: set[str] = field(default_factory=set)  # no end tag follows: looking again would find none either

    def allows(self, name: str, is_end: bool) -> bool:
        if name in _WITHOUT_END or name in _CLOSED_BY_THEMSELVES:
            return True
        if is_end:
            return self._closes(name)
        if len(self.nested) >= _MAX_DEPTH or (name == "table" and self.nested.count(name) >= _MAX_TABLES):
            self.refused[name] += 1
            return False
        self.nested.append(name)
        return True

    def _closes(self, name: str) -> bool:
        if self.refused[name]:
            self.refused[name] -= 1
            return False
        for index in range(len(self.nested) - 1, -1, -1):
            if self.nested[index] == name:
                del self.nested[index:]
                return True
        return False


def _bounded(markup: str, source: str, data: list[str]) -> Iterator[str]:
    """The markup piece by piece, its tags written anew."""
    opened = _Open()
    at = text = 0
    for _ in range(MAX_TAGS):
        opening = markup.find("<", at)
        words = markup[at:] if opening < 0 else markup[at:opening]
        text += len(words)
        if text > _MAX_TEXT:
            raise SourceError(source, f"the page has more than {_MAX_TEXT:,} characters of text: it is not one article")
        yield words
        if opening < 0:
            return
        tag = _TAG.match(markup, opening)
        if tag is None:
            at = _after_markup(markup, opening)
            if at == opening:
                at += 1
                yield "&lt;"
            continue
        at = tag.end()
        name, is_end = tag[2].lower(), bool(tag[1])
        if not is_end and name in (_RAW_TEXT | _GONE):
            content, at = _content(markup, at, name, opened.endless)
            yield from _raw(name, tag[3], content, data)
        elif name not in _GONE and _NAME.fullmatch(name) and opened.allows(name, is_end):
            yield f"</{name}>" if is_end else f"<{name}{_attributes(tag[3])}>"
    raise SourceError(source, f"the page has more than {MAX_TAGS:,} tags: it is not one article")


def _after_markup(markup: str, opening: int) -> int:
    """Where a comment or declaration that starts at `opening` ends; `opening` itself when there is none."""
    if markup.startswith("<!--", opening):
        end = _COMMENT_END.search(markup, opening + 2)
        return end.end() if end else len(markup)
    if markup[opening + 1 : opening + 2] in ("!", "?", "/"):
        end_at = markup.find(">", opening)
        return end_at + 1 if end_at >= 0 else len(markup)
    return opening


def _content(markup: str, at: int, name: str, endless: set[str]) -> tuple[str, int]:
    """What stands up to the end tag, and where the page goes on; nothing when there is no end tag."""
    end = None
    if name not in endless:
        end = re.compile(rf"</{name}(?=[{_SPACE}/>])[^>]*>?", re.IGNORECASE).search(markup, at)
    if end is None:
        endless.add(name)
        return "", at
    return markup[at : end.start()], end.end()


def _raw(name: str, attributes: str, content: str, data: list[str]) -> Iterator[str]:
    if name == "title":
        yield f"<title>{content.replace('<', '&lt;')}</title>"
    elif name == "iframe":
        yield f"<iframe{_attributes(attributes)}></iframe>"
    elif name == "script" and "ld+json" in attributes.lower() and sum(map(len, data)) + len(content) <= _MAX_DATA:
        data.append(content)


def _attributes(text: str) -> str:
    if not text.strip(_SPACE + "/"):
        return ""
    kept: dict[str, str] = {}
    for found in _EACH_ATTRIBUTE.finditer(text):
        name = found[1].lower()
        value = _CONTROL.sub(" ", unescape(found[2] or found[3] or found[4] or ""))
        if name in _ATTRIBUTES and len(value) <= _MAX_ATTRIBUTE:
            kept.setdefault(name, value)
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
