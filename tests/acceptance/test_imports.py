"""`articles import` of every kind of source, and of every kind of bad one: one clear line, and nothing lost."""

from __future__ import annotations

import json
import os
import pty
import signal
import sqlite3
import subprocess
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

import published_articles as made
import wordpress_export as wordpress
from command import Command, Ended
from newsletter.home import documented_config, make_home
from packing import packed
from peak_memory import measured, peak_in
from scripted_web import NEVER_END, Answer, ScriptedWeb

PATIENCE = 60.0  # seconds
MEMORY = 300  # MiB
CERTIFICATES = Path(__file__).parents[1] / "certificates"
KETTLES, STAIRS = "kettles", "staircases"
SLUGS = [made.slug_on(KETTLES), made.slug_on(STAIRS)]


@pytest.fixture
def newsletter(tmp_path: Path) -> Command:
    home = make_home(tmp_path / "home", documented_config())
    return Command(home.folder, {"NEWSLETTER_FETCH__ALLOW_HOSTS": "127.0.0.1,localhost"})


def take(newsletter: Command, *arguments: str, expect: int = 0) -> dict[str, Any]:
    """The report of an import, known to have the shape that scripts rely on."""
    report: dict[str, Any] = newsletter("articles", "import", *arguments, "--json", expect=expect).json
    assert list(report) == ["source", "imported", "updated", "unchanged", "skipped", "failed", "items"]
    for item in report["items"]:
        assert list(item) == ["item", "outcome", "slug", "reason", "notes"]
    for outcome in ("imported", "updated", "unchanged", "skipped", "failed"):
        assert report[outcome] == sum(item["outcome"] == outcome for item in report["items"])
    return report


def slugs(newsletter: Command) -> list[str]:
    with closing(sqlite3.connect(newsletter.home / "newsletter.db", timeout=PATIENCE)) as connection:
        return [slug for (slug,) in connection.execute("SELECT slug FROM articles ORDER BY slug")]


def write(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def limited(newsletter: Command, *arguments: str) -> Ended:
    """The command, which fails the test when it needs more memory than may be, or more time."""
    peak = newsletter.folder / "peak"
    command = measured(newsletter.line(*arguments), peak)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=newsletter.environment,
        cwd=newsletter.folder,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    ended = Ended(process.returncode, out, err)
    assert peak_in(peak) < MEMORY
    assert "Traceback" not in ended.err, ended.err
    return ended


HUGO: dict[str, bytes | str] = {
    "content/posts/kettles/index.md": made.markdown(KETTLES, "kettle.png"),
    "content/posts/kettles/kettle.png": made.picture("teal"),
    "content/posts/stairs.md": made.markdown(STAIRS, "/images/stairs.png"),
    "static/images/stairs.png": made.picture("brown"),
    "README.md": "# How to build this site",
}
FILES: dict[str, bytes | str] = {
    "export.xml": made.wxr(KETTLES, STAIRS),
    "rss.xml": made.rss(KETTLES, STAIRS),
    "atom.xml": made.atom(KETTLES, STAIRS),
    "feed.json": made.json_feed(KETTLES, STAIRS),
    "ghost.json": made.ghost(KETTLES, STAIRS),
    "substack.zip": packed(made.substack(KETTLES, STAIRS)),
    "medium.zip": packed(made.medium(KETTLES, STAIRS)),
    "hugo.zip": packed(HUGO),
}
FOLDERS: dict[str, Mapping[str, bytes | str]] = {
    "loose": {"a.md": made.markdown(KETTLES), "deep/b.txt": made.text(STAIRS)},
    "pages": {"a.html": made.page(KETTLES), "b.html": made.page(STAIRS)},
    "hugo": HUGO,
    "substack": made.substack(KETTLES, STAIRS),
    "medium": made.medium(KETTLES, STAIRS),
    "zipped": {"one.zip": packed(HUGO)},
}


def _is_complete_and_stays(newsletter: Command, source: str) -> None:
    report = take(newsletter, source)
    assert (report["source"], report["imported"], report["failed"]) == (source, 2, 0)
    assert sorted(item["slug"] for item in report["items"] if item["outcome"] == "imported") == SLUGS
    assert slugs(newsletter) == SLUGS
    again = take(newsletter, source)
    assert (again["imported"], again["updated"], again["unchanged"]) == (0, 0, 2)
    assert [item["slug"] for item in again["items"] if item["outcome"] == "unchanged"] == [
        item["slug"] for item in report["items"] if item["outcome"] == "imported"
    ]


@pytest.mark.parametrize("name", FILES)
def test_file_with_several_articles_is_taken_once(newsletter: Command, tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: FILES[name]})
    _is_complete_and_stays(newsletter, str(tmp_path / name))


