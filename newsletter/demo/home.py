"""The sample content → a home of its own: library, authors, pictures, readers and a weekly schedule."""

from __future__ import annotations

import csv
import re
import socket
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from newsletter.app import App, open_app
from newsletter.delivery.mailbox import Mailbox
from newsletter.desk.audience import add_list, add_subscriber, suppress, unsubscribe
from newsletter.desk.authors import set_author, set_call_to_action
from newsletter.desk.library import import_articles
from newsletter.desk.schedules import add_schedule
from newsletter.errors import NewsletterError
from newsletter.home import Home, documented_config, make_home
from newsletter.store.articles import mark_read
from subscribers import SubscriptionStatus

MARKER = (
    ".made-by-newsletter-demo"  # the last thing written: a home without it was not made by the demo, or not to the end
)
SAMPLES = Path(str(files("newsletter.demo")))
LIST = "Readers"
SCHEDULE = "weekly"
PENDING = "ben@example.org"
UNSUBSCRIBED = "cleo@example.org"
SUPPRESSED = "dan@example.org"
HOST = "127.0.0.1"

SETTINGS: Mapping[str, Mapping[str, object]] = {
    "newsletter": {
        "name": "Millrace Lane Notes",
        "from_address": "Millrace Lane Counseling <notes@example.org>",
        "reply_to": "office@example.org",
        "postal_address": "Millrace Lane Counseling, 14 Millrace Lane, Alderford",
        "privacy_url": "https://example.org/millrace/privacy",
        "notice": "In a crisis, call 988 (in the US) or your local emergency number. Replies are not read at night.",
        "timezone": "America/New_York",
        "instance": "demo",  # nothing of it is kept outside its folder
    },
    "smtp": {"host": HOST, "security": "none"},
}


def demo_home(folder: Path) -> Home:
    """The demo's home in this folder, made if it is not there. Raises NewsletterError for a folder it did not make."""
    home = Home(folder)
    if (folder / MARKER).exists():
        return home
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NewsletterError(f"{folder} was not made by the demo: name an empty folder with --home")
    make_home(folder, _config(documented_config(), _free_port(), _free_port()))
    _fill(home)
    (folder / MARKER).touch()
    return home


def open_mailbox(home: Home, configured_port: int) -> Mailbox:
    """The mailbox of this home, on the port its config names or, when another program has that, on a free one."""
    try:
        mailbox = Mailbox(home.mailbox, HOST, configured_port)
        mailbox.start()
    except NewsletterError:
        mailbox = Mailbox(home.mailbox, HOST)
        mailbox.start()
    return mailbox


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _config(documented: str, web_port: int, smtp_port: int) -> str:
    """The documented config.toml with the demo's values in the place of the defaults."""
    ports: Mapping[str, Mapping[str, object]] = {
        "web": {"port": web_port, "base_url": f"http://{HOST}:{web_port}"},
        "smtp": {"port": smtp_port},
    }
    table = ""
    lines = []
    for line in documented.splitlines():
        if heading := re.match(r"\[(\w+)\]", line):
            table = heading[1]
        setting = re.match(r"(\w+) = (\S.*?)(\s+#.*)?$", line)
        if setting is not None:
            wanted = {**SETTINGS.get(table, {}), **ports.get(table, {})}
            if setting[1] in wanted:
                line = f"{setting[1]} = {_toml(wanted[setting[1]])}{setting[3] or ''}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _fill(home: Home) -> None:
    app = open_app(home)
    try:
        _draw(home)
        _add_articles(app)
        _add_readers(app)
        nobody_asked = {"approval": "none"}  # it goes on by itself, as the demo promises
        add_schedule(app, SCHEDULE, LIST, "every tuesday 09:00", None, None, None, 4.0, nobody_asked)
    finally:
        app.close()


def _samples(name: str) -> dict[str, Any]:
    return tomllib.loads((SAMPLES / name).read_text("utf-8"))


def _draw(home: Home) -> None:
    """A hero for each article and a portrait for each author, made here and now."""
    from newsletter.content import sources
    from newsletter.demo.pictures import draw_hero, draw_portrait

    (home.media / "authors").mkdir(parents=True, exist_ok=True)
    for file in sorted((SAMPLES / "articles").glob("*.md")):
        draft = sources.read(file.read_bytes(), file.name)
        if draft.hero is not None:
            (home.folder / draft.hero.src).write_bytes(draw_hero(file.stem, draft.title, draft.categories[0]))
    for author in _samples("authors.toml")["author"]:
        (home.folder / author["photo"]).write_bytes(draw_portrait(author["name"]))


def _add_articles(app: App) -> None:
    # Named one by one: some installers make every file a link, and a link out of a folder is not followed.
    report = import_articles(app, [str(file) for file in sorted((SAMPLES / "articles").glob("*.md"))])
    broken = [item.reason for item in report.items if item.outcome == "failed"]
    if broken:
        raise NewsletterError(f"the sample library is broken: {broken[0]}")
    with app.database.write() as connection:
        mark_read(connection, (item.article_id for item in report.items if item.article_id), app.clock())
    for name, fields in _samples("calls-to-action.toml").items():
        set_call_to_action(app, name, fields)
    for author in _samples("authors.toml")["author"]:
        set_author(app, author["name"], {key: value for key, value in author.items() if key != "name"})


def _add_readers(app: App) -> None:
    add_list(app, LIST)
    with (SAMPLES / "readers.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            status = SubscriptionStatus.PENDING if row["email"] == PENDING else SubscriptionStatus.CONFIRMED
            add_subscriber(app, row["email"], LIST, row["name"], row["attributes"], status)
    unsubscribe(app, UNSUBSCRIBED, None)
    suppress(app, SUPPRESSED, "asked by letter never to be written to")
