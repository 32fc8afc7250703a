"""Following a feed over HTTP: taken once, kept in step, gone, moved, failing, and never a library wiped."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from desk_house import DeskHouse
from newsletter.app import App
from newsletter.cli.following import follow as follow_command
from newsletter.content.sources.feed import Feed
from newsletter.desk import following
from newsletter.desk.feed_items import Taken, take_items
from newsletter.desk.following import Checked, Followed
from newsletter.desk.library import edit_article, find
from newsletter.desk.pictures import MAX_BYTES as MAX_PICTURE
from newsletter.errors import NewsletterError, NotFound, Refused
from newsletter.states import ArticleStatus, FeedItemState
from newsletter.store import feeds as store
from newsletter.store.articles import list_articles
from newsletter.store.feeds import FeedItem, FollowedFeed

HOUR = timedelta(hours=1)
IMPORTED, UPDATED, GONE, FAILED = (
    FeedItemState.IMPORTED,
    FeedItemState.UPDATED,
    FeedItemState.GONE,
    FeedItemState.FAILED,
)
SUBJECTS = {
    "a": "anchors that hold in autumn weather",
    "b": "bread and who bakes it on a Sunday",
    "c": "candles that burn down without hurry",
    "d": "doors left open for the cat",
    "e": "evenings by the harbour wall",
    "f": "ferries that are late and nobody minds",
}


@dataclass
class Site:
    """A site on loopback: what it answers for each path, and what it was asked."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/feed") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def say(self, body: str, path: str = "/feed", status: int = 200, **headers: str) -> None:
        """Its ETag is that of the words, unless it is an error."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, {"Content-Type": "application/rss+xml", **named}, body.encode())

    def hold(self, *keys: str, changed: str = "") -> None:
        """A feed with these items, newest first; the words of `changed` are others than at first."""
        inside = "".join(self._item(key, key in changed) for key in keys)
        title = "<title>Quiet Notes</title>"
        body = f'<rss version="2.0"><channel>{title}{inside}</channel></rss>'
        self.say(body, ETag=f'"{"".join(keys)}{changed}"')

    def _item(self, key: str, is_changed: bool) -> str:
        words = " ".join(f"{SUBJECTS[key]}, told for the {number}. time." for number in range(60))
        more = "And one word more." if is_changed else ""
        return (
            f"<item><title>On {SUBJECTS[key]}</title><link>{self.url(f'/{key}')}</link>"
            f'<guid isPermaLink="false">key-{key}</guid><description>{words} {more}</description></item>'
        )


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.site.answers.get(self.path, (404, {}, b"not here"))
        if status == 200 and "ETag" in headers and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": made}))
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[DeskHouse]:
    built = DeskHouse.built(tmp_path / "home", {"fetch.allow_hosts": ["127.0.0.1", "localhost"]})
    yield built
    built.close()


def follow(house: DeskHouse, site: Site, *keys: str, status: ArticleStatus = ArticleStatus.READY) -> Followed:
    site.hold(*keys)
    return following.follow(house.app, site.url(), status, 6 * HOUR)


def check(house: DeskHouse, site: Site) -> Checked:
    return following.check_feed(house.app, following.find(house.app, site.url()))


def states(house: DeskHouse, site: Site, path: str = "/feed") -> dict[str, FeedItemState]:
    with house.read() as connection:
        feed = store.find_feed(connection, site.url(path))
        assert feed is not None
        return {
            key.rpartition(":")[2].removeprefix("key-"): each.state
            for key, each in store.items_of(connection, feed.id).items()
        }


def statuses(house: DeskHouse) -> dict[str, ArticleStatus]:
    """Of each article, by the word its title begins with after `On`."""
    with house.read() as connection:
        return {article.title.split()[1][0]: article.status for article in list_articles(connection)}


def slug(house: DeskHouse, key: str) -> str:
    with house.read() as connection:
        return next(article.slug for article in list_articles(connection) if article.title.split()[1][0] == key)


# Following


def test_feed_that_is_followed_is_looked_at_once(house: DeskHouse, site: Site) -> None:
    followed = follow(house, site, "b", "a")
    assert followed.checked.summary == "Quiet Notes: imported 2, updated 0, unchanged 0, skipped 0, failed 0, gone 0"
    assert statuses(house) == {"a": ArticleStatus.READY, "b": ArticleStatus.READY}
    ((feed, items),) = following.list_followed(house.app)
    assert (feed.title, feed.every, feed.last_error, feed.etag) == ("Quiet Notes", 6 * HOUR, "", '"ba"')
    assert items == {IMPORTED: 2}
    assert feed.next_check_at == house.clock() + 6 * HOUR


def test_new_items_come_in_with_the_status_that_was_asked_for(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a", status=ArticleStatus.DRAFT)
    site.hold("b", "a")
    check(house, site)
    assert set(statuses(house).values()) == {ArticleStatus.DRAFT}


def test_page_that_names_one_feed_leads_to_it(house: DeskHouse, site: Site) -> None:
    site.hold("a")
    page = '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head></html>'
    site.say(page, "/", Content_Type="text/html")
    followed = following.follow(house.app, site.url("/"))
    assert (followed.page, followed.checked.feed.url) == (site.url("/"), site.url())


def test_page_that_names_several_feeds_is_refused_with_their_addresses(house: DeskHouse, site: Site) -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{name}">' for name in ("one", "two"))
    site.say(f"<!doctype html><html><head>{links}</head></html>", "/", Content_Type="text/html")
    with pytest.raises(Refused, match=rf"follow one of them: {site.url('/one')}, {site.url('/two')}"):
        following.follow(house.app, site.url("/"))
    assert following.list_followed(house.app) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<!doctype html><html><title>Calm</title></html>", "it is a web page, no feed, and it names none"),
        ("<urlset/>", "it is a sitemap"),
    ],
)
def test_what_is_no_feed_is_not_followed(house: DeskHouse, site: Site, body: str, words: str) -> None:
    site.say(body)
    with pytest.raises(NewsletterError, match=words):
        following.follow(house.app, site.url())
    assert following.list_followed(house.app) == []


@pytest.mark.parametrize("url", ["", "calm.example.org/feed", "file:///etc/passwd", "ftp://calm.example.org/"])
def test_address_that_is_none_of_the_web_is_refused(house: DeskHouse, url: str) -> None:
    with pytest.raises(Refused, match="by its web address"):
        following.follow(house.app, url)


def test_feed_that_cannot_be_had_is_not_followed(house: DeskHouse, site: Site) -> None:
    with pytest.raises(NewsletterError, match="404"):
        following.follow(house.app, site.url())
    assert following.list_followed(house.app) == []


def test_feed_is_followed_once(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    with pytest.raises(Refused, match="followed already"):
        following.follow(house.app, site.url())


def test_feed_that_is_no_longer_followed_leaves_its_articles(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    following.unfollow(house.app, site.url())
    assert following.list_followed(house.app) == []
    assert set(statuses(house)) == {"a"}
    with pytest.raises(NotFound, match="followed feed"):
        following.unfollow(house.app, site.url())


# In step


def test_unchanged_feed_is_not_sent_again(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    checked = check(house, site)
    assert site.asked[-1][1]["If-None-Match"] == '"a"'
    assert (checked.outcome, checked.taken) == ("unchanged", None)
    assert states(house, site) == {"a": IMPORTED}


def test_new_and_changed_items_are_taken(house: DeskHouse, site: Site) -> None:
    follow(house, site, "b", "a")
    site.hold("c", "b", "a", changed="a")
    checked = check(house, site)
    assert checked.summary == "Quiet Notes: imported 1, updated 1, unchanged 1, skipped 0, failed 0, gone 0"
    assert states(house, site) == {"a": UPDATED, "b": IMPORTED, "c": IMPORTED}
    assert "one word more" in find(house.app, slug(house, "a")).body_html


def test_item_taken_out_before_older_ones_makes_its_article_a_draft(house: DeskHouse, site: Site) -> None:
    follow(house, site, "d", "c", "b", "a")
    site.hold("d", "b", "a")
    checked = check(house, site)
    assert checked.taken is not None
    assert [item.name for item in checked.taken.gone] == [f"On {SUBJECTS['c']}"]
    assert states(house, site)["c"] is GONE
    assert statuses(house)["c"] is ArticleStatus.DRAFT
    assert {key: status for key, status in statuses(house).items() if key != "c"} == dict.fromkeys(
        "abd", ArticleStatus.READY
    )
    site.hold("e", "d", "b", "a")
    assert "gone 0" in check(house, site).summary, "it is gone once"


def test_item_that_fell_off_the_end_is_only_old(house: DeskHouse, site: Site) -> None:
    follow(house, site, "c", "b", "a")
    site.hold("e", "d", "c")
    check(house, site)
    assert set(states(house, site).values()) == {IMPORTED}
    assert set(statuses(house).values()) == {ArticleStatus.READY}


def test_article_that_a_person_corrected_stays_as_it_is_when_its_item_goes(house: DeskHouse, site: Site) -> None:
    follow(house, site, "c", "b", "a")
    edit_article(house.app, slug(house, "b"), {"subtitle": "With salt"})
    site.hold("c", "a")
    check(house, site)
    assert states(house, site)["b"] is GONE
    assert statuses(house)["b"] is ArticleStatus.READY


def test_article_that_another_feed_still_holds_stays_as_it_is(house: DeskHouse, site: Site) -> None:
    follow(house, site, "c", "b", "a")
    site.answers["/other"] = site.answers["/feed"]
    following.follow(house.app, site.url("/other"))
    site.hold("c", "a")
    check(house, site)
    assert (states(house, site)["b"], states(house, site, "/other")["b"]) == (GONE, IMPORTED)
    assert statuses(house)["b"] is ArticleStatus.READY


def test_item_that_comes_back_is_in_the_feed_again(house: DeskHouse, site: Site) -> None:
    follow(house, site, "c", "b", "a")
    for keys in ("ca", "cba"):
        site.hold(*keys)
        check(house, site)
    assert states(house, site)["b"] is IMPORTED
    assert statuses(house)["b"] is ArticleStatus.DRAFT, "only a person's word makes it ready"


def test_one_wrong_answer_does_not_wipe_the_library(house: DeskHouse, site: Site) -> None:
    follow(house, site, "f", "e", "d", "c", "b", "a")
    site.hold("a")
    checked = check(house, site)
    assert "5 of 6 items are missing from it at once" in checked.words
    assert checked.is_worth_telling
    assert set(statuses(house).values()) == {ArticleStatus.READY}
    assert "5 of 6" in check(house, site).words, "unchanged, and as strange as before"
    site.hold("f", "e", "d", "b", "a")
    after = check(house, site)
    assert (after.words, states(house, site)["c"]) == ("", GONE)
    assert following.find(house.app, site.url()).last_error == ""


def test_answer_that_ends_in_the_middle_keeps_what_was_whole_and_takes_nothing_for_gone(
    house: DeskHouse, site: Site
) -> None:
    follow(house, site, "c", "b", "a")
    site.hold("d", "c", "b", "a")
    whole = site.answers["/feed"][2].decode()
    site.say(whole[: whole.index("On candles")], ETag='"half"')
    checked = check(house, site)
    assert (checked.outcome, following.find(house.app, site.url()).failures) == ("failed", 1)
    assert "the feed ends in the middle" in checked.words
    assert states(house, site) == dict.fromkeys("abcd", IMPORTED)
    site.hold("d", "c", "a")
    assert "gone 1" in check(house, site).summary
    assert states(house, site)["b"] is GONE


def test_feed_that_lists_its_oldest_item_first_loses_it_without_a_word(house: DeskHouse, site: Site) -> None:
    def hold(days: range) -> None:
        items = "".join(
            f'<item><title>On {letter}</title><guid isPermaLink="false">{letter}</guid>'
            f"<pubDate>{day:02} Mar 2026 10:00:00 GMT</pubDate><description>{SUBJECTS[letter]}</description></item>"
            for day in days
            for letter in ["abcdef"[day - 1]]
        )
        site.say(f'<rss version="2.0"><channel>{items}</channel></rss>')

    hold(range(1, 5))
    following.follow(house.app, site.url())
    hold(range(2, 6))
    checked = check(house, site)
    assert checked.taken is not None
    assert checked.taken.gone == []


# Failing


def test_failures_are_kept_and_wait_longer_each_time(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.say("tired", status=503)
    waits = []
    for _ in range(3):
        assert check(house, site).outcome == "failed"
        feed = following.find(house.app, site.url())
        waits.append(feed.next_check_at - house.clock())
    assert (waits, feed.failures) == ([12 * HOUR, 24 * HOUR, 24 * HOUR], 3)
    assert "503" in feed.last_error
    site.hold("b", "a")
    check(house, site)
    feed = following.find(house.app, site.url())
    assert (feed.failures, feed.last_error, feed.next_check_at - house.clock()) == (0, "", 6 * HOUR)


def test_feed_that_is_gone_for_good_says_how_to_stop(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.say("gone", status=410)
    assert "articles follow http" in check(house, site).words
    site.say("where?", status=404)
    words = [check(house, site).words for _ in range(5)]
    assert [("--stop" in each) for each in words] == [False, False, False, True, True]


def test_feed_that_moved_for_good_is_followed_where_it_is_now(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.answers["/new"] = site.answers["/feed"]
    site.say("", status=301, Location="/new")
    following.check_feed(house.app, following.find(house.app, site.url()))
    assert [feed.url for feed, _ in following.list_followed(house.app)] == [site.url("/new")]


def test_feed_that_moved_for_a_while_keeps_its_address(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.answers["/new"] = site.answers["/feed"]
    site.say("", status=302, Location="/new")
    assert check(house, site).outcome != "failed"
    assert [feed.url for feed, _ in following.list_followed(house.app)] == [site.url()]


def test_item_that_failed_is_tried_again_though_the_feed_did_not_change(house: DeskHouse, site: Site) -> None:
    bad = '<rss version="2.0"><channel><item><guid isPermaLink="false">x</guid></item></channel></rss>'
    site.say(bad, ETag='"bad"')
    following.follow(house.app, site.url())
    assert states(house, site) == {"x": FAILED}
    assert check(house, site).outcome == "read"
    assert "If-None-Match" not in site.asked[-1][1]


def test_item_that_is_not_whole_is_tried_again_though_the_feed_did_not_change(house: DeskHouse, site: Site) -> None:
    site.say("tired", "/long", status=503)
    item = (
        f"<item><title>Long</title><link>{site.url('/long')}</link><description>How it begins […]</description></item>"
    )
    site.say(f'<rss version="2.0"><channel>{item}</channel></rss>', ETag='"same"')
    following.follow(house.app, site.url())
    words = "".join(f"<p>The {number}. thing to be told of the harbour and its boats.</p>" for number in range(30))
    page = f"<html><head><title>Long</title></head><body><article><h1>Long</h1>{words}</article></body></html>"
    site.say(page, "/long", Content_Type="text/html")
    assert "updated 1" in check(house, site).summary
    assert "The 29. thing" in find(house.app, "long").body_html
    assert check(house, site).outcome == "unchanged"


@pytest.mark.parametrize("key", ["k" * 9_000, "a\0b", "a\ud800b"])
def test_item_is_known_again_whatever_its_key(
    tmp_path: Path, database_url: str, site: Site, key: str, request: pytest.FixtureRequest
) -> None:
    settings = {"fetch.allow_hosts": ["127.0.0.1"], "database.url": database_url}
    house = DeskHouse.built(tmp_path / "home", settings)
    request.addfinalizer(house.close)
    item = {"id": key, "title": "Odd", "content_html": f"<p>{SUBJECTS['a']}</p>"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"Odd {key[:9]}", "items": [item]}
    site.say(json.dumps(feed), Content_Type="application/feed+json")
    assert "imported 1" in following.follow(house.app, site.url()).checked.summary
    assert "unchanged 1" in check(house, site).summary
    assert list(states(house, site).values()) == [IMPORTED]


def test_two_checks_of_one_feed_at_once_wait_for_each_other(
    tmp_path: Path, fresh_postgresql_url: str, site: Site, request: pytest.FixtureRequest
) -> None:
    settings = {"fetch.allow_hosts": ["127.0.0.1"], "database.url": fresh_postgresql_url}
    house = DeskHouse.built(tmp_path / "home", settings)
    request.addfinalizer(house.close)
    follow(house, site, "a")
    site.hold("b", "a")
    feed = following.find(house.app, site.url())
    told: list[Checked] = []
    checking = threading.Thread(target=lambda: told.append(check(house, site)))
    with house.write() as connection:
        assert store.lock_feed(connection, feed.id)
        held = store.items_of(connection, feed.id)
        seen = FeedItem(next(iter(held)).replace("key-a", "key-b"), "from elsewhere", IMPORTED, 0, house.clock())
        store.keep_items(connection, feed.id, [seen])
        checking.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while checking.is_alive() and not connection.execute(waiting).scalar():
            checking.join(0.01)
    checking.join(30)
    assert [each.outcome for each in told] == ["read"]
    assert states(house, site) == {"a": IMPORTED, "b": IMPORTED}


def test_feed_that_is_followed_no_longer_takes_what_was_being_read(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.hold("b", "a")
    feed = following.find(house.app, site.url())
    following.unfollow(house.app, site.url())
    assert "imported 1" in following.check_feed(house.app, feed).summary
    assert sorted(statuses(house)) == ["a", "b"]
    assert following.list_followed(house.app) == []


# When it is due


def test_only_feeds_that_are_due_are_looked_at(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.hold("b", "a")
    assert following.check_due(house.app) == []
    house.clock.pass_by(hours=6)
    (words,) = following.check_due(house.app)
    assert words == "feed Quiet Notes: imported 1, updated 0, unchanged 1, skipped 0, failed 0, gone 0"
    assert following.check_due(house.app) == []


def test_feed_without_news_is_not_worth_a_line(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    house.clock.pass_by(hours=6)
    assert following.check_due(house.app) == []
    assert following.find(house.app, site.url()).checked_at == house.clock()


def test_one_feed_that_fails_does_not_keep_the_others_waiting(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    site.answers["/other"] = site.answers["/feed"]
    following.follow(house.app, site.url("/other"))
    site.say("tired", status=500)
    site.hold("b", "a")
    site.answers["/other"] = site.answers["/feed"]
    site.say("tired", status=500)
    house.clock.pass_by(hours=6)
    failed, read = following.check_due(house.app)
    assert "500" in failed
    assert "imported 1" in read


def test_feed_that_shows_a_fault_of_this_program_does_not_keep_the_others_waiting(
    house: DeskHouse, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(house, site, "a")
    site.answers["/other"] = site.answers["/feed"]
    following.follow(house.app, site.url("/other"))
    site.hold("b", "a")
    site.answers["/other"] = site.answers["/feed"]
    site.say('<rss version="2.0"><channel><title>At fault</title></channel></rss>')

    def stumble(app: App, feed: FollowedFeed, reading: Feed) -> Taken:
        if feed.url.endswith("/feed"):
            raise ZeroDivisionError("half of \0 nothing")
        return take_items(app, feed, reading)

    monkeypatch.setattr(following, "take_items", stumble)
    house.clock.pass_by(hours=6)
    failed, read = following.check_due(house.app)
    assert "at a loss with it (ZeroDivisionError: half of ? nothing)" in failed
    assert "imported 1" in read
    assert following.find(house.app, site.url()).failures == 1


def test_nothing_is_begun_once_it_is_to_stop(house: DeskHouse, site: Site) -> None:
    follow(house, site, "a")
    house.clock.pass_by(hours=6)
    stop = threading.Event()
    stop.set()
    before = len(site.asked)
    assert following.check_due(house.app, stop) == []
    assert len(site.asked) == before


# At the keyboard


def command(house: DeskHouse, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `articles follow`; an error's sentence stands in the last."""
    app = typer.Typer()
    app.command()(follow_command)
    house.app.home.config_file.write_text('[fetch]\nallow_hosts = ["127.0.0.1"]\n', encoding="utf-8")
    ran = CliRunner().invoke(app, list(words), obj=house.app.home)
    error = f"{ran.exception}" if isinstance(ran.exception, NewsletterError) else ""
    return ran.exit_code, ran.stdout, ran.stderr + error


