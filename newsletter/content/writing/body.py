"""An article's body → Markdown that reads as exactly the same body; what Markdown cannot say stays HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape, unescape
from typing import Any

from markdownify import MarkdownConverter

from newsletter.content.sources.markdown import html_of

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?:[^\"'<>]|\"[^\"]*\"|'[^']*')*>")
_VOID = {"br", "hr", "img"}
_LISTS = ("<ul", "<ol")
_SOURCE = re.compile(r"(<img(?:\s+(?!src=)[a-z]+=\"[^\"]*\")*\s+src=\")([^\"]*)(\")")

# Line ends that a file does not keep, and signs that no text file may hold.
_NOT_IN_A_FILE = re.compile("[\r\v\f\u2028\u2029\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_BLANK_LINE = re.compile(r"\n(?=[ \t]*(?:\n|$))")
# Where a brace begins what generators of sites take for a tag.
_TAG_BRACE = re.compile(r"\{(?=\{[<%]|\{[\s-]*(?:site\.|\.site|[\"'])|[%:#.])", re.IGNORECASE)
_COMMENT = "<!-- -->"  # keeps two lists apart that would be one


def markdown_of(body_html: str, pictures: Callable[[str], str] = lambda source: source) -> str:
    """Markdown of a cleaned body, its pictures where `pictures` says that they are.

    Every block is read back; one that comes out otherwise is written as HTML.
    """
    body = _SOURCE.sub(lambda found: found[1] + escape(pictures(unescape(found[2]))) + found[3], body_html)
    blocks = blocks_of(body)
    written = [_written(block) for block in blocks]
    if html_of(_joined(written)) == body:
        return _joined(written)
    written = [words if html_of(words) == block else _raw(block) for words, block in zip(written, blocks, strict=True)]
    if html_of(_joined(written)) == body:
        return _joined(written)
    return _joined([_raw(block).replace("{", "&#123;") for block in blocks])


def blocks_of(body_html: str) -> list[str]:
    """The blocks that stand at the top of a cleaned body, one after the other."""
    blocks = []
    start = depth = 0
    for found in _TAG.finditer(body_html):
        if found["name"] not in _VOID:
            depth += -1 if found["end"] else 1
        if depth == 0 and (found["end"] or found["name"] == "hr"):
            blocks.append(body_html[start : found.end()].lstrip("\n"))
            start = found.end()
    rest = body_html[start:].strip("\n")
    return [*blocks, rest] if rest else blocks


def _joined(written: Sequence[str]) -> str:
    out: list[str] = []
    for before, block in zip(["", *written], written, strict=False):
        if _is_list(before) and _is_list(block):
            out.append(_COMMENT)
        out.append(block)
    return "\n\n".join(out)


def _is_list(written: str) -> bool:
    return re.match(r"(?:[-*+]|\d+[.)])(?:\s|$)", written) is not None


def _written(block: str) -> str:
    if block.startswith("<figure"):  # has no other form
        return _raw(block)
    return _NOT_IN_A_FILE.sub(_reference, _Converter().convert(block)) or _raw(block)


def _raw(block: str) -> str:
    """As one HTML block of Markdown, which a blank line would end."""
    text = _TAG_BRACE.sub("&#123;", block)
    return _NOT_IN_A_FILE.sub(_reference, _BLANK_LINE.sub("&#10;", text))


def _reference(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


# What Markdown would read as more than words: everywhere, and where a line begins.
_MARKUP = re.compile(r"[\\`*\[]|(?<!\w)_|_(?!\w)|~~|<(?=[A-Za-z/!?])|&(?=#|\w+;)")
_LINE_START = re.compile(r"^([ \t]*)(#{1,6}(?=\s|$)|[-+=](?=[\s=-]|$)|[>~|:]|[0-9]{1,9}(?=[.)](?:\s|$)))", re.MULTILINE)


class _Converter(MarkdownConverter):
    class Options:
        heading_style = "atx"
        bullets = "-"
        strip_pre = "strip_one"
        sub_symbol = "<sub>"
        sup_symbol = "<sup>"

    def escape(self, text: str, parent_tags: Any) -> str:
        """As few backslashes as the words can do with: people read this."""
        words = _MARKUP.sub(lambda found: "".join(f"\\{sign}" for sign in found[0]), text)
        words = _LINE_START.sub(_escaped_start, words)
        if parent_tags & {"a", "td", "th"}:
            words = re.sub(r"[]|]", r"\\\g<0>", words)
        return _TAG_BRACE.sub("&#123;", words).replace("\xa0", "&nbsp;")

    def convert_br(self, el: Any, text: str, parent_tags: Any) -> str:
        """A line that ends; where the source goes on in the same line, so does the Markdown."""
        following = el.next_sibling
        is_line_end = isinstance(following, str) and following.startswith("\n") and "_inline" not in parent_tags
        return "\\" if is_line_end else "<br>"

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        if not {"width", "height"}.isdisjoint(el.attrs):
            attributes = "".join(f' {name}="{escape(value)}"' for name, value in el.attrs.items())
            return f"<img{attributes}>"
        alt = self.escape(" ".join((el.get("alt") or "").split()), {"a"})
        return f"![{alt}]({_destination(el['src'])})"

    def convert_li(self, el: Any, text: str, parent_tags: Any) -> str:
        """With a blank line behind it where items hold paragraphs: that is how Markdown tells them apart."""
        item = str(super().convert_li(el, text, parent_tags))  # type: ignore[misc]  # the stubs lack it
        return f"{item}\n" if el.find("p", recursive=False) and el.find_next_sibling("li") else item


def _escaped_start(found: re.Match[str]) -> str:
    """`1.` by its point, all others by their sign."""
    indent, sign = found.groups()
    return f"{indent}{sign}\\" if sign.isdigit() else f"{indent}\\{sign}"


def _destination(address: str) -> str:
    return f"<{address}>" if re.search(r"[\s()]", address) else address
