"""A look's template → text, and MJML → HTML, in a child process: a crash, a hang or a glut is one clear error here."""

from __future__ import annotations

import atexit
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

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

# Without site packages it is up sooner; where the modules lie it is told.
_CHILD = "import sys; sys.path += sys.argv[1:]; from newsletter.rendering.mrml import serve; serve()"
_ROOT = Path(__file__).resolve().parents[2]
_LENGTH = 8  # bytes in front of each question and answer


def to_html(mjml: str) -> str:
    """The HTML of sound MJML (see mjml_check.py). Raises RenderError when the child fails."""
    return str(_renderer.ask("MJML", _html_of, mjml))


def render_template(look: Look, filename: str, variables: Mapping[str, object], marks: Marks) -> Rendered:
    """As templating.render_template, but a template that would never end or take all memory is an error too."""
    origin = look.origins.get(filename, filename)
    rendered, values = _renderer.ask(origin, _template_of, look, filename, variables, marks)
    marks.values[:] = values
    return cast(Rendered, rendered)


def render_page(look: Look, filename: str, variables: Mapping[str, object]) -> str:
    """As templating.render_page, bounded in the same way."""
    return str(_renderer.ask(look.origins.get(filename, filename), _page_of, look, filename, variables))


class _Renderer:
    """One warm child of this process, started when first needed and again after it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, subject: str, answer: Callable[..., object], *arguments: object) -> Any:
        """What `answer` returns in the child. Raises RenderError, about `subject` when nothing else is known."""
        question = pickle.dumps((subject, answer, arguments))
        with self._lock:
            child = self._running()
            overdue = threading.Timer(SECONDS, child.kill)
            overdue.start()
            try:
                found = _exchange(child, question)
            finally:
                overdue.cancel()
            if found is None:
                self._end()
                raise RenderError(subject, "the renderer crashed or took too long over it")
        value, failure = pickle.loads(found)
        if failure is not None:
            raise RenderError(*failure)
        return value

    def close(self) -> None:
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a fork: the child belongs to the parent, and so does its half of the lock."""
        self._lock = threading.Lock()
        if self._child is not None:
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    pipe.close()
            self._child.returncode = 0  # not ours to wait for
            self._child = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            self._child = _start()
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _start() -> subprocess.Popen[bytes]:
    folders = [str(_ROOT), *(folder for folder in sys.path if folder)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _CHILD, *folders],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # Ctrl-C is for us: a page under way is finished
    )


def _exchange(child: subprocess.Popen[bytes], question: bytes) -> bytes | None:
    """The child's answer; None means that it died."""
    assert child.stdin is not None and child.stdout is not None
    try:
        _write(child.stdin.fileno(), question)
        return _read(child.stdout.fileno())
    except OSError:
        return None


def _write(descriptor: int, message: bytes) -> None:
    rest = memoryview(len(message).to_bytes(_LENGTH) + message)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int) -> bytes | None:
    """The next message; None when the other side is gone."""
    header = _read_exactly(descriptor, _LENGTH)
    return None if header is None else _read_exactly(descriptor, int.from_bytes(header))


def _read_exactly(descriptor: int, size: int) -> bytes | None:
    pieces: list[bytes] = []
    while size and (piece := os.read(descriptor, min(size, 1 << 20))):
        pieces.append(piece)
        size -= len(piece)
    return None if size else b"".join(pieces)


def serve() -> None:
    """The child's life: it answers one question after another until nobody is there to ask."""
    signal.signal(signal.SIGPROF, _end_template)
    _limit(resource.RLIMIT_AS, MEMORY)
    while (question := _read(sys.stdin.fileno())) is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + PROCESSOR_SECONDS)
        _write(sys.stdout.fileno(), pickle.dumps(_answer(question)))


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


_renderer = _Renderer()
atexit.register(_renderer.close)
os.register_at_fork(after_in_child=_renderer.forget)
