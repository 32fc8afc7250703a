"""The audience on a real database of each kind: joining, leaving, and who gets an issue."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from subscribers import store
from subscribers.addresses import parse
from subscribers.consent import Entry
from subscribers.errors import ConsentMissing, InvalidAddress, InvalidField, ListNameTaken, UnknownList
from subscribers.model import Consent, MailingList, Recipient, Subscription, SubscriptionStatus, Suppression
from subscribers.store import AddOutcome
from subscribers.tables import consents, subscribers, subscriptions, suppressions

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


def add(
    conn: Connection,
    email: str,
    to: MailingList,
    status: SubscriptionStatus = CONFIRMED,
    name: str = "",
    now: datetime = NOON,
) -> int:
    added = store.add_subscriber(conn, parse(email), name, to.id, status, "the office", now)
    assert added.subscriber_id is not None
    return added.subscriber_id


def cast_of(conn: Connection, to: MailingList) -> dict[str, int]:
    """Ada is confirmed, Ben pending, Cleo unsubscribed, Dan suppressed."""
    ids = {
        "ada": add(conn, "ada@example.org", to),
        "ben": add(conn, "ben@example.org", to, PENDING),
        "cleo": add(conn, "cleo@example.org", to),
        "dan": add(conn, "dan@example.org", to),
    }
    store.unsubscribe(conn, ids["cleo"], to.id, "the link in issue 1", NOON)
    store.suppress(conn, "dan@example.org", "asked by telephone", NOON)
    return ids


def evidence(conn: Connection, subscriber_id: int) -> list[str]:
    return list(
        conn.scalars(select(consents.c.what).where(consents.c.subscriber_id == subscriber_id).order_by(consents.c.id))
    )


# Lists


def test_list_is_found_by_its_name_and_only_once(conn: Connection) -> None:
    made = store.add_list(conn, " Readers ", NOON)
    assert store.find_list(conn, "Readers") == made == MailingList(made.id, "Readers", NOON)
    with pytest.raises(ListNameTaken, match="'Readers'"):
        store.add_list(conn, "Readers", LATER)
    with pytest.raises(UnknownList, match="'Nobody'"):
        store.find_list(conn, "Nobody")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a" * 201])
def test_list_needs_a_name_that_can_be_shown(conn: Connection, name: str) -> None:
    with pytest.raises(InvalidField):
        store.add_list(conn, name, NOON)


def test_lists_come_by_name_with_their_readers_counted(conn: Connection, readers: MailingList) -> None:
    store.add_list(conn, "Empty", NOON)
    cast_of(conn, readers)
    counted = [
        (each.mailing_list.name, each.pending, each.confirmed, each.unsubscribed)
        for each in store.lists_with_counts(conn)
    ]
    assert counted == [("Empty", 0, 0, 0), ("Readers", 1, 2, 1)]


# Adding


def test_added_reader_has_a_subscription_evidence_and_instants(conn: Connection, readers: MailingList) -> None:
    added = store.add_subscriber(
        conn,
        parse("Ada@example.org"),
        " Ada ",
        readers.id,
        CONFIRMED,
        "the office",
        NOON,
        {"town": "Köln", "age": 36},
    )
    assert added.outcome is AddOutcome.ADDED
    profile = store.find_profile(conn, "ADA@example.org")
    assert profile is not None
    ada = profile.subscriber
    assert (ada.id, ada.email, ada.name) == (added.subscriber_id, "Ada@example.org", "Ada")
    assert ada.attributes == {"town": "Köln", "age": 36}
    assert (ada.tags, ada.timezone, ada.language) == ((), "", "")
    assert ada.joined_at == ada.confirmed_at == NOON
    assert profile.subscriptions == (Subscription(readers.id, "Readers", CONFIRMED, NOON),)
    assert profile.suppression is None
    assert profile.consents == (Consent("put forward as confirmed, said the office", NOON, "added by hand", "Readers"),)


def test_pending_reader_is_confirmed_by_a_later_word_and_never_demoted(conn: Connection, readers: MailingList) -> None:
    ben = add(conn, "ben@example.org", readers, PENDING)
    found = store.find_subscriber(conn, "ben@example.org")
    assert found is not None and found.confirmed_at is None
    again = store.add_subscriber(conn, parse("BEN@example.org"), "", readers.id, CONFIRMED, "Ben himself", LATER)
    assert (again.outcome, again.subscriber_id) == (AddOutcome.UPDATED, ben)
    back = store.add_subscriber(conn, parse("ben@example.org"), "", readers.id, PENDING, "the office", LATER)
    assert back.outcome is AddOutcome.UNCHANGED
    profile = store.find_profile(conn, "ben@example.org")
    assert profile is not None
    assert profile.subscriptions == (Subscription(readers.id, "Readers", CONFIRMED, LATER),)
    assert (profile.subscriber.joined_at, profile.subscriber.confirmed_at) == (NOON, LATER)
    assert evidence(conn, ben) == [
        "put forward as pending, said the office",
        "put forward as confirmed, said Ben himself",
    ]


def test_first_confirmation_keeps_its_instant_when_another_list_follows(conn: Connection, readers: MailingList) -> None:
    add(conn, "ada@example.org", readers)
    other = store.add_list(conn, "Other", LATER)
    add(conn, "ada@example.org", other, now=LATER)
    profile = store.find_profile(conn, "ada@example.org")
    assert profile is not None and profile.subscriber.confirmed_at == NOON
    assert [(each.list_name, each.since) for each in profile.subscriptions] == [
        ("Other", LATER),
        ("Readers", NOON),
    ]


def test_reader_who_left_is_not_brought_back_by_adding(conn: Connection, readers: MailingList) -> None:
    cleo = cast_of(conn, readers)["cleo"]
    before = evidence(conn, cleo)
    added = store.add_subscriber(conn, parse("cleo@example.org"), "Cleo", readers.id, CONFIRMED, "the office", LATER)
    assert added.outcome is AddOutcome.UNSUBSCRIBED and "unsubscribed" in added.words
    profile = store.find_profile(conn, "cleo@example.org")
    assert profile is not None and profile.subscriptions[0].status is UNSUBSCRIBED
    assert evidence(conn, cleo) == before


def test_suppressed_address_is_not_stored_anew(conn: Connection, readers: MailingList) -> None:
    store.suppress(conn, "eve@example.org", "asked by letter", NOON)
    added = store.add_subscriber(conn, parse("Eve@example.org"), "Eve", readers.id, CONFIRMED, "the office", LATER)
    assert (added.outcome, added.subscriber_id) == (AddOutcome.SUPPRESSED, None)
    assert "since 2026-03-29: asked by letter" in added.words
    assert store.find_subscriber(conn, "eve@example.org") is None


def test_nobody_is_confirmed_on_nobodys_word(conn: Connection, readers: MailingList) -> None:
    with pytest.raises(ConsentMissing):
        store.add_subscriber(conn, parse("ada@example.org"), "", readers.id, CONFIRMED, "", NOON)
    assert store.find_subscriber(conn, "ada@example.org") is None


def test_evidence_can_be_added_about_no_list_in_particular(conn: Connection, readers: MailingList) -> None:
    ada = add(conn, "ada@example.org", readers)
    store.add_consent(conn, [ada], None, Entry("agreed to the new wording", "the spring fair"), LATER)
    profile = store.find_profile(conn, "ada@example.org")
    assert profile is not None
    assert profile.consents[-1] == Consent("agreed to the new wording", LATER, "the spring fair", "")


# Leaving


def test_unsubscribing_twice_is_as_good_as_once(conn: Connection, readers: MailingList) -> None:
    ada = add(conn, "ada@example.org", readers)
    assert store.unsubscribe(conn, ada, readers.id, "the link in issue 3", NOON)
    assert not store.unsubscribe(conn, ada, readers.id, "the link in issue 3", LATER)
    profile = store.find_profile(conn, "ada@example.org")
    assert profile is not None
    assert profile.subscriptions == (Subscription(readers.id, "Readers", UNSUBSCRIBED, NOON),)
    assert profile.consents[1:] == (Consent("unsubscribed", NOON, "the link in issue 3", "Readers"),)


def test_unsubscribing_without_a_list_leaves_every_list(conn: Connection, readers: MailingList) -> None:
    other = store.add_list(conn, "Other", NOON)
    ada = add(conn, "ada@example.org", readers)
    add(conn, "ada@example.org", other, PENDING)
    ben = add(conn, "ben@example.org", readers)
    assert store.unsubscribe(conn, ada, None, "by the office", LATER)
    profile = store.find_profile(conn, "ada@example.org")
    assert profile is not None
    assert [each.status for each in profile.subscriptions] == [UNSUBSCRIBED, UNSUBSCRIBED]
    assert [each.list_name for each in profile.consents[-2:]] == ["Readers", "Other"]
    assert store.may_receive(conn, [ben], readers.id) == {ben: ""}


def test_unsubscribing_somebody_who_is_not_there_changes_nothing(conn: Connection, readers: MailingList) -> None:
    assert not store.unsubscribe(conn, 4711, readers.id, "an old link", NOON)
    assert conn.scalar(select(func.count()).select_from(consents)) == 0


def test_suppression_works_for_any_address_and_keeps_its_first_reason(conn: Connection, readers: MailingList) -> None:
    add(conn, "dan@example.org", readers)
    assert store.suppress(conn, "DAN@example.org", "asked by telephone", NOON)
    assert not store.suppress(conn, "dan@example.org", "again", LATER)
    assert store.suppress(conn, "stranger@example.org", "a court order", NOON)
    assert store.is_suppressed(conn, "Dan@example.org") and store.is_suppressed(conn, "stranger@example.org")
    assert not store.is_suppressed(conn, "ada@example.org")
    profile = store.find_profile(conn, "dan@example.org")
    assert profile is not None and profile.suppression == Suppression("asked by telephone", NOON)
    with pytest.raises(InvalidAddress):
        store.suppress(conn, "nonsense", "", NOON)


def test_suppression_outlives_its_subscriber_and_the_rest_goes(conn: Connection, readers: MailingList) -> None:
    dan = cast_of(conn, readers)["dan"]
    conn.execute(delete(subscribers).where(subscribers.c.id == dan))
    assert store.is_suppressed(conn, "dan@example.org")
    for table in (subscriptions, consents):
        assert conn.scalar(select(func.count()).select_from(table).where(table.c.subscriber_id == dan)) == 0


def test_number_of_a_subscriber_who_is_gone_is_given_to_nobody_else(conn: Connection, readers: MailingList) -> None:
    gone = add(conn, "ada@example.org", readers)
    conn.execute(delete(subscribers).where(subscribers.c.id == gone))
    assert add(conn, "ben@example.org", readers) > gone


# Reading


def test_pages_of_subscribers_follow_each_other_and_meet_the_filters(conn: Connection, readers: MailingList) -> None:
    ids = cast_of(conn, readers)
    other = store.add_list(conn, "Other", NOON)
    eve = add(conn, "eve@example.org", other)
    everyone = [*ids.values(), eve]
    first = store.list_subscribers(conn, limit=3)
    rest = store.list_subscribers(conn, after_id=first[-1].id, limit=3)
    assert [each.id for each in first + rest] == everyone

    def found(list_id: int | None, status: SubscriptionStatus | None, after_id: int = 0) -> list[int]:
        page = store.list_subscribers(conn, after_id=after_id, list_id=list_id, status=status)
        return [each.id for each in page]

    assert found(other.id, None) == [eve]
    assert found(readers.id, PENDING) == [ids["ben"]]
    assert found(readers.id, CONFIRMED) == [ids["ada"], ids["dan"]]
    assert found(readers.id, CONFIRMED, after_id=ids["ada"]) == [ids["dan"]]
    assert found(None, CONFIRMED) == [ids["ada"], ids["dan"], eve]
    assert found(None, UNSUBSCRIBED) == [ids["cleo"]]


def test_profiles_of_a_page_hold_each_readers_own_facts(conn: Connection, readers: MailingList) -> None:
    cast_of(conn, readers)
    profiles = {each.subscriber.email: each for each in store.list_profiles(conn, list_id=readers.id)}
    assert {email: each.subscriptions[0].status for email, each in profiles.items()} == {
        "ada@example.org": CONFIRMED,
        "ben@example.org": PENDING,
        "cleo@example.org": UNSUBSCRIBED,
        "dan@example.org": CONFIRMED,
    }
    assert {email for email, each in profiles.items() if each.suppression} == {"dan@example.org"}
    assert {email: len(each.consents) for email, each in profiles.items()}["cleo@example.org"] == 2


def test_subscribers_are_found_by_id_and_the_missing_are_missing(conn: Connection, readers: MailingList) -> None:
    ids = cast_of(conn, readers)
    found = store.find_subscribers(conn, [ids["ada"], 4711])
    assert {key: each.email for key, each in found.items()} == {ids["ada"]: "ada@example.org"}


# Sending


def test_audience_is_the_confirmed_who_are_not_suppressed(conn: Connection, readers: MailingList) -> None:
    ids = cast_of(conn, readers)
    add(conn, "eve@example.org", store.add_list(conn, "Other", NOON))
    assert store.audience(conn, readers.id, 0, 10) == [Recipient(ids["ada"], "ada@example.org")]
    assert store.audience_size(conn, readers.id) == 1


def test_pages_of_the_audience_hold_everybody_once(conn: Connection, readers: MailingList) -> None:
    expected = [add(conn, f"reader{number}@example.org", readers) for number in range(7)]
    met: list[int] = []
    after = 0
    while page := store.audience(conn, readers.id, after, 3):
        met.extend(each.subscriber_id for each in page)
        after = page[-1].subscriber_id
    assert met == expected


def test_bound_of_a_page_stands_on_both_tables_of_the_join() -> None:
    # PostgreSQL does not carry it from one to the other, and would read one of them from its start.
    statement = str(store.audience_query(1, after_id=5))
    assert "subscriptions.subscriber_id > " in statement
    assert "subscribers.id > " in statement


def test_moment_of_sending_asks_again_and_says_why_not(conn: Connection, readers: MailingList) -> None:
    ids = cast_of(conn, readers)
    eve = add(conn, "eve@example.org", store.add_list(conn, "Other", NOON))
    assert store.may_receive(conn, [*ids.values(), eve, 4711], readers.id) == {
        ids["ada"]: "",
        ids["ben"]: "has not confirmed the subscription",
        ids["cleo"]: "unsubscribed on 2026-03-29",
        ids["dan"]: "is suppressed: asked by telephone",
        eve: "is not on the list",
        4711: "is no longer among the subscribers",
    }


def test_reader_suppressed_after_planning_may_not_receive(conn: Connection, readers: MailingList) -> None:
    ada = add(conn, "ada@example.org", readers)
    assert store.audience(conn, readers.id, 0, 10) == [Recipient(ada, "ada@example.org")]
    store.suppress(conn, "ada@example.org", "", NOON)
    assert store.may_receive(conn, [ada], readers.id) == {ada: "is suppressed"}


def test_many_readers_at_once_are_all_answered_for(conn: Connection, readers: MailingList) -> None:
    assert len(store.may_receive(conn, range(1, 12_001), readers.id)) == 12_000


def test_only_confirmed_readers_beyond_the_example_domains_make_an_audience_real(
    conn: Connection, readers: MailingList
) -> None:
    cast_of(conn, readers)
    add(conn, "pending@practice.de", readers, PENDING)
    gone = add(conn, "gone@practice.de", readers)
    store.unsubscribe(conn, gone, readers.id, "by the office", NOON)
    add(conn, "silenced@practice.de", readers)
    store.suppress(conn, "silenced@practice.de", "asked", NOON)
    assert not store.has_real_addresses(conn, readers.id)
    add(conn, "someone@practice.de", readers)
    assert store.has_real_addresses(conn, readers.id)


# What the database itself sees to


def test_database_holds_one_subscriber_per_mailbox_and_one_subscription_per_list(engine: Engine) -> None:
    with engine.begin() as conn:
        readers = store.add_list(conn, "Readers", NOON)
        ada = add(conn, "ada@example.org", readers)
    person = {"email": "ADA@example.org", "email_key": "ada@example.org", "joined_at": NOON}
    subscription = {"subscriber_id": ada, "list_id": readers.id, "status": "pending", "since": NOON}
    orphan = {"subscriber_id": 4711, "list_id": readers.id, "status": "pending", "since": NOON}
    silenced = {"email_key": "ada@example.org", "reason": "", "since": NOON}
    for statement in (
        insert(subscribers).values(person),
        insert(subscriptions).values(subscription),
        insert(subscriptions).values(orphan),
        insert(suppressions).values([silenced, silenced]),
    ):
        with pytest.raises(IntegrityError), engine.begin() as conn:
            conn.execute(statement)


def test_instants_come_back_in_utc_and_naive_ones_are_refused(conn: Connection, readers: MailingList) -> None:
    ada = add(conn, "ada@example.org", readers)
    berlin = datetime.fromisoformat("2026-07-01T09:00:00+02:00")
    conn.execute(update(subscribers).where(subscribers.c.id == ada).values(joined_at=berlin))
    found = store.find_subscriber(conn, "ada@example.org")
    assert found is not None and found.joined_at is not None
    assert found.joined_at.isoformat() == "2026-07-01T07:00:00+00:00"
    with pytest.raises(Exception, match="no time zone"):
        store.add_list(conn, "Naive", datetime(2026, 7, 1, 9))  # noqa: DTZ001


def test_two_clicks_at_once_leave_one_piece_of_evidence(engine: Engine) -> None:
    with engine.begin() as conn:
        readers = store.add_list(conn, "Readers", NOON)
        ada = add(conn, "ada@example.org", readers)
    start = threading.Barrier(2)
    answers: list[bool] = []

    def click() -> None:
        with engine.connect() as connection:
            connection = connection.execution_options(writing=True)
            start.wait()
            with connection.begin():
                answers.append(store.unsubscribe(connection, ada, readers.id, "the link", LATER))

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert sorted(answers) == [False, True]
    with engine.connect() as conn:
        assert evidence(conn, ada).count("unsubscribed") == 1