@pytest.mark.parametrize("name", FOLDERS)
def test_folder_is_read_as_what_it_is(newsletter: Command, tmp_path: Path, name: str) -> None:
    _is_complete_and_stays(newsletter, str(write(tmp_path / name, FOLDERS[name])))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.md", made.markdown(KETTLES)), ("a.txt", made.text(KETTLES)), ("a.html", made.page(KETTLES))],
)
def test_file_of_one_article_is_taken_once(newsletter: Command, tmp_path: Path, name: str, content: str) -> None:
    write(tmp_path, {name: content})
    (item,) = take(newsletter, str(tmp_path / name))["items"]
    assert item.pop("notes")
    assert item == {"item": str(tmp_path / name), "outcome": "imported", "slug": SLUGS[0], "reason": None}
    assert take(newsletter, str(tmp_path / name))["unchanged"] == 1


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/rss+xml", made.rss(KETTLES, STAIRS)),
        ("text/html", made.atom(KETTLES, STAIRS)),  # as many servers say it
        ("application/feed+json", made.json_feed(KETTLES, STAIRS)),
        ("text/xml", made.wxr(KETTLES, STAIRS)),
        ("application/zip", packed(made.substack(KETTLES, STAIRS))),
    ],
)
def test_address_is_read_as_what_stands_there(newsletter: Command, media_type: str, body: bytes | str) -> None:
    with ScriptedWeb({"/it": Answer(body, media_type)}) as web:
        _is_complete_and_stays(newsletter, web.url("/it"))


def test_page_is_taken_by_its_address_with_its_picture(newsletter: Command) -> None:
    body = made.page(KETTLES).replace("<p>", '<p><img src="/tea.png" alt="A kettle" width="40" height="30">', 1)
    with ScriptedWeb({"/a": Answer(body), "/tea.png": Answer(made.picture(), "image/png")}) as web:
        (item,) = take(newsletter, web.url("/a"))["items"]
        assert (item["item"], item["outcome"]) == (web.url("/a"), "imported")
        article = newsletter("articles", "show", item["slug"], "--json").json
        assert article["source_url"] == web.url("/a")
        (picture,) = (newsletter.home / "media").iterdir()
        assert f"media/{picture.name}" in article["body_html"]
        assert take(newsletter, web.url("/a"))["unchanged"] == 1


def test_pictures_of_a_site_folder_come_along(newsletter: Command, tmp_path: Path) -> None:
    take(newsletter, str(write(tmp_path / "hugo", HUGO)))
    for slug in SLUGS:
        # The picture it begins with is the article's own.
        assert newsletter("articles", "show", slug, "--json").json["hero"]["src"].startswith("media/")
    assert len(list((newsletter.home / "media").iterdir())) == 2


def test_one_folder_of_many_exports_is_read_as_each(newsletter: Command, tmp_path: Path) -> None:
    for name, members in (("substack", made.substack(KETTLES)), ("medium", made.medium(STAIRS))):
        write(tmp_path / "all" / name, members)
    write(tmp_path / "all", {"umbrellas.md": made.markdown("umbrellas"), "letter.docx": "x", ".hidden.md": "# No"})
    report = take(newsletter, str(tmp_path / "all"))
    assert (report["imported"], report["failed"]) == (3, 0)
    assert slugs(newsletter) == sorted([*SLUGS, made.slug_on("umbrellas")])
    reasons = {Path(item["item"]).name: item["reason"] for item in report["items"] if item["outcome"] == "skipped"}
    assert reasons["letter.docx"].startswith("none of .md")
    assert not any("hidden" in name or "email_list" in name for name in reasons)


