"""A look's template and its variables → text with a marker for each value, and the line of each place.

No value passes through here as itself: `finalize` puts each behind a marker (slots.py), so what MJML sees is
the look's own text alone. Where a line of the result came from is noted while the template is lexed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context as TemplateContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from newsletter.errors import RenderError
from newsletter.rendering.plain import underline, wrap
from newsletter.rendering.slots import ATTRIBUTE_PREFIX, Html, Marks, Slot

# Control characters, because no XML document may hold them: a template cannot mean them.
_LINE_MARK = re.compile("\x02([^\x02\x03]*):(\\d+)\x03")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")

# The filters that give plain text or numbers. `safe`, `escape` and their like are not among them: they would
# carry a value through MJML.
_FILTERS = frozenset(
    "abs attr batch capitalize count d default dictsort first float format groupby indent int"
    " items join last length list lower map max min reject rejectattr replace reverse round select"
    " selectattr slice sort string striptags sum title trim truncate unique upper wordcount"
    " wordwrap".split()
)

_marks: ContextVar[Marks] = ContextVar("marks of the render under way")


@dataclass(frozen=True, slots=True)
class Look:
    """One folder of templates: their sources, and what to call each in an error."""

    name: str
    sources: Mapping[str, str]
    origins: Mapping[str, str]

    def __hash__(self) -> int:
        return hash((self.name, tuple(sorted(self.sources.items()))))


class ReaderValue:
    """One value of a reader, unknown while the page is made: it can be written, and nothing else."""

    __slots__ = ("slot",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, slot: Slot) -> None:
        self.slot = slot

    def _unknown(self, *_: object) -> Any:
        raise Misused(f"the reader's {self.slot.name} is filled in per reader; it cannot be tested, joined or changed")

    __bool__ = __str__ = __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _unknown
    __len__ = __iter__ = __contains__ = __add__ = __radd__ = __mod__ = __getitem__ = _unknown


class Misused(Exception):
    """A template asks for what no template may have; the sentence says what."""


class Reader:
    """What a look may write of the reader, as in `{{ reader.name("there") }}`."""

    def __init__(self, web_view_url: str = "") -> None:
        self._web_view_url = web_view_url

    def name(self, fallback: str = "") -> ReaderValue:
        return ReaderValue(Slot("name", fallback))

    def attribute(self, key: str, fallback: str = "") -> ReaderValue:
        if not isinstance(key, str) or not key.strip():
            raise Misused("reader.attribute needs the name of an attribute")
        return ReaderValue(Slot(ATTRIBUTE_PREFIX + key.strip(), fallback))

    @property
    def email(self) -> ReaderValue:
        return ReaderValue(Slot("email"))

    @property
    def unsubscribe_url(self) -> ReaderValue:
        return ReaderValue(Slot("unsubscribe_url"))

    @property
    def web_view_url(self) -> ReaderValue:
        return ReaderValue(Slot("web_view_url", self._web_view_url))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A template's output, and where each part of it was written."""

    text: str
    template: str
    starts: tuple[int, ...]  # positions in `text` from which …
    places: tuple[tuple[str, int], ...]  # … this template and line hold
    marked: Mapping[int, int]  # the number of a marker → its position in `text`

    def place(self, position: int) -> tuple[str, int | None]:
        """The template and the line that wrote what stands at `position`."""
        index = bisect_right(self.starts, position) - 1
        if index < 0:
            return self.template, None
        template, line = self.places[index]
        return template, line

    def place_of_mark(self, number: int) -> tuple[str, int | None]:
        position = self.marked.get(number)
        return (self.template, None) if position is None else self.place(position)


def render_template(look: Look, filename: str, variables: Mapping[str, object], marks: Marks) -> Rendered:
    """Raises RenderError with template and line: a syntax error, an unknown variable, a misuse."""
    reset = _marks.set(marks)
    try:
        text = _environment(look).get_template(filename).render(variables)
    except TemplateNotFound as missing:
        raise RenderError(f"look {look.name}", f"there is no template {missing.name}") from None
    except TemplateSyntaxError as broken:
        raise RenderError(_origin(look, broken.name or filename), broken.message or "broken", broken.lineno) from None
    except (
        TemplateError,
        Misused,
        TypeError,
        ValueError,
        ArithmeticError,
        LookupError,
        AttributeError,
    ) as failure:
        raise RenderError(*_failed_at(look, filename, failure)) from None
    except RecursionError:
        raise RenderError(_origin(look, filename), "a template or macro calls itself without end") from None
    finally:
        _marks.reset(reset)
    return _without_line_marks(text, look, filename, marks)


def _failed_at(look: Look, filename: str, failure: Exception) -> tuple[str, str, int | None]:
    """The innermost line of a template on the way to `failure`; Jinja puts its lines into the traceback."""
    template, line = filename, None
    step = failure.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if name in look.sources:
            template, line = name, step.tb_lineno
        step = step.tb_next
    return _origin(look, template), str(failure) or type(failure).__name__, line


def _origin(look: Look, filename: str) -> str:
    return look.origins.get(filename, filename)


def _without_line_marks(text: str, look: Look, filename: str, marks: Marks) -> Rendered:
    pieces: list[str] = []
    starts: list[int] = []
    places: list[tuple[str, int]] = []
    end = length = 0
    for mark in _LINE_MARK.finditer(text):
        pieces.append(text[end : mark.start()])
        length += mark.start() - end
        end = mark.end()
        starts.append(length)
        places.append((_origin(look, mark[1]), int(mark[2])))
    clean = "".join(pieces) + text[end:]
    found = list(marks.found_in(clean))
    if len(found) != clean.lower().count(marks.prefix):
        words = "a filter changes a piece of template that holds values; use it on each value instead"
        raise RenderError(_origin(look, filename), words)
    marked = {number: position for position, number in found}
    return Rendered(clean, _origin(look, filename), tuple(starts), tuple(places), marked)


@lru_cache(maxsize=8)
def _environment(look: Look) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=_LookLoader(look),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_behind_a_marker,
        extensions=[_LineMarks],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.filters["wrap"] = wrap
    environment.filters["underline"] = underline
    return environment


@pass_context
def _behind_a_marker(context: TemplateContext, value: Any) -> Any:
    """The marker of a value; template text made by a macro, and numbers, as they are.

    It asks for the context only so that Jinja leaves constants to the render: a marker is of one render.
    """
    if isinstance(value, ReaderValue):
        return _marks.get().mark(value.slot)
    if isinstance(value, (Markup, int, float)) or value is None:
        return "" if value is None else value
    return _marks.get().mark(value if isinstance(value, Html) else str(value))


class _LookLoader(BaseLoader):
    def __init__(self, look: Look) -> None:
        self._look = look

    def get_source(self, environment: object, template: str) -> tuple[str, str, Callable[[], bool]]:
        source = self._look.sources.get(template)
        if source is None:
            raise TemplateNotFound(template)
        if control := _CONTROLS.search(source):
            line = source.count("\n", 0, control.start()) + 1
            raise TemplateSyntaxError("a control character", line, template)
        return source, template, lambda: True


class _LineMarks(Extension):
    """Notes template and line in front of every line of template text."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            # A bare word needs no mark, and stays comparable: {% set kind %}short{% endset %}.
            if token.type == "data" and ("<" in token.value or "\n" in token.value):
                yield Token(token.lineno, "data", _marked(token.value, stream.name or "", token.lineno))
            else:
                yield token


def _marked(data: str, template: str, lineno: int) -> str:
    lines = data.split("\n")
    return "\n".join(f"\x02{template}:{lineno + offset}\x03{line}" for offset, line in enumerate(lines))
