"""What README and docs/ tell people to type, read and follow → does it exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from newsletter.cli.program import run

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

OURS = """
newsletter subscribers templates tests bench docs .ci
config.toml pyproject.toml Makefile README.md CHANGELOG.md
""".split()
TEXT = {".py", ".md", ".toml", ".j2", ".txt", ".csv", ".html", ".css", ".js", ".mako", ".sh", ".yml", ""}
# In two pieces each, so that this file is read like every other.
FORBIDDEN = re.compile(r"/wo" r"rk/|\bTO" r"DO\b|\bFIX" r"ME\b|/tm" r"p/brief")


def fenced_lines(page: str) -> Iterator[str]:
    """The lines of every fenced block, those that end in a backslash joined to the next."""
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()


def command_of(line: str) -> tuple[str, ...]:
    """The words of a shell line's first command, without prompt, settings before it, and its pipe."""
    lexer = shlex.shlex(line.strip().removeprefix("$ "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word[0] in "|&;<>":
            break
        if words or not re.fullmatch(r"[A-Z_]+=.*", word):
            words.append(word)
    return tuple(words)


def commands_typed(page: str, program: str) -> set[tuple[str, ...]]:
    """Every `program` command in the fenced blocks, without the program's name."""
    mentions = (line for line in fenced_lines(page) if re.search(rf"\b{program}\s", line))
    return {words[1:] for line in mentions if (words := command_of(line)) and Path(words[0]).name == program}


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8", "replace")


def all_commands(program: str) -> list[tuple[str, ...]]:
    return sorted({words for path in PAGES if path.exists() for words in commands_typed(text_of(path), program)})


def our_files() -> Iterator[Path]:
    for name in OURS:
        top = ROOT / name
        found = sorted(top.rglob("*")) if top.is_dir() else [top]
        yield from (path for path in found if path.is_file() and path.suffix in TEXT)


def targets() -> dict[str, str]:
    """What `make` offers: name → words."""
    return dict(re.findall(r"^([a-z]+):.*?## (.*)$", text_of(ROOT / "Makefile"), flags=re.MULTILINE))


@pytest.mark.parametrize("words", all_commands("newsletter"), ids=" ".join)
def test_command_on_a_page_exists_with_its_options(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    # `--help` at its end makes any command line say whether it could be run, and do nothing.
    assert run([*words, "--help"]) == 0, capsys.readouterr().err


def test_readme_shows_how_to_type_the_program() -> None:
    assert commands_typed(text_of(ROOT / "README.md"), "newsletter")


def test_readme_names_every_make_target_and_no_other() -> None:
    page = text_of(ROOT / "README.md")
    assert [name for name in targets() if f"`make {name}`" not in page and name not in {"help", "lock"}] == []
    typed = {word for words in all_commands("make") for word in words if "=" not in word}
    assert typed | set(re.findall(r"`make ([a-z]+)", page)) <= set(targets())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_link_on_a_page_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", text_of(path))
    missing = [link for link in links if ":" not in link and not (path.parent / link).exists()]
    assert not missing


def test_every_file_that_the_flow_names_is_there() -> None:
    """A path counts from the package or the repository; a name alone may also stand in the folder named before it."""
    named = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?|[a-z_]+\.py)`", text_of(ROOT / "docs" / "flow.md"))
    folder, missing = ROOT, []
    for name in named:
        found = next((top / name for top in (ROOT / "newsletter", ROOT, folder) if (top / name).exists()), None)
        if found is None and name != "media/":  # that one is of the home
            missing.append(name)
        elif found is not None and "/" in name.rstrip("/"):
            folder = found if found.is_dir() else found.parent
    assert len(named) > 50 and not missing


def test_no_file_speaks_of_unfinished_work_or_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in our_files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert not found


def test_command_is_read_out_of_a_shell_line() -> None:
    page = """Type
```sh
$ newsletter subscribers import readers.csv \\
      --list weekly   # the report says who was taken
NEWSLETTER_HOME=home .venv/bin/newsletter next --json | python -m json.tool
cd newsletter && make test
```
and not `newsletter nonsense`."""
    assert commands_typed(page, "newsletter") == {
        ("subscribers", "import", "readers.csv", "--list", "weekly"),
        ("next", "--json"),
    }