# -- what a person reads


def test_short_report_names_each_item_and_what_it_lacks(newsletter: Command, tmp_path: Path) -> None:
    write(tmp_path, {"a.md": made.markdown(KETTLES), "b.md": "---\ntitle: [\n---\nx"})
    told = newsletter("articles", "import", str(tmp_path / "a.md"), str(tmp_path / "b.md"), expect=1)
    lines = told.out.splitlines()
    assert lines[0] == f"imported: {SLUGS[0]}  ({tmp_path / 'a.md'})"
    assert any("its author Ruth Weber has no bio" in line for line in lines)
    assert lines[-1] == "imported 1, updated 0, unchanged 0, skipped 0, failed 1"
    (line,) = told.err.splitlines()
    assert line.startswith(f"newsletter: {tmp_path / 'b.md'}, line ")


def test_json_tells_what_was_guessed_and_what_could_not_be_had(newsletter: Command, tmp_path: Path) -> None:
    write(tmp_path, {"a.md": made.markdown(KETTLES, "https://127.0.0.1:9/none.png")})
    (item,) = take(newsletter, str(tmp_path / "a.md"))["items"]
    assert any("https://127.0.0.1:9/none.png" in words for words in item["notes"])
    assert any("its author Ruth Weber has no bio" in words for words in item["notes"])


def test_what_many_lack_is_said_once(newsletter: Command, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "five", {f"{n}.md": f"---\ntitle: Tea {n}\n---\nIt is the {n}th.\n" for n in range(5, 10)}
    )
    told = newsletter("articles", "import", str(folder)).out
    (line,) = (line for line in told.splitlines() if "its call to action has no" in line)
    assert line.startswith("5 articles: its call to action has no text, label and url (newsletter calls-to-action ")
    assert told.count("    it has no author (newsletter articles edit tea-") == 5
    three = write(tmp_path / "three", {f"{n}.md": f"---\ntitle: Salt {n}\n---\nGrain {n}.\n" for n in range(3)})
    assert newsletter("articles", "import", str(three)).out.count("    its call to action has no text") == 3


def test_files_that_are_no_articles_are_named(newsletter: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "src", {"a.md": made.markdown(KETTLES), "README.md": "About."})
    assert "skipped: 1 md: no article (README.md)" in newsletter("articles", "import", str(folder)).out


def test_long_report_says_what_is_alike_once(newsletter: Command, tmp_path: Path) -> None:
    write(tmp_path, {"big.xml": big_export(300)})
    told = newsletter("articles", "import", str(tmp_path / "big.xml"))
    lines = told.out.splitlines()
    assert len(lines) < 30
    assert any(line.startswith("300 × its author ") and "has no bio" in line for line in lines)
    assert "`newsletter articles show SLUG`" in lines[-2] and "--json" in lines[-2]
    assert lines[-1] == "imported 300, updated 0, unchanged 0, skipped 0, failed 0"


def test_progress_bar_names_the_item_it_is_at(newsletter: Command, tmp_path: Path) -> None:
    write(tmp_path, {"a.md": made.markdown(KETTLES, "https://127.0.0.1:9/none.png")})
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        newsletter.line("articles", "import", str(tmp_path / "a.md"), "--json"),
        stderr=terminal,
        stdout=subprocess.PIPE,
        env={**newsletter.environment, "TERM": "xterm", "COLUMNS": "200"},
        cwd=newsletter.folder,
    )
    os.close(terminal)
    shown = b""
    try:
        while data := os.read(controller, 65_536):
            shown += data
    except OSError:  # the other end of a terminal was closed
        pass
    finally:
        os.close(controller)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert b"importing" in shown and b"a.md" in shown and b"0/1" in shown


