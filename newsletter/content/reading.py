"""An article's HTML → its plain text and how long it takes to read."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from unicodedata import normalize

WORDS_PER_MINUTE = 220

# A `>` inside a quoted value does not end a tag.
_ANY_TAG = re.compile(r"""<(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")

# These stand within words and before commas; whatever else stands between words.
_INLINE_TAG = re.compile(
    r"""</?(?:a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u)(?:\s(?:[^<>"']++|"[^"]*+"|'[^']*+')*+)?/?>""",
    re.IGNORECASE,
)

# Text that begins with one, or with signs before it; what an entity stands for is not looked at.
_FIRST_LETTER = re.compile(r"(?:\A|>)[^<>&\w]*+\w")

_ACCENT = re.compile("[\u0300-\u036f]")

_BLOCKS = {"p", "h2", "h3", "ul", "ol", "blockquote", "table", "figure", "figcaption", "pre", "hr"}


def body_text(body_html: str) -> str:
    """The words of a cleaned body: a blank line between paragraphs, one line for each item and table row."""
    reader = _TextReader()
    reader.feed(body_html)
    reader.close()
    return reader.text()


def bare_words(body_html: str) -> str:
    """The words of a cleaned body on one line, in a tenth of the time: to search and compare, not to read."""
    return " ".join(unescape(_ANY_TAG.sub(" ", _INLINE_TAG.sub("", body_html))).split())


def has_words(body_html: str) -> bool:
    """Whether `bare_words` finds any in a cleaned body; most begin with a letter."""
    return bool(_FIRST_LETTER.search(body_html) or bare_words(body_html))


def folded(text: str) -> str:
    """Small letters without accents, for a search that does not care about either."""
    return _ACCENT.sub("", normalize("NFKD", text.casefold()))


def reading_minutes(words: int) -> int:
    """Whole minutes for so many words, at least one."""
    return max(1, round(words / WORDS_PER_MINUTE))


class _TextReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._paragraphs: list[str] = []
        self._text = ""
        self._numbers: list[int | None] = []  # one for each open list: its next number, None for bullets
        self._is_preformatted = False

    def text(self) -> str:
        self._end_paragraph()
        return "\n\n".join(self._paragraphs)

    def handle_data(self, data: str) -> None:
        self._text += data if self._is_preformatted else re.sub(r"[ \t\r\n]+", " ", data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS and not self._numbers:
            self._end_paragraph()
        match tag:
            case "ul":
                self._numbers.append(None)
            case "ol":
                start = dict(attrs).get("start") or "1"
                self._numbers.append(int(start) if start.isdecimal() else 1)
            case "li":
                self._text += f"\n{self._marker()}"
            case "br" | "tr" | "caption":
                self._text += "\n"
            case "td" | "th":
                self._text += " "
            case "pre":
                self._is_preformatted = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre":
            self._is_preformatted = False
            self._paragraphs.append(self._text.strip("\n"))
            self._text = ""
        if tag in ("ul", "ol") and self._numbers:
            self._numbers.pop()
        if tag in _BLOCKS and not self._numbers:
            self._end_paragraph()
        elif tag in _BLOCKS:
            self._text += "\n"  # inside a list a paragraph ends the line, not the list

    def _marker(self) -> str:
        indent = "  " * (len(self._numbers) - 1)
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return f"{indent}- "
        self._numbers[-1] = number + 1
        return f"{indent}{number}. "

    def _end_paragraph(self) -> None:
        kept = "\n".join(_tidied(line) for line in self._text.split("\n") if line.strip())
        self._text = ""
        if kept:
            self._paragraphs.append(kept)


def _tidied(line: str) -> str:
    """Without doubled spaces after the indent, which tells nested items apart."""
    words = line.lstrip(" ")
    indent = line[: len(line) - len(words)] if words.startswith("- ") or words[:1].isdigit() else ""
    return indent + re.sub(" {2,}", " ", words).rstrip()
