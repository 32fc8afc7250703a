"""MJML → HTML, in a child process: a crash or a hang of the renderer is one clear error here."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

from newsletter.errors import RenderError

SECONDS = 10.0
"""The time one render may take; 0.3 ms is usual."""

# The child imports the renderer and nothing of ours, without site packages, so it is up in 10 ms. No fonts,
# no icons, no includes: the defaults would load from outside hosts.
_CHILD = """
import json, sys
sys.path.append(sys.argv[1])
from mjml import mjml2html
for line in sys.stdin.buffer:
    try:
        answer = {"html": mjml2html(json.loads(line), fonts={}, social_icon_origin="")}
    except ValueError as failure:
        answer = {"error": str(failure)}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\\n")
    sys.stdout.buffer.flush()
"""


def to_html(mjml: str) -> str:
    """The HTML of sound MJML (see mjml_check.py). Raises RenderError when the child fails."""
    answer = _renderer.ask(mjml)
    if "error" in answer:
        raise RenderError("MJML", answer["error"])
    return answer["html"]


class _Renderer:
    """One warm child of this process, started when first needed and again after it died."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def ask(self, mjml: str) -> dict[str, str]:
        question = json.dumps(mjml).encode() + b"\n"
        with self._lock:
            child = self._running()
            overdue = threading.Timer(SECONDS, child.kill)
            overdue.start()
            try:
                answer = _exchange(child, question)
            finally:
                overdue.cancel()
            if not answer.endswith(b"\n"):
                self._end()
                raise RenderError("MJML", "the renderer crashed or took too long over it")
        return dict(json.loads(answer))

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
    found = find_spec("mjml")  # without importing it here
    if found is None or not found.submodule_search_locations:
        raise RenderError("MJML", "the package mjml-python is not installed")
    packages = Path(next(iter(found.submodule_search_locations))).parent
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _CHILD, str(packages)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # Ctrl-C is for us: a page under way is finished
    )


def _exchange(child: subprocess.Popen[bytes], question: bytes) -> bytes:
    """The child's answer, one line; anything else means that it died."""
    assert child.stdin is not None and child.stdout is not None
    try:
        rest = memoryview(question)
        while rest:
            rest = rest[child.stdin.write(rest) or 0 :]
        return _line(child.stdout.fileno())
    except OSError:
        return b""


def _line(descriptor: int) -> bytes:
    pieces: list[bytes] = []
    while piece := os.read(descriptor, 1 << 16):
        pieces.append(piece)
        if piece.endswith(b"\n"):
            break
    return b"".join(pieces)


_renderer = _Renderer()
atexit.register(_renderer.close)
os.register_at_fork(after_in_child=_renderer.forget)