def test_dry_run_tells_the_same_and_changes_nothing(newsletter: Command, tmp_path: Path) -> None:
    """Also what only shows in a later batch: the same text, the same slug, the same key again."""
    posts = [made.post(1, KETTLES), *(filler(number) for number in range(2, 150))]
    posts += [made.post(200, KETTLES, link=f"{made.SITE}/copy/", post_name="copy")]  # the same text elsewhere
    posts += [made.post(201, KETTLES, "Only at the end.", link=f"{made.SITE}/near/", post_name="near")]
    posts += [made.post(202, STAIRS, post_name="t-5", link=f"{made.SITE}/five/")]  # a slug that is taken
    write(tmp_path, {"site.xml": wordpress.export(*posts), "w.md": made.markdown(STAIRS, "p.png")})
    write(tmp_path, {"p.png": made.picture()})
    sources = [str(tmp_path / "site.xml"), str(tmp_path / "w.md")]
    newsletter("articles", "list")  # the database is there
    before = content_of(newsletter)
    trial = take(newsletter, *sources, "--dry-run")
    assert content_of(newsletter) == before
    assert not list((newsletter.home / "media").iterdir())
    real = take(newsletter, *sources)
    assert trial == real
    assert (real["skipped"], real["failed"]) == (2, 0)
    assert take(newsletter, *sources, "--dry-run") == take(newsletter, *sources)


def content_of(newsletter: Command) -> list[str]:
    with closing(sqlite3.connect(newsletter.home / "newsletter.db")) as connection:
        return list(connection.iterdump())


# -- stopped in the middle


def filler(number: int) -> str:
    words = " ".join(f"word{number}x{place}" for place in range(60))
    link, slug = f"{made.SITE}/t-{number}/", f"t-{number}"
    return wordpress.post(f"<p>{words}</p>", f"Title {number}", number=number, link=link, post_name=slug)


def big_export(posts: int) -> bytes:
    return wordpress.export(*map(filler, range(1, posts + 1)))


def wait_for_articles(newsletter: Command, process: subprocess.Popen[str], count: int) -> None:
    """Until the import that runs has stored so many."""
    limit = time.monotonic() + PATIENCE
    while len(slugs(newsletter)) < count:
        assert process.poll() is None, "it ended before anybody could stop it"
        assert time.monotonic() < limit, "nothing is stored"
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_import_that_is_stopped_is_gone_on_with(newsletter: Command, tmp_path: Path, how: signal.Signals) -> None:
    posts = 2_500
    write(tmp_path, {"big.xml": big_export(posts)})
    newsletter("articles", "list")  # the database is there
    process = newsletter.start("articles", "import", str(tmp_path / "big.xml"), "--json")
    try:
        wait_for_articles(newsletter, process, 200)
        process.send_signal(how)
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    stored = len(slugs(newsletter))
    assert 200 <= stored < posts
    assert stored % 100 == 0, "a batch is stored as a whole or not at all"
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert "the same command goes on" in err and "Traceback" not in err
        assert "stopped after " in err and "imported " in err
        told = json.loads(out)
        # What was stored at the very moment may not be told any more.
        assert stored - 100 <= told["imported"] == len(told["items"]) <= stored
    assert newsletter("db", "check", "--json").json["is_whole"] is True
    report = take(newsletter, str(tmp_path / "big.xml"))
    assert (report["unchanged"], report["imported"]) == (stored, posts - stored)
    assert len(slugs(newsletter)) == posts


# -- bad input


