"""Every module's imports and calls → does the house still stand: pure rooms, arrows one way, no cycles."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[2]

TOUCHES_THE_WORLD = """
newsletter/__main__.py newsletter/app.py newsletter/child.py newsletter/holidays.py newsletter/home.py
newsletter/identity.py newsletter/logs.py newsletter/tables.py
newsletter/cli/* newsletter/desk/* newsletter/migrations/* newsletter/store/* newsletter/web/*
newsletter/content/fetch.py newsletter/content/fetching/network.py newsletter/content/reading_ahead.py
newsletter/demo/home.py newsletter/scheduling/timer.py
newsletter/rendering/looks.py newsletter/rendering/mrml.py
newsletter/delivery/relay.py newsletter/delivery/mailbox.py newsletter/delivery/worker.py
subscribers/tables.py subscribers/store/*
""".split()

# From the ground up: a module may import from its own room and from any floor below, never from a neighbour.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("subscribers",),
    ("newsletter",),  # the package's own docstring
    ("newsletter.errors",),
    ("newsletter.hosts",),
    ("newsletter.states",),
    ("newsletter.blackouts",),
    ("newsletter.options",),
    ("newsletter.model",),
    ("newsletter.config",),
    ("newsletter.content",),
    ("newsletter.scheduling",),
    ("newsletter.picking",),
    ("newsletter.rendering",),
    ("newsletter.checking",),
    ("newsletter.delivery",),
    ("newsletter.shapes",),
    ("newsletter.tables",),
    ("newsletter.migrations",),
    ("newsletter.content.fetching.network", "newsletter.child"),
    (
        "newsletter.store",
        "newsletter.content.fetch",
        "newsletter.content.reading_ahead",
        "newsletter.rendering.looks",
        "newsletter.rendering.mrml",
        "newsletter.delivery.relay",
        "newsletter.delivery.mailbox",
        "newsletter.home",
        "newsletter.holidays",
        "newsletter.identity",
        "newsletter.logs",
    ),
    ("newsletter.delivery.worker", "newsletter.scheduling.timer"),
    ("newsletter.app",),
    ("newsletter.desk",),
    ("newsletter.web",),
    ("newsletter.demo",),
    ("newsletter.cli",),
    ("newsletter.__main__",),
)

IMPURE_IMPORTS = frozenset(
    """
    alembic apscheduler asyncio concurrent fastapi fileinput ftplib getpass glob http httpcore httpx imaplib
    importlib multiprocessing os pathlib platform poplib psycopg pwd random requests secrets select selectors
    shutil signal smtplib socket socketserver sqlalchemy sqlite3 ssl starlette subprocess tempfile threading
    time urllib.request urllib3 uvicorn webbrowser
    """.split()
)
PURE_PARTS = frozenset({"pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath", "random.Random"})

IMPURE_CALLS = frozenset({"open", "input", "print", "make_msgid", "localtime", "uuid1", "uuid4"})
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
FILE_METHODS = frozenset({"read_text", "read_bytes", "write_text", "write_bytes"})

NAMES_THAT_EXPLAIN_NOTHING = {"utils.py", "util.py", "helpers.py", "helper.py", "common.py", "misc.py"}


@cache
def modules() -> Mapping[str, Path]:
    """Every module of both packages: dotted name → path from the root."""
    found = {}
    for package in ("newsletter", "subscribers"):
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT)
            parts = relative.with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = relative
    return found


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_bytes(), filename=str(path))


def names_imported(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, also inside functions; `from a import b` gives `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = module.split(".")
                here = parts[: len(parts) - node.level + is_package]
                origin = ".".join([*here, origin] if origin else here)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def our_module(name: str, known: Mapping[str, Path]) -> str | None:
    """The module of ours that a dotted name lies in, if any."""
    while name not in known:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return None
    return name


@cache
def imports_of(module: str) -> tuple[tuple[int, str], ...]:
    path = modules()[module]
    return tuple(names_imported(tree_of(path), module, path.name == "__init__.py"))


def is_pure(path: PurePosixPath | Path) -> bool:
    posix = PurePosixPath(path)
    return not any(
        posix.is_relative_to(pattern[:-2]) if pattern.endswith("/*") else posix == PurePosixPath(pattern)
        for pattern in TOUCHES_THE_WORLD
    )


def find_holder(name: str, names: frozenset[str]) -> str | None:
    """The one of `names` that a dotted name is, or lies below."""
    parts = name.split(".")
    longer = (".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return next((holder for holder in longer if holder in names), None)


def impure_imports(names: Iterator[tuple[int, str]] | tuple[tuple[int, str], ...]) -> Iterator[str]:
    for line, name in names:
        if name not in PURE_PARTS and (holder := find_holder(name, IMPURE_IMPORTS)):
            yield f"line {line} imports {holder}"


def impure_calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="Random") if not node.args:
                yield f"line {node.lineno} calls Random() without a seed"
            case ast.Name(id=name) if name in IMPURE_CALLS:
                yield f"line {node.lineno} calls {name}()"
            case ast.Attribute(attr=name) if name in FILE_METHODS | {"make_msgid", "uuid1", "uuid4"}:
                yield f"line {node.lineno} calls {name}()"
            case ast.Attribute(attr=name, value=ast.Name(id=owner) | ast.Attribute(attr=owner)):
                if (owner, name) in CLOCKS:
                    yield f"line {node.lineno} calls {owner}.{name}()"


def floor_and_room(module: str) -> tuple[int, str]:
    """The floor a module lies on, counted from the ground, and its room: the longest name that holds it."""
    rooms = {room: floor for floor, names in enumerate(FLOORS) for room in names}
    room = module
    while room not in rooms:
        room = room.rpartition(".")[0]
    # The package itself is no room for what nobody has placed.
    assert room != "newsletter" or module == "newsletter", f"{module} lies on no floor: give it one in FLOORS"
    return rooms[room], room


def breaks_an_arrow(module: str, imported: str) -> bool:
    floor, room = floor_and_room(module)
    floor_below, room_below = floor_and_room(imported)
    return room != room_below and floor_below >= floor


def find_cycle(graph: Mapping[str, set[str]]) -> list[str] | None:
    """One way round, its first name repeated at its end, or None."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str] | None:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return None
        for neighbour in sorted(graph.get(name, ())):
            if cycle := walk(neighbour, [*way, name]):
                return cycle
        done.add(name)
        return None

    return next((cycle for name in sorted(graph) if (cycle := walk(name, []))), None)


def docstring_fault(docstring: str | None) -> str | None:
    """What is wrong with a module's first sentence, in words, or None."""
    if not docstring:
        return "has no docstring"
    first = " ".join(docstring.split("\n\n")[0].split())
    if not first.endswith((".", ":")):
        return f"its first paragraph is no sentence: {first!r}"
    if re.search(r"[.!?] [A-Z]", first):
        return f"its first paragraph is more than one sentence: {first!r}"
    return None


def all_files(*tops: str) -> list[Path]:
    return [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("module", [name for name, path in modules().items() if is_pure(path)])
def test_pure_module_touches_nothing_outside(module: str) -> None:
    faults = [*impure_imports(imports_of(module)), *impure_calls(tree_of(modules()[module]))]
    for line, name in imports_of(module):
        ours = our_module(name, modules())
        if ours and not is_pure(modules()[ours]):
            faults.append(f"line {line} imports {ours}, which touches the world")
    assert not faults, f"{modules()[module]} is to be pure, but " + "; ".join(dict.fromkeys(faults))


@pytest.mark.parametrize("module", modules())
def test_arrows_point_down(module: str) -> None:
    faults = [
        f"line {line} imports {ours}"
        for line, name in imports_of(module)
        if (ours := our_module(name, modules())) and breaks_an_arrow(module, ours)
    ]
    assert not faults, f"{modules()[module]} may not: " + "; ".join(dict.fromkeys(faults))


def test_no_module_imports_itself_by_a_roundabout_way() -> None:
    graph = {
        module: {ours for _, name in imports_of(module) if (ours := our_module(name, modules()))} - {module}
        for module in modules()
    }
    assert find_cycle(graph) is None


@pytest.mark.parametrize("module", modules())
def test_module_opens_with_one_sentence(module: str) -> None:
    tree = tree_of(modules()[module])
    if not tree.body:  # the __init__.py of a folder that has nothing to say
        return
    fault = docstring_fault(ast.get_docstring(tree))
    assert fault is None, f"{modules()[module]}: {fault}"


def test_no_file_has_a_name_that_explains_nothing() -> None:
    found = all_files("newsletter", "subscribers", "tests", "bench")
    assert not [str(path) for path in found if path.name in NAMES_THAT_EXPLAIN_NOTHING]


def test_every_module_that_may_touch_the_world_exists() -> None:
    paths = [PurePosixPath(path) for path in modules().values()]
    for pattern in TOUCHES_THE_WORLD:
        named = PurePosixPath(pattern.removesuffix("/*"))
        assert any(path.is_relative_to(named) for path in paths), f"{pattern} names nothing: take it off the list"


def test_lock_holds_every_pin_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    locked = {line.partition(";")[0].strip() for line in lines}
    wanted = {re.sub(r"\[.*?\]", "", pin).lower() for pin in pins}
    assert wanted <= locked, f"run `make lock`: {sorted(wanted - locked)}"


# The checks above are only worth what they would catch: each is shown a fault.


@pytest.mark.parametrize(
    "source",
    [
        "import sqlalchemy",
        "def f():\n    import smtplib",
        "from urllib.request import urlopen",
        "from urllib import request",
        "from http.client import HTTPConnection",
        "import os.path",
        "from pathlib import Path",
        "import pathlib",
        "from random import choice",
    ],
)
def test_import_that_touches_the_world_is_found(source: str) -> None:
    assert list(impure_imports(names_imported(ast.parse(source), "newsletter.picking.pick", False)))


@pytest.mark.parametrize(
    "source",
    [
        "from urllib.parse import urlsplit",
        "from pathlib import PurePath",
        "from random import Random",
        "from datetime import time",
    ],
)
def test_import_of_plain_values_is_let_through(source: str) -> None:
    assert not list(impure_imports(names_imported(ast.parse(source), "newsletter.picking.pick", False)))


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "open('f')",
        "p.read_text()",
        "uuid.uuid4()",
    ],
)
def test_call_that_asks_the_clock_chance_or_a_file_is_found(source: str) -> None:
    assert list(impure_calls(ast.parse(source)))


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("newsletter.content.cleaning", "newsletter.rendering.page"),
        ("newsletter.picking.pick", "newsletter.store.articles"),
        ("newsletter.store.issues", "newsletter.delivery.relay"),
        ("newsletter.delivery.worker", "newsletter.app"),
        ("newsletter.app", "newsletter.web"),
        ("newsletter.model", "newsletter.config"),
        ("subscribers.consent", "newsletter.errors"),
    ],
)
def test_arrow_that_points_up_or_across_is_found(module: str, imported: str) -> None:
    assert breaks_an_arrow(module, imported)


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("newsletter.delivery.worker", "newsletter.store.deliveries"),
        ("newsletter.delivery.relay", "newsletter.delivery.conversation"),
        ("newsletter.picking.pick", "newsletter.picking.rules"),
        ("newsletter.model", "subscribers"),
    ],
)
def test_arrow_that_points_down_is_let_through(module: str, imported: str) -> None:
    assert not breaks_an_arrow(module, imported)


def test_cycle_is_found_and_named() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_relative_import_is_read_as_the_module_it_names() -> None:
    source = ast.parse("from . import rules\nfrom ..model import Article")
    names = [name for _, name in names_imported(source, "newsletter.picking.pick", False)]
    assert names == ["newsletter.picking.rules", "newsletter.model.Article"]
    inside_package = names_imported(ast.parse("from .rules import Rule"), "newsletter.picking", True)
    assert [name for _, name in inside_package] == ["newsletter.picking.rules.Rule"]


@pytest.mark.parametrize("docstring", [None, "", "no full stop", "One. Two."])
def test_docstring_that_is_no_sentence_is_found(docstring: str | None) -> None:
    assert docstring_fault(docstring)
