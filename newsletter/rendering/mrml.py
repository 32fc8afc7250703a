"""A look's template → text, and MJML → HTML, in a child process: a crash, a hang or a glut is one clear error here."""

from __future__ import annotations

import pickle
import resource
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from newsletter.child import Child, questions, reply
from newsletter.errors import RenderError
from newsletter.rendering import templating
from newsletter.rendering.slots import Marks, Slot
from newsletter.rendering.templating import Look, Misused, Rendered

SECONDS = 10.0
"""The time one question may take, the wait for a processor with it; a few ms are usual."""

TEMPLATE_SECONDS = 2.0
"""Processor time that one template may take. Python ends it there, and so the line is known."""

PROCESSOR_SECONDS = 4
"""Processor time of one question, after which the kernel ends the child, whatever it hangs in."""

MEMORY = 512 * 1024 * 1024
"""Bytes of address space that the child may have."""

_child = Child(__name__)


def to_html(mjml: str) -> str:
    """The HTML of sound MJML (see mjml_check.py). Raises RenderError when the child fails."""
    return str(_ask("MJML", _html_of, mjml))


def render_template(look: Look, filename: str, variables: Mapping[str, object], marks: Marks) -> Rendered:
    """As templating.render_template, but a template that would never end or take all memory is an error too."""
    origin = look.origins.get(filename, filename)
    rendered, values = _ask(origin, _template_of, look, filename, variables, marks)
    marks.values[:] = values
    return cast(Rendered, rendered)


def render_page(look: Look, filename: str, variables: Mapping[str, object]) -> str:
    """As templating.render_page, bounded in the same way."""
    return str(_ask(look.origins.get(filename, filename), _page_of, look, filename, variables))


def _ask(subject: str, answer: Callable[..., object], *arguments: object) -> Any:
    """What `answer` returns in the child. Raises RenderError, about `subject` when nothing else is known."""
    found = _child.ask(pickle.dumps((subject, answer, arguments)), SECONDS)
    if found is None:
        raise RenderError(subject, "the renderer crashed or took too long over it")
    value, failure = pickle.loads(found)
    if failure is not None:
        raise RenderError(*failure)
    return value


def serve() -> None:
    """The child's life: it answers one question after another until nobody is there to ask."""
    signal.signal(signal.SIGPROF, _end_template)
    _limit(resource.RLIMIT_AS, MEMORY)
    for question in questions():
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR_SECONDS)
        reply(pickle.dumps(_answer(question)))


def _limit(kind: int, most: int) -> None:
    """Sets the limit of this process, or leaves the narrower one it was born with."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _answer(question: bytes) -> tuple[object, tuple[str, str, int | None] | None]:
    """A value or a failure: template, words and line."""
    subject = "MJML"
    try:
        subject, answer, arguments = pickle.loads(question)
        return answer(*arguments), None
    except RenderError as failure:
        return None, (failure.template, failure.words, failure.line)
    except Exception as failure:
        return None, (subject, templating.shorten_quotations(str(failure) or type(failure).__name__), None)


def _html_of(mjml: str) -> str:
    from mjml import mjml2html  # here alone, so that it can crash nobody else

    # No fonts and no icons: the defaults would load from outside hosts.
    return mjml2html(mjml, fonts={}, social_icon_origin="")


def _template_of(
    look: Look, filename: str, variables: Mapping[str, object], marks: Marks
) -> tuple[Rendered, list[str | Slot]]:
    with _bounded_time():
        return templating.render_template(look, filename, variables, marks), marks.values


def _page_of(look: Look, filename: str, variables: Mapping[str, object]) -> str:
    with _bounded_time():
        return templating.render_page(look, filename, variables)


@contextmanager
def _bounded_time() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, TEMPLATE_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _end_template(signum: int, frame: object) -> None:
    raise Misused(f"it takes more than {TEMPLATE_SECONDS:.0f} seconds, as a loop without end would")