def test_export_that_breaks_off_brings_what_stood_before(newsletter: Command, tmp_path: Path) -> None:
    data = big_export(300)
    write(tmp_path, {"cut.xml": data[: len(data) // 2]})
    ended = newsletter("articles", "import", str(tmp_path / "cut.xml"), "--json", expect=1)
    assert 100 < ended.json["imported"] < 300
    assert (ended.json["failed"], ended.json["items"][-1]["outcome"]) == (1, "failed")
    (line,) = ended.err.splitlines()
    assert f"{tmp_path / 'cut.xml'}, line " in line and "breaks off" in line and "'Title 1" in line
    write(tmp_path, {"cut.xml": data})
    whole = take(newsletter, str(tmp_path / "cut.xml"))
    assert whole["unchanged"] == ended.json["imported"]
    assert whole["imported"] + whole["unchanged"] == 300


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
_LAUGHING = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{_LAUGHS}]>'

BAD: dict[str, tuple[bytes | str, str]] = {
    "wrong-root.xml": (b'<?xml version="1.0"?><catalog/>', "<catalog>"),
    "laughs.xml": (f'<?xml version="1.0"?>{_LAUGHING}<rss version="2.0"><channel>&l11;</channel></rss>', "entities"),
    "laughs-wxr.xml": (made.wxr(KETTLES).replace(b"<rss", _LAUGHING.encode() + b"<rss", 1), "document type"),
    "secrets.xml": (
        '<!DOCTYPE rss [<!ENTITY p SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><title>&p;</title>'
        "</item></channel></rss>",
        "entities",
    ),
    "half.zip": (packed(made.substack(KETTLES))[:-40], "damaged"),
    "nothing.zip": (packed({"style.css": "p {}"}), "holds no article"),
    "letter.docx": (packed({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), "Word"),
    "readers.csv": (b"email,name\nada@example.org,Ada\n", "subscribers import"),
    "data.json": (b'{"a": 1}', "neither a JSON Feed nor"),
    "deep.json": (b"[" * 200_000, "JSON"),
    "empty.txt": (b"", "empty"),
    "deep.html": (b"<div>" * 100_000 + b"words", "deep.html"),
    "login.html": (made.login_page(), "login.html"),
}


@pytest.mark.parametrize("name", BAD)
def test_source_that_cannot_be_read_is_one_line(newsletter: Command, tmp_path: Path, name: str) -> None:
    content, words = BAD[name]
    write(tmp_path, {name: content})
    ended = limited(newsletter, "articles", "import", str(tmp_path / name), "--json")
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert line.startswith(f"newsletter: {tmp_path / name}") and words in line
    assert (ended.json["failed"], ended.json["imported"]) == (1, 0)


@pytest.mark.parametrize("head", [b"", b'<?xml version="1.0"?><rss version="2.0"><channel>', b"PK\x03\x04", b"GIF89a"])
def test_huge_file_is_refused_without_being_read_into_memory(newsletter: Command, tmp_path: Path, head: bytes) -> None:
    file = tmp_path / "huge"
    with file.open("wb") as stream:
        stream.write(head)
        stream.truncate(5_000_000_000)
    ended = limited(newsletter, "articles", "import", str(file))
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1 and f"newsletter: {file}" in ended.err


def test_huge_picture_is_left_out_and_its_article_kept(newsletter: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "articles", {"a.md": made.markdown(KETTLES, "huge.jpg")})
    with (folder / "huge.jpg").open("wb") as stream:
        stream.truncate(5_000_000_000)
    ended = limited(newsletter, "articles", "import", str(folder))
    assert ended.code == 0
    assert "the picture huge.jpg cannot be read: it is 5000.0 MB" in ended.out
    assert slugs(newsletter) == [SLUGS[0]]


@pytest.mark.parametrize("given", ["/dev/zero", "pipe", "nowhere.md", "practice.example.org", "x" * 5_000, "a.md/b"])
def test_what_is_no_file_is_named(newsletter: Command, tmp_path: Path, given: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    write(tmp_path, {"a.md": made.markdown(KETTLES)})
    ended = limited(newsletter, "articles", "import", given)
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert line.startswith(f"newsletter: {given[:200]}: ")
    if given == "practice.example.org":
        assert "write https://practice.example.org" in line


def test_folder_of_strange_things_gives_its_articles(newsletter: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "odd", {"a.md": made.markdown(KETTLES), "broken.md": "---\ntitle: [\n---\nx"})
    os.mkfifo(folder / "pipe.md")
    (folder / "zero.md").symlink_to("/dev/zero")
    (folder / "gone.md").symlink_to("nothing")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "elsewhere").symlink_to("/etc")
    (folder / "round").symlink_to(folder)
    report = take(newsletter, str(folder))
    outcomes = {Path(item["item"]).name: item["outcome"] for item in report["items"]}
    strange = dict.fromkeys(("pipe.md", "zero.md", "gone.md", "loop.md", "elsewhere"), "skipped")
    assert outcomes == {"a.md": "imported", "broken.md": "failed", **strange}


def test_archive_that_wants_more_than_it_may_gives_its_articles(newsletter: Command, tmp_path: Path) -> None:
    members: dict[str, bytes | str] = {
        "a.md": made.markdown(KETTLES),
        "bomb.md": bytes(200_000_000),
        "../../evil.md": "# Evil\n\nWords.",
    }
    write(tmp_path, {"odd.zip": packed({**members, "/tmp/newsletter-evil.md": "# Evil"})})
    ended = limited(newsletter, "articles", "import", str(tmp_path / "odd.zip"), "--json")
    assert ended.code == 0
    assert (ended.json["imported"], ended.json["skipped"], ended.json["failed"]) == (1, 2, 1)
    assert f"{tmp_path / 'odd.zip'}/bomb.md: it is 200.0 MB" in ended.err
    assert not list(tmp_path.parent.glob("evil*")) and not Path("/tmp/newsletter-evil.md").exists()


def test_archive_of_which_nothing_can_be_read_is_a_failure(newsletter: Command, tmp_path: Path) -> None:
    write(tmp_path, {"bomb.zip": packed({"bomb.md": bytes(200_000_000), "README.md": "About."})})
    ended = limited(newsletter, "articles", "import", str(tmp_path / "bomb.zip"), "--json")
    assert (ended.code, ended.json["failed"], ended.json["imported"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=404), "404"),
        (Answer(made.login_page()), ""),
        (Answer("words without an end ", "text/html", behaviour=NEVER_END), ""),
        (Answer(made.picture(), "image/png"), "PNG picture"),
    ],
    ids=["404", "login page", "never ends", "picture"],
)
def test_address_that_gives_no_article_is_one_line(newsletter: Command, answer: Answer, words: str) -> None:
    newsletter.settings["NEWSLETTER_FETCH__TIMEOUT"] = "2"
    with ScriptedWeb({"/a": answer}) as web:
        ended = limited(newsletter, "articles", "import", web.url("/a"), "--json")
        assert ended.code == 1
        (line,) = ended.err.splitlines()
        assert line.startswith(f"newsletter: {web.url('/a')}") and words in line
        assert ended.json["failed"] == 1


def test_site_whose_certificate_is_not_trusted_is_named(newsletter: Command) -> None:
    with ScriptedWeb({"/a": Answer(made.page(KETTLES))}, certificate=CERTIFICATES / "self-signed.pem") as web:
        ended = newsletter("articles", "import", web.url("/a", "localhost"), expect=1)
    (line,) = ended.err.splitlines()
    assert line.startswith("newsletter: https://localhost:") and "certificate" in line


def test_feed_of_ten_thousand_items_is_bounded(newsletter: Command, tmp_path: Path) -> None:
    items = "".join(
        f"<item><title>T {number}</title><guid>{number}</guid><description>Some words.</description></item>"
        for number in range(10_000)
    )
    write(tmp_path, {"f.xml": f'<rss version="2.0"><channel><title>Much</title>{items}</channel></rss>'})
    ended = limited(newsletter, "articles", "import", str(tmp_path / "f.xml"), "--json")
    assert ended.json["imported"] == len(slugs(newsletter)) > 0
    assert len(ended.err.splitlines()) <= 1


def test_home_without_room_is_one_line_and_what_was_stored_stays(newsletter: Command, tmp_path: Path) -> None:
    write(tmp_path, {"big.xml": big_export(1_500)})
    newsletter("articles", "list")
    line = newsletter.line("articles", "import", str(tmp_path / "big.xml"))
    full = ["sh", "-c", 'trap "" XFSZ; ulimit -f 4096; exec "$@"', "sh", *line]  # 2 MiB a file
    ended = subprocess.run(full, capture_output=True, text=True, env=newsletter.environment, timeout=PATIENCE)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "the same command goes on" in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("newsletter: the database ")
    assert 0 < len(slugs(newsletter)) < 1_500
    assert take(newsletter, str(tmp_path / "big.xml"))["failed"] == 0
    assert len(slugs(newsletter)) == 1_500


def test_media_folder_that_cannot_be_written_is_one_line(newsletter: Command, tmp_path: Path) -> None:
    folder = write(tmp_path / "site", HUGO)
    media = newsletter.home / "media"
    media.rmdir()
    media.write_text("no folder")
    ended = newsletter("articles", "import", str(folder), expect=1)
    assert str(media) in ended.err.splitlines()[-1]
    assert len(slugs(newsletter)) == 0
