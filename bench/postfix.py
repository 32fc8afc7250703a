"""Postfix's test tools → a relay that takes everything, and a sender to compare ours with, both on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds, for the relay to listen
INSTALL = "apt-get install --no-install-recommends postfix (no daemon of it is run)"
PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/libexec/postfix"))


@dataclass(frozen=True, slots=True)
class Spent:
    """What a command, with the processes it waited for, took."""

    seconds: float
    cpu: float  # seconds, of all cores
    peak: float  # MiB, of the largest of its processes


def find_tools() -> tuple[str, str] | None:
    """The paths of smtp-sink and smtp-source; None where Postfix is not installed."""
    sink, source = (shutil.which(name, path=PLACES) for name in ("smtp-sink", "smtp-source"))
    return (sink, source) if sink and source else None


@contextmanager
def running_sink(tool: str, *options: str) -> Iterator[int]:
    """The port of a fresh smtp-sink."""
    port = free_port()
    # It refuses to be root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [tool, *user, *options, "-m", "1024", f"{HOST}:{port}", "1024"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_listener(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def source_command(tool: str, port: int, messages: int, octets: int, sessions: int) -> list[str]:
    """smtp-source with connections kept open, as ours are."""
    load = ["-d", "-s", str(sessions), "-l", str(octets), "-m", str(messages)]
    return [tool, *load, "-f", "news@example.org", "-t", "reader@example.org", f"{HOST}:{port}"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _await_listener(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def spend(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end; its output is thrown away. Exits, naming the command, when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with exit code {process.returncode}")
    kibibytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Spent(took, usage.ru_utime + usage.ru_stime, kibibytes / 1024)
