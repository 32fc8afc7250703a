"""The sample library: can it be read, is it ours, and is there something to send on every day of the year?"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsletter.model import CallToAction, Season

DEMO = files("newsletter.demo")
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
SLUGS = sorted(entry.name.removesuffix(".md") for entry in (DEMO / "articles").iterdir() if entry.name.endswith(".md"))


def parts_of(slug: str) -> tuple[dict[str, Any], str]:
    """An article's front matter and its body."""
    text = (DEMO / "articles" / f"{slug}.md").read_text(encoding="utf-8")
    opening, front, body = text.split("---\n", 2)
    assert opening == ""
    return yaml.safe_load(front), body


ARTICLES = {slug: parts_of(slug) for slug in SLUGS}
AUTHORS = {
    author["name"]: author for author in tomllib.loads((DEMO / "authors.toml").read_text(encoding="utf-8"))["author"]
}
CALLS = tomllib.loads((DEMO / "calls-to-action.toml").read_text(encoding="utf-8"))


def can_be_sent(front: dict[str, Any], day: date) -> bool:
    seasons = [Season.parse(text) for text in front.get("seasons", [])]
    return (
        bool(AUTHORS[front["author"]].get("bio"))
        and day <= front.get("expires", day)
        and (not seasons or any(day in season for season in seasons))
    )


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())


def runs_of(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def test_there_are_at_least_twelve_articles_by_five_therapists() -> None:
    assert len(ARTICLES) >= 12
    assert {front["author"] for front, _ in ARTICLES.values()} == set(AUTHORS)
    assert len(AUTHORS) == 5


@pytest.mark.parametrize("slug", SLUGS)
def test_front_matter_says_all_that_an_issue_needs(slug: str) -> None:
    front, _ = ARTICLES[slug]
    assert front["slug"] == slug
    assert front["title"] and front["summary"]
    assert isinstance(front["date"], date) and date(2023, 1, 1) <= front["date"] <= date(2026, 12, 31)
    assert front["language"] == "en" and front["draft"] is False
    assert front["categories"] and all(isinstance(name, str) for name in front["categories"])
    assert front["tags"] and all(isinstance(name, str) for name in front["tags"])


@pytest.mark.parametrize("slug", SLUGS)
def test_picture_is_named_described_and_credited(slug: str) -> None:
    image = ARTICLES[slug][0]["image"]
    assert image["src"] == f"media/{slug}.jpg"
    assert len(image["alt"].split()) >= 8
    assert image["credit"] == "Millrace Lane Notes"


def test_no_two_pictures_are_described_alike() -> None:
    alts = Counter(front["image"]["alt"] for front, _ in ARTICLES.values())
    assert alts.most_common(1)[0][1] == 1


@pytest.mark.parametrize("slug", SLUGS)
def test_body_has_the_length_and_the_headings_of_an_article(slug: str) -> None:
    _, body = ARTICLES[slug]
    assert 450 <= len(words_of(body)) <= 900
    headings = re.findall(r"^(#+) ", body, flags=re.MULTILINE)
    assert set(headings) == {"##"} and 2 <= len(headings) <= 5


@pytest.mark.parametrize("slug", SLUGS)
def test_links_lead_to_example_pages_only(slug: str) -> None:
    front, body = ARTICLES[slug]
    own = front.get("call_to_action", {}).get("url", "https://example.org/")
    links = [*re.findall(r"\]\(([^)]+)\)", body), own]
    assert all(link.startswith("https://example.org/") for link in links)
    assert "http" not in re.sub(r"\]\([^)]+\)", "", body)


def test_library_shows_every_kind_of_block() -> None:
    bodies = [body for _, body in ARTICLES.values()]
    for mark in (r"^- ", r"^1\. ", r"^> ", r"^\|---", r"\]\(https://"):
        assert any(re.search(mark, body, flags=re.MULTILINE) for body in bodies), mark


def test_exactly_one_article_has_expired() -> None:
    expired = [slug for slug, (front, _) in ARTICLES.items() if "expires" in front]
    assert expired == ["a-saturday-workshop-on-sleep"]
    assert ARTICLES[expired[0]][0]["expires"] < date(2026, 1, 1)


def test_exactly_one_article_waits_for_its_authors_bio() -> None:
    without_bio = {name for name, author in AUTHORS.items() if not author.get("bio")}
    waiting = [slug for slug, (front, _) in ARTICLES.items() if front["author"] in without_bio]
    assert len(without_bio) == 1 and len(waiting) == 1


def test_exactly_one_article_is_evergreen_and_one_asks_for_something_of_its_own() -> None:
    assert sum(front.get("evergreen") is True for front, _ in ARTICLES.values()) == 1
    own = [front["call_to_action"] for front, _ in ARTICLES.values() if "call_to_action" in front]
    assert [CallToAction(**fields).missing for fields in own] == [()]


def test_seasons_cover_winter_spring_and_the_end_of_summer() -> None:
    seasons = [Season.parse(text) for front, _ in ARTICLES.values() for text in front.get("seasons", [])]
    assert len(seasons) >= 3
    for day in (date(2026, 12, 24), date(2027, 1, 1), date(2027, 4, 15), date(2027, 8, 25)):
        assert any(day in season for season in seasons), day


@pytest.mark.parametrize("year", [2026, 2028, 2041])
def test_on_every_day_of_the_year_at_least_nine_articles_can_be_sent(year: int) -> None:
    first = date(year, 1, 1)
    for day in (first + timedelta(days=count) for count in range(366)):
        assert sum(can_be_sent(front, day) for front, _ in ARTICLES.values()) >= 9, day


def test_titles_carry_an_apostrophe_an_em_dash_and_an_umlaut() -> None:
    titles = [front["title"] for front, _ in ARTICLES.values()]
    assert any("'" in title and "—" in title for title in titles)
    assert any("ü" in title for title in titles)


@pytest.mark.parametrize("name", sorted(AUTHORS))
def test_author_is_complete_but_for_the_bio_that_the_newest_lacks(name: str) -> None:
    author = AUTHORS[name]
    for field in ("credentials", "role", "practice", "photo", "url", "email"):
        assert author[field], field
    assert author["practice"] == "Millrace Lane Counseling"
    assert re.fullmatch(r"media/authors/[a-z-]+\.jpg", author["photo"])
    assert author["url"].startswith("https://example.org/")
    assert author["email"].endswith("@example.org")
    assert ("bio" in author) == (name != "Jonas Weiß")


def test_bios_are_two_to_four_plain_sentences() -> None:
    bios = [author["bio"] for author in AUTHORS.values() if "bio" in author]
    assert len(bios) >= 4
    for bio in bios:
        assert 2 <= len(re.findall(r"[.!?](?: |$)", bio)) <= 4
        assert "\n" not in bio and "<" not in bio and bio == bio.strip()


def test_every_call_to_action_is_whole_and_is_used() -> None:
    assert all(CallToAction(**fields).missing == () for fields in CALLS.values())
    named = {author["call_to_action"] for author in AUTHORS.values() if "call_to_action" in author}
    assert set(CALLS) == {"default"} | named and named


def test_nothing_is_taken_from_the_sample_article() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the sample articles are not beside the repository")
    theirs = set[tuple[str, ...]]()
    for path in SAMPLES.iterdir():
        theirs |= runs_of(path.read_text(encoding="utf-8", errors="replace"))
    assert theirs
    ours = [*(f"{front} {body}" for front, body in ARTICLES.values()), str(AUTHORS), str(CALLS)]
    assert not [run for text in ours for run in runs_of(text) & theirs]
