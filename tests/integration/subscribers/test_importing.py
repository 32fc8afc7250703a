"""Files of readers on a real database of each kind: who comes in, who changes, who is left as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from newsletter.store.engine import make_engine
from subscribers import store
from subscribers.addresses import parse
from subscribers.errors import ConsentMissing
from subscribers.imports.csv import read_csv
from subscribers.model import Consent, MailingList, Profile, Subscription, SubscriptionStatus
from subscribers.store import BATCH, ImportReport
from subscribers.tables import consents, subscribers, subscriptions

PENDING, CONFIRMED, UNSUBSCRIBED = SubscriptionStatus
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection, connection.begin():
        yield connection


@pytest.fixture
def readers(conn: Connection) -> MailingList:
    return store.add_list(conn, "Readers", NOON)


def offer(
    conn: Connection, text: str, to: MailingList, status: SubscriptionStatus = CONFIRMED, now: datetime = NOON
) -> ImportReport:
    rows = read_csv(text.encode(), "readers.csv")
    return store.import_rows(conn, rows, to.id, status, "the office", now, where="import of readers.csv")


def counts(report: ImportReport) -> dict[str, int]:
    numbers = ("added", "updated", "unchanged", "rejected", "suppressed")
    return {number: getattr(report, number) for number in numbers if getattr(report, number)}


def profile(conn: Connection, email: str) -> Profile:
    found = store.find_profile(conn, email)
    assert found is not None
    return found


def rows_in(conn: Connection) -> list[int | None]:
    return [conn.scalar(select(func.count()).select_from(table)) for table in (subscribers, subscriptions, consents)]


def test_new_readers_get_a_subscription_evidence_and_instants(conn: Connection, readers: MailingList) -> None:
    report = offer(conn, 'email,name,attributes\nAda@example.org,Ada,"{""town"": ""Köln"", ""age"": 36}"\n', readers)
    assert counts(report) == {"added": 1}
    ada = profile(conn, "ada@example.org")
    assert (ada.subscriber.email, ada.subscriber.name) == ("Ada@example.org", "Ada")
    assert ada.subscriber.attributes == {"town": "Köln", "age": 36}
    assert (ada.subscriber.tags, ada.subscriber.timezone, ada.subscriber.language) == ((), "", "")
    assert ada.subscriber.joined_at == ada.subscriber.confirmed_at == NOON
    assert ada.subscriptions == (Subscription(readers.id, "Readers", CONFIRMED, NOON),)
    assert ada.consents == (
        Consent("put forward as confirmed, said the office", NOON, "import of readers.csv", "Readers"),
    )


def test_pending_import_confirms_nobody(conn: Connection, readers: MailingList) -> None:
    offer(conn, "email\nben@example.org\n", readers, PENDING)
    ben = profile(conn, "ben@example.org")
    assert ben.subscriber.confirmed_at is None
    assert ben.subscriptions[0].status is PENDING
    assert store.audience(conn, readers.id, 0, 10) == []


def test_same_file_again_changes_nothing_at_all(conn: Connection, readers: MailingList) -> None:
    text = 'email,name,attributes\nada@example.org,Ada,"{ ""town"" : ""Köln"" }"\nben@example.org,,\n'
    assert counts(offer(conn, text, readers)) == {"added": 2}
    before = rows_in(conn)
    assert counts(offer(conn, text, readers, now=LATER)) == {"unchanged": 2}
    assert counts(offer(conn, text, readers, PENDING, now=LATER)) == {"unchanged": 2}
    assert rows_in(conn) == before
    assert profile(conn, "ada@example.org").subscriptions[0].since == NOON


def test_file_updates_what_it_says_and_keeps_what_it_leaves_out(conn: Connection, readers: MailingList) -> None:
    offer(conn, 'email,name,attributes\nada@example.org,Ada,"{""town"": ""Bonn"", ""age"": 36}"\n', readers)
    second = 'email,name,attributes\nADA@example.org,,"{""town"": ""Köln"", ""tea"": true, ""age"": null}"\n'
    assert counts(offer(conn, second, readers, now=LATER)) == {"updated": 1}
    ada = profile(conn, "ada@example.org").subscriber
    assert (ada.name, ada.attributes) == ("Ada", {"town": "Köln", "age": 36, "tea": True})
    assert ada.email == "ada@example.org"
    third = "email,name\nada@example.org,Ada Lovelace\n"
    assert counts(offer(conn, third, readers)) == {"updated": 1}
    assert profile(conn, "ada@example.org").subscriber.name == "Ada Lovelace"


def test_file_tells_time_zone_and_language_and_an_empty_cell_changes_neither(
    conn: Connection, readers: MailingList
) -> None:
    first = "email,timezone,language\nada@example.org,Asia/Tokyo,ja\nben@example.org,,\n"
    assert counts(offer(conn, first, readers)) == {"added": 2}
    second = "email,timezone,language\nada@example.org,,\nben@example.org, America/Denver ,en_US\n"
    assert counts(offer(conn, second, readers, now=LATER)) == {"updated": 1, "unchanged": 1}
    assert counts(offer(conn, second, readers, now=LATER)) == {"unchanged": 2}
    ada, ben = (profile(conn, email).subscriber for email in ("ada@example.org", "ben@example.org"))
    assert (ada.timezone, ada.language, ben.timezone, ben.language) == ("Asia/Tokyo", "ja", "America/Denver", "en-US")
    third = "email,language,timezone,name\nada@example.org,,Europe/Berlin,\n"
    assert counts(offer(conn, third, readers, now=LATER)) == {"updated": 1}
    ada = profile(conn, "ada@example.org").subscriber
    assert (ada.timezone, ada.language) == ("Europe/Berlin", "ja")


def test_same_attributes_in_another_order_are_no_change(conn: Connection, readers: MailingList) -> None:
    offer(conn, 'email,attributes\nada@example.org,"{""a"": ""1"", ""b"": ""2""}"\n', readers)
    again = offer(conn, 'email,attributes\nada@example.org,"{""b"": ""2"", ""a"": ""1""}"\n', readers)
    assert counts(again) == {"unchanged": 1}


def test_pending_reader_is_confirmed_with_evidence_and_never_demoted(conn: Connection, readers: MailingList) -> None:
    offer(conn, "email\nben@example.org\n", readers, PENDING)
    assert counts(offer(conn, "email\nben@example.org\n", readers, CONFIRMED, LATER)) == {"updated": 1}
    assert counts(offer(conn, "email\nben@example.org\n", readers, PENDING, LATER)) == {"unchanged": 1}
    ben = profile(conn, "ben@example.org")
    assert ben.subscriptions[0] == Subscription(readers.id, "Readers", CONFIRMED, LATER)
    assert (ben.subscriber.joined_at, ben.subscriber.confirmed_at) == (NOON, LATER)
    assert [each.what for each in ben.consents] == [
        "put forward as pending, said the office",
        "put forward as confirmed, said the office",
    ]


def test_reader_who_left_stays_away_though_their_details_are_kept_right(conn: Connection, readers: MailingList) -> None:
    offer(conn, "email\ncleo@example.org\n", readers)
    store.unsubscribe(conn, profile(conn, "cleo@example.org").subscriber.id, readers.id, "the link", NOON)
    assert counts(offer(conn, "email\ncleo@example.org\n", readers, now=LATER)) == {"unchanged": 1}
    assert counts(offer(conn, "email,name\ncleo@example.org,Cleo\n", readers, now=LATER)) == {"updated": 1}
    cleo = profile(conn, "cleo@example.org")
    assert cleo.subscriptions == (Subscription(readers.id, "Readers", UNSUBSCRIBED, NOON),)
    assert len(cleo.consents) == 2
    assert store.audience(conn, readers.id, 0, 10) == []


def test_suppressed_reader_is_counted_and_left_as_they_were(conn: Connection, readers: MailingList) -> None:
    offer(conn, "email,name\ndan@example.org,Dan\n", readers)
    store.suppress(conn, "dan@example.org", "asked by telephone", NOON)
    store.suppress(conn, "stranger@example.org", "a court order", NOON)
    before = profile(conn, "dan@example.org")
    report = offer(conn, "email,name\nDAN@example.org,Daniel\nstranger@example.org,S\nada@example.org,Ada\n", readers)
    assert counts(report) == {"added": 1, "suppressed": 2}
    assert profile(conn, "dan@example.org") == before
    assert store.find_subscriber(conn, "stranger@example.org") is None


def test_known_reader_joins_another_list(conn: Connection, readers: MailingList) -> None:
    other = store.add_list(conn, "Other", NOON)
    offer(conn, "email\nada@example.org\n", readers)
    assert counts(offer(conn, "email\nada@example.org\n", other, PENDING, LATER)) == {"updated": 1}
    ada = profile(conn, "ada@example.org")
    assert [(each.list_name, each.status) for each in ada.subscriptions] == [
        ("Other", PENDING),
        ("Readers", CONFIRMED),
    ]
    assert ada.subscriber.confirmed_at == NOON


def test_rejected_rows_are_reported_by_line_and_the_rest_goes_in(conn: Connection, readers: MailingList) -> None:
    report = offer(conn, "email,name\nada@example.org,Ada\nnobody,\nADA@example.org,\nben@example.org,Ben\n", readers)
    assert counts(report) == {"added": 2, "rejected": 2}
    assert [(row.line, row.reason) for row in report.rejected_rows][1] == (4, "line 4 repeats line 2")
    assert report.rejected_rows[0].line == 3


def test_import_of_everything_at_once_adds_up(conn: Connection, readers: MailingList) -> None:
    offer(conn, "email,name\nada@example.org,Ada\nben@example.org,Ben\ndan@example.org,Dan\n", readers)
    store.suppress(conn, "dan@example.org", "asked", NOON)
    known = "ada@example.org,Ada\nben@example.org,Benjamin\ndan@example.org,Dan\n"
    text = f"email,name\n{known}eve@example.org,\nnobody,\n"
    expected = {"added": 1, "updated": 1, "unchanged": 1, "rejected": 1, "suppressed": 1}
    assert counts(offer(conn, text, readers)) == expected


def test_file_without_rows_reports_nothing(conn: Connection, readers: MailingList) -> None:
    assert counts(offer(conn, "email\n", readers)) == {}


def test_import_larger_than_one_set_keeps_everybody_and_tells_how_far_it_is(
    conn: Connection, readers: MailingList
) -> None:
    number = BATCH + 10
    text = "email\n" + "".join(f"reader{each}@example.org\n" for each in range(number))
    told: list[int] = []
    rows = read_csv(text.encode(), "readers.csv")
    report = store.import_rows(conn, rows, readers.id, CONFIRMED, "the office", NOON, told.append)
    assert counts(report) == {"added": number}
    assert told == [BATCH, number]
    assert rows_in(conn) == [number, number, number]
    assert store.audience_size(conn, readers.id) == number


def test_known_readers_of_a_large_import_are_all_changed(conn: Connection, readers: MailingList) -> None:
    emails = [f"reader{each}@example.org" for each in range(6_000)]
    offer(conn, "email\n" + "\n".join(emails), readers, PENDING)
    attributes = '"' + json.dumps({"town": "Bonn"}).replace('"', '""') + '"'
    text = "email,name,attributes\n" + "".join(f"{email},R,{attributes}\n" for email in emails)
    assert counts(offer(conn, text, readers, CONFIRMED, LATER)) == {"updated": 6_000}
    assert rows_in(conn) == [6_000, 6_000, 12_000]
    last = profile(conn, emails[-1])
    assert (last.subscriber.name, last.subscriber.attributes) == ("R", {"town": "Bonn"})
    assert last.subscriber.confirmed_at == LATER and last.subscriptions[0].status is CONFIRMED


def test_import_that_breaks_off_leaves_nothing_behind(engine: Engine) -> None:
    with engine.begin() as conn:
        readers = store.add_list(conn, "Readers", NOON)
    with pytest.raises(KeyboardInterrupt), engine.begin() as conn:
        offer(conn, "email\nada@example.org\n", readers)
        raise KeyboardInterrupt
    with engine.begin() as conn:
        assert rows_in(conn) == [0, 0, 0]
        # On the same connection of the pool, too, the next one works.
        assert counts(offer(conn, "email\nada@example.org\n", readers)) == {"added": 1}


def test_one_connection_imports_again_and_again(engine: Engine) -> None:
    with engine.connect() as conn:
        with conn.begin():
            readers = store.add_list(conn, "Readers", NOON)
            assert counts(offer(conn, "email\nada@example.org\n", readers)) == {"added": 1}
            assert counts(offer(conn, "email\nben@example.org\n", readers)) == {"added": 1}
        with conn.begin():
            assert counts(offer(conn, "email\neve@example.org\nben@example.org\n", readers)) == {
                "added": 1,
                "unchanged": 1,
            }


def test_nobody_is_confirmed_on_nobodys_word(conn: Connection, readers: MailingList) -> None:
    rows = read_csv(b"email\nada@example.org\n", "readers.csv")
    with pytest.raises(ConsentMissing):
        store.import_rows(conn, rows, readers.id, CONFIRMED, "", NOON)
    assert rows_in(conn) == [0, 0, 0]


def test_reader_whom_another_writer_is_adding_during_an_import_is_let_be(fresh_postgresql_url: str) -> None:
    # PostgreSQL only: SQLite has one writer at a time.
    engine = make_engine(fresh_postgresql_url)
    with engine.begin() as conn:
        readers = store.add_list(conn, "Readers", NOON)

    def run_import() -> dict[str, int]:
        with engine.begin() as conn:
            return counts(offer(conn, "email,name\nada@example.org,Augusta\nben@example.org,Ben\n", readers))

    with ThreadPoolExecutor(1) as pool:
        with engine.begin() as other:
            added = store.add_subscriber(other, parse("ada@example.org"), "Ada", readers.id, PENDING, "", NOON)
            assert added.subscriber_id is not None
            store.unsubscribe(other, added.subscriber_id, readers.id, "the link", NOON)
            # The importer cannot see Ada yet, tries to insert her, and has to wait for us to commit.
            importing = pool.submit(run_import)
            wait_until_somebody_waits(engine, importing)
        assert importing.result(timeout=30) == {"added": 1, "unchanged": 1}
    with engine.connect() as conn:
        ada = profile(conn, "ada@example.org")
        assert (ada.subscriber.name, ada.subscriptions[0].status) == ("Ada", UNSUBSCRIBED)
        assert [each.what for each in ada.consents] == ["put forward as pending", "unsubscribed"]
    engine.dispose()


def wait_until_somebody_waits(engine: Engine, importing: Future[dict[str, int]]) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND datname = current_database()"
    )
    while not importing.done():
        with engine.connect() as conn:
            if conn.scalar(waiting):
                return
    raise AssertionError(f"the import did not wait: {importing.result()}")
