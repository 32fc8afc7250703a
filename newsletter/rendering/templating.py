"""A look's template and its variables → text with a marker for each value, and the line of each place.

No value passes through here as itself: `finalize` puts each behind a marker (slots.py), so what MJML sees is
the look's own text alone. Where a line of the result came from is noted while the template is lexed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    TemplateNotFound,
    TemplatesNotFound,
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

MAX_OUTPUT = 1_000_000
"""Characters a template may write, its values not counted; ten times what a mail may have."""

MAX_VALUES = 25_000_000
"""Characters of all values a template writes; an article has at most 10 MB, and a template writes it once."""

MAX_QUOTED = 40
"""Characters of a template that an error quotes: enough to find the place."""

_LONG_WORD = re.compile(rf"(\S{{{MAX_QUOTED}}})\S+")
_LONG_QUOTATION = re.compile(rf"""(['"`])([^'"`]{{{MAX_QUOTED}}})[^'"`]+\1""")

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
    """Raises RenderError with template and line: a syntax error, an unknown variable, a misuse.

    A template can go on without end in ways that no check foresees: mrml.render_template bounds it.
    """
    reset = _marks.set(marks)
    try:
        text = _written(_environment(look), look, filename, variables)
    finally:
        _marks.reset(reset)
    return _without_line_marks(text, look, filename, marks)


def render_page(look: Look, filename: str, variables: Mapping[str, object]) -> str:
    """A page of the web server, which is of no reader: its values are escaped where they stand.

    Raises RenderError as render_template does, and is bounded by mrml.render_page.
    """
    page = _written(_page_environment(look), look, filename, variables)
    _require_bounds(page, _origin(look, filename), ())
    return page


def _written(environment: Environment, look: Look, filename: str, variables: Mapping[str, object]) -> str:
    try:
        return environment.get_template(filename).render(variables)
    except TemplateSyntaxError as broken:
        words = shorten_quotations(broken.message or "broken")
        raise RenderError(_origin(look, broken.name or filename), words, broken.lineno) from None
    except Exception as failure:  # a template can fail in any way that Python can
        raise RenderError(*_failed_at(look, filename, failure)) from None


def _failed_at(look: Look, filename: str, failure: Exception) -> tuple[str, str, int | None]:
    """The innermost line of a template on the way to `failure`; Jinja puts its lines into the traceback."""
    template, line = filename, None
    step = failure.__traceback__
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if name in look.sources:
            template, line = name, step.tb_lineno
        step = step.tb_next
    origin = f"look {look.name}" if line is None and filename not in look.sources else _origin(look, template)
    return origin, _in_words(failure), line


def _in_words(failure: Exception) -> str:
    match failure:
        case TemplatesNotFound():
            return shorten_quotations(f"there is none of the templates {', '.join(map(str, failure.templates))}")
        case TemplateNotFound():
            return shorten_quotations(f"there is no template {failure.name}")
        case RecursionError():
            return "a template or macro calls itself without end"
        case MemoryError():
            return "it needs more memory than a template may have"
        case SyntaxError():  # Python's own, which has its limits: 20 loops inside one another
            return f"cannot be compiled: {failure.msg}"
    return shorten_quotations(str(failure) or type(failure).__name__)


def shorten_quotations(words: str) -> str:
    """An error's words with no more of a template in them than it takes to find the place."""
    words = _LONG_QUOTATION.sub(r"\1\2…\1", words)
    return _LONG_WORD.sub(r"\1…", words)[: 5 * MAX_QUOTED]


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
    _require_bounds(clean, _origin(look, filename), marks.values)
    found = list(marks.found_in(clean))
    if len(found) != clean.lower().count(marks.prefix):
        words = "a filter changes a piece of template that holds values; use it on each value instead"
        raise RenderError(_origin(look, filename), words)
    marked = {number: position for position, number in found}
    return Rendered(clean, _origin(look, filename), tuple(starts), tuple(places), marked)


def _require_bounds(text: str, template: str, values: Sequence[str | Slot]) -> None:
    if len(text) > MAX_OUTPUT:
        raise RenderError(template, f"it writes more than {MAX_OUTPUT:,} characters")
    if sum(len(value.fallback if isinstance(value, Slot) else value) for value in values) > MAX_VALUES:
        raise RenderError(template, f"the values it writes are more than {MAX_VALUES:,} characters long")


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
    del environment.globals["lipsum"]  # it is chance: a preview would not be what is sent
    environment.filters["wrap"] = wrap
    environment.filters["underline"] = underline
    return environment


@lru_cache(maxsize=8)
def _page_environment(look: Look) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=_LookLoader(look),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


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
