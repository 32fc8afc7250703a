"""HTML with markers in it → what each marker stands in: an element's text, a quoted attribute, a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

Context = Literal["text", "attribute", "url", "component", "plain"]
"""`url` is a whole link, `component` a part of one."""

Found = tuple[int, int, int, Context]
"""Where a marker begins and ends, its number, and what it stands in."""


class Misplaced(Exception):
    """A marker stands where no escaping is safe."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(words)
        self.number = number
        self.words = words


_LINK_ATTRIBUTES = frozenset(
    "action background cite data formaction href longdesc poster src xlink:href".split()
)  # HTML Living Standard, index of attributes: "valid URL"
_RAW_TEXT = frozenset("iframe noembed noframes plaintext script style xmp".split())
_NOT_MARKUP = _RAW_TEXT | {"textarea", "title"}  # these two hold text that may be escaped
_CODE_SCHEMES = ("javascript:", "vbscript:", "data:")

# Possessive, so that a quote nobody closes costs one pass and no backtracking.
_MARKUP = re.compile(
    r"""<!--(?P<comment>.*?)-->"""
    r"""|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^"'>]++|"[^"]*+"|'[^']*+')*+)>"""
    r"""|<[!?][^>]*+>""",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?P<name>[^\s"'>/=]++)(?:\s*+=\s*+(?P<value>"[^"]*+"|'[^']*+'|[^\s"'>]++))?""")
_CONDITION = re.compile(r"\s*\[if[^\]]*\]>")  # what Outlook alone reads: HTML inside a comment


def contexts_of(source: str, pattern: re.Pattern[str], kind: Literal["html", "plain"]) -> Iterator[Found]:
    """Every marker, in order. Raises Misplaced."""
    if kind == "plain":
        return ((mark.start(), mark.end(), int(mark[1]), "plain") for mark in pattern.finditer(source))
    return _html_contexts(source, pattern, 0, len(source))


def _html_contexts(source: str, pattern: re.Pattern[str], start: int, end: int) -> Iterator[Found]:
    position = start
    mark = pattern.search(source, start, end)
    while mark and (markup := _MARKUP.search(source, position, end)):
        if mark.start() < markup.end():  # most tags hold no marker, nor does the text before them
            yield from _in_text(source, pattern, position, markup.start())
            yield from _in_markup(source, pattern, markup)
        position = markup.end()
        if element := _raw_text_opened(markup):
            stop = _end_of_raw_text(source, element, position, end)
            yield from _in_raw_text(source, pattern, position, stop, element)
            position = stop
        if mark.start() < position:
            mark = pattern.search(source, position, end)
    if mark:
        yield from _in_text(source, pattern, position, end)


def _in_markup(source: str, pattern: re.Pattern[str], markup: re.Match[str]) -> Iterator[Found]:
    if markup["comment"] is not None:
        yield from _in_comment(source, pattern, markup)
    elif markup["name"] is not None:
        yield from _in_tag(markup, pattern)
    else:
        _refuse(source, pattern, *markup.span(), "a value cannot stand in a declaration")


def _in_text(source: str, pattern: re.Pattern[str], start: int, end: int) -> Iterator[Found]:
    for mark in pattern.finditer(source, start, end):
        if source.find("<", start, mark.start()) >= 0:
            raise Misplaced(int(mark[1]), "a value cannot stand in a tag that is not closed")
        yield mark.start(), mark.end(), int(mark[1]), "text"


def _in_comment(source: str, pattern: re.Pattern[str], markup: re.Match[str]) -> Iterator[Found]:
    start, end = markup.span("comment")
    if pattern.search(source, start, end) is None:
        return
    condition = _CONDITION.match(source, start, end)
    if condition is None:
        _refuse(source, pattern, start, end, "a value cannot stand in a comment")
        return
    yield from _html_contexts(source, pattern, condition.end(), end)


def _in_tag(markup: re.Match[str], pattern: re.Pattern[str]) -> Iterator[Found]:
    source = markup.string
    if pattern.search(source, *markup.span()) is None:
        return
    _refuse(source, pattern, *markup.span("name"), "a value cannot be the name of a tag")
    start, end = markup.span("attributes")
    position = start
    for attribute in _ATTRIBUTE.finditer(source, start, end):
        _refuse(source, pattern, position, attribute.end("name"), "a value cannot be the name of an attribute")
        yield from _in_attribute(markup, attribute, pattern)
        position = attribute.end()
    _refuse(source, pattern, position, end, "a value cannot stand between attributes")


def _in_attribute(markup: re.Match[str], attribute: re.Match[str], pattern: re.Pattern[str]) -> Iterator[Found]:
    if attribute["value"] is None:
        return
    name, value = attribute["name"].lower(), attribute["value"]
    for mark in pattern.finditer(attribute.string, *attribute.span("value")):
        number = int(mark[1])
        if words := _why_not(markup, name, value):
            raise Misplaced(number, words)
        yield mark.start(), mark.end(), number, _attribute_context(name, value, mark[0])


def _why_not(markup: re.Match[str], name: str, value: str) -> str:
    """Why no value may stand in this attribute, in words; empty when one may."""
    if value[0] not in "\"'":
        return f"a value needs quotation marks around it in {name}=…"
    if name == "style":
        return "a value cannot stand in a style; write a constant as {% set … %}…{% endset %}"
    if name.startswith("on") or name in ("srcdoc", "srcset"):
        return f"a value cannot stand in {name}=…"
    if name in _LINK_ATTRIBUTES and value[1:].lstrip().lower().startswith(_CODE_SCHEMES):
        return f"a value cannot be part of a {value[1:].lstrip().partition(':')[0].lower()}: link"
    if markup["name"].lower() == "meta" and "http-equiv" in markup["attributes"].lower():
        return "a value cannot stand in <meta http-equiv=…>"
    return ""


def _attribute_context(name: str, value: str, mark: str) -> Context:
    if name not in _LINK_ATTRIBUTES:
        return "attribute"
    return "url" if value[1:-1].strip() == mark else "component"


def _raw_text_opened(markup: re.Match[str]) -> str:
    if markup["name"] is None or markup["close"]:
        return ""
    name = markup["name"].lower()
    return name if name in _NOT_MARKUP else ""


def _end_of_raw_text(source: str, element: str, start: int, end: int) -> int:
    close = re.compile(f"</{element}", re.IGNORECASE).search(source, start, end)
    return close.start() if close else end


def _in_raw_text(source: str, pattern: re.Pattern[str], start: int, end: int, element: str) -> Iterator[Found]:
    if element in _RAW_TEXT:
        _refuse(source, pattern, start, end, f"a value cannot stand inside <{element}>")
        return
    for mark in pattern.finditer(source, start, end):
        yield mark.start(), mark.end(), int(mark[1]), "text"


def _refuse(source: str, pattern: re.Pattern[str], start: int, end: int, words: str) -> None:
    """Raises Misplaced when a marker stands between `start` and `end`."""
    if mark := pattern.search(source, start, end):
        raise Misplaced(int(mark[1]), words)
