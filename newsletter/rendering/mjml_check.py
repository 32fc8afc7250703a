"""Rendered MJML → nothing when it is sound, or the template line of what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import NoReturn

from newsletter.errors import RenderError
from newsletter.rendering.mjml_rules import ALL_ATTRIBUTES, REFUSED, RULES
from newsletter.rendering.slots import ANY_MARKER
from newsletter.rendering.templating import shorten_quotations

MAX_DEPTH = 100
"""Nested tags; the renderer's process dies at about 10,000."""

Place = Callable[[int], tuple[str, int | None]]
"""A position in the MJML → the template and the line that wrote it."""

_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_RAW = frozenset({"mj-style", "style", "script"})
_NAME = r"[A-Za-z][\w:.-]*"
_MARKUP = re.compile(
    # What Outlook's conditions enclose is checked like everything else, because MRML parses it too.
    rf"(?P<skip><!--\[if[^\]]*\]>(?:<!-->)?|<!\[endif\]-->|<!--<!\[endif\]-->|<!--(?!\[if).*?-->)"
    rf"|<(?P<close>/)(?P<closed>{_NAME})\s*>"
    rf"""|<(?P<opened>{_NAME})(?P<attributes>(?:[^"'<>/]++|"[^"]*+"|'[^']*+'|/(?!>))*+)(?P<empty>/?)>"""
    r"|(?P<stray><)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""\s++(?P<name>[A-Za-z_:][\w:.-]*+)(?P<value>\s*+=\s*+(?:"[^"]*+"|'[^']*+'))?""")


def check_mjml(mjml: str, place: Place) -> None:
    """Raises RenderError for the first thing that MJML 4 does not allow or that the renderer cannot read."""
    _Check(mjml, place).run()


class _Check:
    def __init__(self, mjml: str, place: Place) -> None:
        self.mjml = mjml
        self.place = place
        self.open: list[tuple[str, int]] = []  # the tags around, and where each begins
        self.has_root = False

    def run(self) -> None:
        position = 0
        while markup := _MARKUP.search(self.mjml, position):
            self._check_loose_text(position, markup.start())
            position = markup.end()
            if markup["stray"]:
                self._fail(markup.start(), f"not well-formed: {self._shown(markup.start())}")
            elif markup["closed"]:
                self._close(markup["closed"], markup.start())
            elif markup["opened"]:
                position = self._open(markup)
        self._check_loose_text(position, len(self.mjml))
        if self.open:
            name, start = self.open[-1]
            self._fail(start, f"<{name}> is never closed")
        if not self.has_root:
            self._fail(0, "there is no <mjml> in it")

    def _open(self, markup: re.Match[str]) -> int:
        """Checks an opening tag; gives back where to go on."""
        name, start = markup["opened"], markup.start()
        names = list(self._attributes(markup))
        if self._is_mjml_here():
            self._check_tag(name, names, start)
        elif name in RULES or name in REFUSED:
            self._fail(start, f"<{name}> cannot stand in <{self._holder()}>, which holds HTML")
        if markup["empty"] or (name.lower() in _VOID and not self._is_mjml_here()):
            return markup.end()
        self.open.append((name, start))
        if len(self.open) > MAX_DEPTH:
            self._fail(start, f"more than {MAX_DEPTH} tags inside one another")
        return self._end_of_raw(name, markup.end()) if name in _RAW else markup.end()

    def _close(self, name: str, start: int) -> None:
        if not self.open:
            self._fail(start, f"</{name}> closes nothing")
        opened, begin = self.open.pop()
        if opened != name:
            line = self.place(begin)[1]
            since = f" opened in line {line}" if line is not None else ""
            self._fail(start, f"</{name}> where <{opened}>{since} is still open")

    def _attributes(self, markup: re.Match[str]) -> Iterator[tuple[str, int]]:
        start, end = markup.span("attributes")
        seen: set[str] = set()
        while attribute := _ATTRIBUTE.match(self.mjml, start, end):
            name = attribute["name"]
            if name in seen:
                self._fail(attribute.start("name"), f"{name} is set twice on <{markup['opened']}>")
            if self.mjml[attribute.end() : end].lstrip().startswith("="):
                self._fail(attribute.start("name"), f"the value of {name} needs quotation marks")
            if attribute["value"] is None and self._is_mjml_here():
                self._fail(attribute.start("name"), f"{name} has no value on <{markup['opened']}>")
            seen.add(name)
            yield name, attribute.start("name")
            start = attribute.end()
        if self.mjml[start:end].strip():
            self._fail(start, f"not well-formed: {self._shown(start)} in <{markup['opened']}>")

    def _check_tag(self, name: str, attributes: list[tuple[str, int]], start: int) -> None:
        parent = self.open[-1][0] if self.open else ""
        if name in REFUSED:
            self._fail(start, f"<{name}> cannot be used: {REFUSED[name]}")
        if parent in ("mj-attributes", "mj-class"):
            self._check_default(name, attributes, start)
            return
        rule = RULES.get(name)
        if rule is None:
            self._fail(start, f"there is no tag <{name}> in MJML{_meant(name, RULES)}")
        if name == "mjml":
            self._check_root(start)
        elif parent not in rule.parents:
            belongs = " or ".join(f"<{allowed}>" for allowed in sorted(rule.parents))
            here = f"in <{parent}>" if parent else "outside <mjml>"
            self._fail(start, f"<{name}> cannot stand {here}; it belongs in {belongs}")
        self._check_attributes(name, attributes, rule.attributes)
        if name == "mj-social-element" and "src" not in {name for name, _ in attributes}:
            self._fail(start, "<mj-social-element> needs its own src: the usual icons come from an outside host")

    def _check_root(self, start: int) -> None:
        if self.open or self.has_root:
            self._fail(start, "a second <mjml>")
        self.has_root = True

    def _check_default(self, name: str, attributes: list[tuple[str, int]], start: int) -> None:
        """A child of mj-attributes: the default attributes of a tag, of every tag, or of a class of tags."""
        if name == "mj-all":
            self._check_attributes(name, attributes, ALL_ATTRIBUTES)
        elif name == "mj-class":
            self._check_attributes(name, attributes, ALL_ATTRIBUTES | {"name"})
        elif name in RULES:
            self._check_attributes(name, attributes, RULES[name].attributes)
        else:
            self._fail(start, f"there is no tag <{name}> in MJML{_meant(name, RULES)}")

    def _check_attributes(self, tag: str, attributes: list[tuple[str, int]], allowed: frozenset[str]) -> None:
        for name, start in attributes:
            if name not in allowed:
                self._fail(start, f"<{tag}> has no attribute {name}{_meant(name, allowed)}")

    def _check_loose_text(self, start: int, end: int) -> None:
        """Text between MJML tags: MRML would print it where no mail program expects any."""
        text = self.mjml[start:end]
        if text.strip() and self._is_mjml_here():
            around = f"in <{self.open[-1][0]}>" if self.open else "outside <mjml>"
            begin = start + len(text) - len(text.lstrip())
            self._fail(begin, f"text cannot stand {around}: {self._shown(begin)}")

    def _is_mjml_here(self) -> bool:
        return self._holder() == ""

    def _holder(self) -> str:
        """The MJML tag around that holds HTML; empty where MJML is expected."""
        return next((name for name, _ in self.open if name in RULES and RULES[name].is_ending), "")

    def _end_of_raw(self, name: str, start: int) -> int:
        end = self.mjml.find(f"</{name}", start)
        return len(self.mjml) if end < 0 else end

    def _shown(self, position: int) -> str:
        line = self.mjml[position:].partition("\n")[0]
        return repr(ANY_MARKER.sub("{{ … }}", line)[:40].strip())

    def _fail(self, position: int, words: str) -> NoReturn:
        template, line = self.place(position)
        raise RenderError(template, shorten_quotations(words), line)


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