def test_feed_is_followed_shown_and_left_by_command(house: DeskHouse, site: Site) -> None:
    site.hold("b", "a")
    code, out, _ = command(house, site.url(), "--every", "1d", "--status", "draft")
    assert code == 0
    assert f"{site.url()} is followed: looked at every 1d" in out
    assert "Quiet Notes: imported 2, " in out
    _, out, _ = command(house)
    assert out.splitlines()[1].split("\t")[:4] == [site.url(), "Quiet Notes", "draft", "1d"]
    assert out.splitlines()[1].split("\t")[5] == "imported 2"
    code, out, _ = command(house, site.url(), "--stop")
    assert (code, "no longer followed" in out) == (0, True)
    assert "no feed is followed" in command(house)[2]


def test_check_by_command_prints_one_document(house: DeskHouse, site: Site) -> None:
    site.hold("a")
    (code, out, _) = command(house, site.url(), "--json")
    assert (code, json.loads(out)["check"]["imported"]) == (0, 1)
    site.hold("b", "a")
    (shown,) = json.loads(command(house, "--check", "--json")[1])
    assert (shown["url"], shown["every"], shown["status"]) == (site.url(), "6h", "ready")
    assert shown["items"] == {"new": 0, "imported": 2, "updated": 0, "skipped": 0, "gone": 0, "failed": 0}
    assert [(item["item"], item["outcome"]) for item in shown["check"]["items"]] == [
        (f"On {SUBJECTS['b']}", "imported"),
        (f"On {SUBJECTS['a']}", "unchanged"),
    ]
    (listed,) = json.loads(command(house, "--json")[1])
    assert (listed["check"], listed["title"]) == (None, "Quiet Notes")


