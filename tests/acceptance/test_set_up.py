"""A machine that lacks something → the one sentence of `.ci/setup` that says what to install."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = "cat cksum dirname mkdir rm sed sh tail".split()


class Machine:
    """A folder with a clone in it, and a PATH on which lies what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.clone = folder / "a clone"
        (self.clone / ".ci").mkdir(parents=True)
        self.programs.mkdir()
        for name in (".ci/setup", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, self.clone / name)
        for tool in TOOLS:
            (self.programs / tool).symlink_to(shutil.which(tool) or tool)

    def add_python(self, name: str, pretence: str) -> Path:
        """A Python that runs `pretence` before whatever `-c` asks of it."""
        program = self.programs / name
        program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{pretence}; exec(sys.argv[2])' \"$@\"\n")
        program.chmod(0o755)
        return program

    def set_up(self, level: str, **settings: str) -> subprocess.CompletedProcess[str]:
        script = self.clone / ".ci" / "setup"
        environment = {"PATH": str(self.programs), **settings}
        return subprocess.run(["sh", script, level], env=environment, capture_output=True, text=True)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


OLD = 'import sys; sys.version_info = (3, 9, 18, "final", 0)'
WITHOUT_VENV = 'import sys; sys.version_info = (3, 11, 2, "final", 0); sys.modules["ensurepip"] = None'


def test_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    answer = machine.set_up("program")
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer; no Python was found" in answer.stderr
    assert "sudo apt-get install python3" in answer.stderr


def test_machine_with_an_old_python_is_told_its_version(machine: Machine) -> None:
    machine.add_python("python3", OLD)
    answer = machine.set_up("program")
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer; python3 is Python 3.9." in answer.stderr


def test_machine_without_venv_is_told_the_package_that_has_it(machine: Machine) -> None:
    machine.add_python("python3", WITHOUT_VENV)
    answer = machine.set_up("tools")
    assert answer.returncode == 1
    assert "not its venv module" in answer.stderr
    assert "sudo apt-get install python3.11-venv" in answer.stderr


def test_python_that_was_named_is_the_only_one_tried(machine: Machine) -> None:
    machine.add_python("python3", WITHOUT_VENV)
    old = machine.add_python("old python", OLD)
    assert f"{old} is Python 3.9." in machine.set_up("program", PYTHON=str(old)).stderr
    assert "no-such-python: there is no such program" in machine.set_up("program", PYTHON="no-such-python").stderr


def test_set_up_that_is_done_is_left_alone_until_the_lock_changes(machine: Machine) -> None:
    python = machine.clone / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\n[ "$1" = -c ]\n')  # it runs, and cannot install a thing
    python.chmod(0o755)
    reading = "cat pyproject.toml requirements.lock | cksum"
    sums = subprocess.run(reading, shell=True, cwd=machine.clone, stdout=subprocess.PIPE, text=True).stdout
    (machine.clone / ".venv" / "set-up").write_text(f"tools {sums.strip()}\n{machine.clone.resolve()}\n")
    for level in ("tools", "program"):
        answer = machine.set_up(level)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    with (machine.clone / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert "Setting up .venv" in machine.set_up("program").stderr


def test_missing_browser_is_one_loud_line_and_a_failure_under_ci(machine: Machine) -> None:
    answer = machine.set_up("browser")
    assert answer.returncode == 0
    assert "*** NO CHROMIUM: THE BROWSER TESTS WILL BE SKIPPED." in answer.stderr
    assert machine.set_up("browser", CI="true").returncode == 1
