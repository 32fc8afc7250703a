"""The sources as a stranger gets them → archives → fresh environments in which the command runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
UV = shutil.which("uv")


def run(*words: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> str:
    """What the command said on stdout. Fails with everything it said when it did not exit 0."""
    answer = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def copy_sources(to: Path) -> Path:
    """Our files without `.git` and without the lock file: what git would keep, where it can be asked."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode == 0:
        for name in filter(None, listing.stdout.split("\0")):
            if (ROOT / name).exists():
                (to / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, to / name)
    else:
        ignored = [line.strip("/\n") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
        shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(*ignored), dirs_exist_ok=True)
    (to / "requirements.lock").unlink()
    return to


class Environment:
    """A fresh virtual environment that borrows this one's libraries, and nothing of ours."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder, with_pip=UV is None, symlinks=True)
        self.python = folder / "bin" / "python"
        self.packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
        # A .pth file's line is a folder to search; the .pth files in that one, ours among them, are not read.
        (self.packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def install(self, *words: str | Path) -> None:
        pip: list[str | Path] = [self.python, "-m", "pip", "install"]
        uv: list[str | Path] = ["uv", "pip", "install", "--python", self.python]
        run(*(uv if UV else pip), "--quiet", "--no-deps", *words, cwd=self.folder)

    def newsletter(self, *words: str) -> str:
        return run(self.folder / "bin" / "newsletter", *words, cwd=self.folder)

    def where(self, expression: str, module: str) -> Path:
        code = f"import {module}; print({expression})"
        return Path(run(self.python, "-c", code, cwd=self.folder).strip())


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive of a copy, and the wheel built from that archive.

    The PATH holds nothing but uv, where it is there at all: no git, no Node, no compiler.
    """
    programs, out = tmp_path_factory.mktemp("programs"), tmp_path_factory.mktemp("archives")
    if UV:
        (programs / "uv").symlink_to(UV)
    sources = copy_sources(tmp_path_factory.mktemp("sources"))
    run(
        sys.executable,
        "-m",
        "build",
        "--installer",
        "uv" if UV else "pip",
        "--outdir",
        out,
        sources,
        cwd=sources,
        environment={**os.environ, "PATH": str(programs)},
    )
    return out


def test_source_archive_holds_what_a_builder_and_a_tester_need(archives: Path) -> None:
    with tarfile.open(archives / f"newsletter-{VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for wanted in (
        "pyproject.toml",
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "config.toml",
        ".ci/setup",
        "newsletter/__init__.py",
        "subscribers/__init__.py",
        "templates/calm/issue.mjml.j2",
        "tests/unit/test_house.py",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith((".git/", ".venv/")) or name.endswith(".pyc")]


def test_wheel_holds_the_packages_and_their_data_and_nothing_else(archives: Path) -> None:
    with zipfile.ZipFile(archives / f"newsletter-{VERSION}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    assert {Path(name).parts[0] for name in names} == {
        "newsletter",
        "subscribers",
        f"newsletter-{VERSION}.dist-info",
    }
    ours = [
        path.relative_to(ROOT)
        for package in ("newsletter", "subscribers")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    looks = [path.relative_to(ROOT) for path in (ROOT / "templates").rglob("*") if path.is_file()]
    wanted = {path.as_posix() for path in ours} | {f"newsletter/{path.as_posix()}" for path in looks}
    assert wanted <= names
    assert {"newsletter/config.toml", "newsletter/templates/calm/issue.mjml.j2"} <= names
    assert any(name.startswith("newsletter/migrations/versions/") for name in names)


def test_command_runs_from_the_wheel(archives: Path, tmp_path: Path) -> None:
    fresh = Environment(tmp_path / "fresh environment")
    fresh.install(archives / f"newsletter-{VERSION}-py3-none-any.whl")
    assert VERSION in fresh.newsletter("--version")
    looks = fresh.where("looks.packaged_templates()", "newsletter.rendering.looks as looks")
    assert looks == fresh.packages / "newsletter" / "templates"
    fresh.newsletter("init", "home")
    assert "[smtp]" in (fresh.folder / "home" / "config.toml").read_text(encoding="utf-8")


def test_command_runs_from_the_source_archive(archives: Path, tmp_path: Path) -> None:
    fresh = Environment(tmp_path / "fresh")
    fresh.install(archives / f"newsletter-{VERSION}.tar.gz")
    assert VERSION in fresh.newsletter("--version")
    assert (fresh.packages / "newsletter" / "templates" / "calm").is_dir()


def test_editable_install_finds_the_looks_of_the_repository(tmp_path: Path) -> None:
    sources = copy_sources(tmp_path / "a clone")
    fresh = Environment(tmp_path / "fresh")
    fresh.install("--editable", sources)
    assert VERSION in fresh.newsletter("--version")
    looks = fresh.where("looks.packaged_templates()", "newsletter.rendering.looks as looks")
    assert looks == sources / "templates"
    fresh.newsletter("init", "home")
    assert "[smtp]" in (fresh.folder / "home" / "config.toml").read_text(encoding="utf-8")