def test_check_tells_what_could_not_be_had_of_each_item_as_an_import_does(house: DeskHouse, site: Site) -> None:
    words = " ".join(f"{SUBJECTS['a']}, told for the {number}. time." for number in range(60))
    item = f"<title>On a</title><description>&lt;img src='/none.png' alt='x'&gt; {words}</description>"
    site.say(f'<rss version="2.0"><channel><title>Quiet Notes</title><item>{item}</item></channel></rss>')
    _, out, _ = command(house, site.url())
    note = f"the picture {site.url('/none.png')} cannot be had: there is nothing at this address (404)"
    assert f"    {note}" in out.splitlines()
    following.unfollow(house.app, site.url())
    (told,) = json.loads(command(house, site.url(), "--json")[1])["check"]["items"]
    assert (told["item"], told["outcome"], sorted(told)[1]) == ("On a", "unchanged", "notes")


def test_check_of_a_feed_that_breaks_off_says_how_much_was_taken(house: DeskHouse, site: Site) -> None:
    site.hold("a")
    command(house, site.url())
    site.hold("b", "a")
    whole = site.answers["/feed"][2].decode()
    site.say(whole[: whole.rindex("</item>")])
    code, out, err = command(house, "--check")
    assert (code, len(err.splitlines())) == (1, 1)
    assert f"the feed ends in the middle, in item 2 (On {SUBJECTS['a']})" in err
    assert out.splitlines()[-1] == "Quiet Notes: imported 1, updated 0, unchanged 0, skipped 0, failed 0, gone 0"


