"""A question, as bytes → what a child process answers, which stays warm; None when that crashed or took too long."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

# Without site packages it is up sooner; where the modules lie it is told.
_PROGRAM = (
    "import sys; sys.path += sys.argv[2:]; from importlib import import_module; import_module(sys.argv[1]).serve()"
)
_ROOT = Path(__file__).resolve().parents[1]
_LENGTH = 8  # bytes in front of each question and answer


class Child:
    """One child of this process, started when first needed and again after it died."""

    def __init__(self, server: str) -> None:
        """`server` is the module whose `serve` answers, with `questions` and `reply`."""
        self._server = server
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    def ask(self, question: bytes, seconds: float) -> bytes | None:
        """The answer; None when there is none after so many seconds, or the child died."""
        with self._lock:
            process = self._running()
            overdue = threading.Timer(seconds, process.kill)
            overdue.start()
            try:
                answer = _exchange(process, question)
            finally:
                overdue.cancel()
            if answer is None:
                self._end()
            return answer

    def close(self) -> None:
        with self._lock:
            self._end()

    def _forget(self) -> None:
        """In a fork: the child belongs to the parent, and so does its half of the lock."""
        self._lock = threading.Lock()
        if self._process is not None:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.returncode = 0  # not ours to wait for
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = _start(self._server)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def questions() -> Iterator[bytes]:
    """In the child: one after the other, until nobody is there to ask."""
    while (question := _read(sys.stdin.fileno())) is not None:
        yield question


def reply(answer: bytes) -> None:
    """In the child: the answer to the question that came last."""
    _write(sys.stdout.fileno(), answer)


def _start(server: str) -> subprocess.Popen[bytes]:
    folders = [str(_ROOT), *(folder for folder in sys.path if folder)]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _PROGRAM, server, *folders],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # Ctrl-C is for us: what is under way is finished
    )


def _exchange(process: subprocess.Popen[bytes], question: bytes) -> bytes | None:
    """The child's answer; None means that it died."""
    assert process.stdin is not None and process.stdout is not None
    try:
        _write(process.stdin.fileno(), question)
        return _read(process.stdout.fileno())
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