def test_picture_that_is_too_large_does_not_make_the_server_send_the_feed_again(house: DeskHouse, site: Site) -> None:
    site.say("x" * (MAX_PICTURE + 1), "/huge.png", Content_Type="image/png")
    words = " ".join(f"{SUBJECTS['a']}, told for the {number}. time." for number in range(60))
    item = f"<title>On a</title><description>&lt;img src='/huge.png' alt='x'&gt; {words}</description>"
    site.say(f'<rss version="2.0"><channel><item>{item}</item></channel></rss>', ETag='"same"')
    following.follow(house.app, site.url())
    assert check(house, site).outcome == "unchanged"
    assert [path for path, _ in site.asked].count("/huge.png") == 1


def test_check_that_fails_says_so_and_exits_with_1(house: DeskHouse, site: Site) -> None:
    site.hold("a")
    command(house, site.url())
    site.say("tired", status=503)
    code, _, err = command(house, "--check")
    assert code == 1
    assert "503" in err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["calm.example.org"], 1, "by its web address"),
        (["https://calm.example.org/", "--every", "often"], 1, "'often' is no interval"),
        (["https://calm.example.org/", "--stop"], 1, "there is no followed feed"),
        (["--stop"], 2, "--stop needs the URL"),
    ],
)
def test_command_that_cannot_be_done_says_why(house: DeskHouse, words: list[str], code: int, said: str) -> None:
    ended, _, err = command(house, *words)
    assert ended == code
    assert said in err
