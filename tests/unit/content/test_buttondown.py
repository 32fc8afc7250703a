from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports.archive import read_archive
from newsletter.states import ArticleStatus
from packing import archive

CSV = "id,secondary_id,subject,publish_date,source,slug\nab-1,7,Slow soup,2023-01-02 16:55:00+00:00,app,slow-soup\n"
EMAIL = {"id": "ab-1", "subject": "Slow soup", "publish_date": "2023-01-02T16:55:00Z", "slug": "slow-soup"}


def by_name(source: Source) -> Iterator[Offered]:
    yield LeftOut(source.name, "read by itself")


def found(members: dict[str, str]) -> list[Offered]:
    return list(read_archive(archive(dict(members)), False, by_name))


def from_json(text: str = "Stir.", **fields: Any) -> list[Offered]:
    return found({"emails.json": json.dumps([{**EMAIL, **fields}]), "emails/slow-soup.md": text})


def only(offered: list[Offered]) -> Item:
    assert len(offered) == 1
    assert isinstance(offered[0], Item)
    return offered[0]


@pytest.mark.parametrize("table", [{"emails.csv": CSV}, {"emails.json": json.dumps([EMAIL])}])
@pytest.mark.parametrize("folder", ["", "export/"])
def test_email_is_read_from_its_row_and_its_file(table: dict[str, str], folder: str) -> None:
    members = {**table, "emails/slow-soup.md": "<!-- buttondown-editor-mode: plaintext -->Stir *slowly*."}
    item = only(found({folder + name: text for name, text in members.items()}))
    draft = item.draft()
    assert (item.name, item.key) == ("Slow soup", "buttondown:ab-1")
    assert (draft.title, draft.slug, draft.published) == ("Slow soup", "slow-soup", date(2023, 1, 2))
    assert draft.status is ArticleStatus.READY
    assert draft.body_html.strip() == "<p>Stir <em>slowly</em>.</p>"


def test_email_of_the_other_editor_is_html() -> None:
    text = "<!-- buttondown-editor-mode: fancy --><h2>Pot</h2>\n<p>Stir *as* it is.</p>"
    assert "<h2>Pot</h2>" in (html := only(from_json(text)).draft().body_html)
    assert "*as*" in html


def test_slots_of_buttondown_go_with_a_note() -> None:
    draft = only(from_json("Stir.\n\n{{ subscribe_form }}\n\nRest, {{ subscriber.metadata.name }}.")).draft()
    assert "{{" not in draft.body_html
    assert "2 of Buttondown's own slots left out, such as {{ subscribe_form }}" in draft.notes


def test_all_that_json_says_is_taken() -> None:
    draft = only(
        from_json(
            status="scheduled",
            description="A pot of patience.",
            image="https://example.org/pot.jpg",
            canonical_url="https://example.org/soup",
            email_type="premium",
            tags=["soup", "slow"],
        )
    ).draft()
    assert (draft.summary, draft.source_url) == ("A pot of patience.", "https://example.org/soup")
    assert draft.hero is not None
    assert draft.hero.src == "https://example.org/pot.jpg"
    assert draft.not_before == date(2023, 1, 2)
    assert draft.tags == ("soup", "slow")
    assert "on Buttondown only paying readers see it" in draft.notes


def test_status() -> None:
    assert only(from_json(status="draft")).draft().status is ArticleStatus.DRAFT
    assert only(from_json(status="sent")).draft().status is ArticleStatus.READY
    assert from_json(status="transactional") == [LeftOut("export.zip", "1 of the status transactional")]


def test_email_without_its_file_is_broken() -> None:
    assert found({"emails.csv": CSV, "emails/other.txt": ""}) == [
        LeftOut("Slow soup", "its text is not in the archive: export.zip/emails/slow-soup.md", is_broken=True)
    ]


def test_file_that_the_table_does_not_name_is_read_by_itself() -> None:
    members = {"emails.csv": CSV, "emails/slow-soup.md": "Stir.", "emails/more.md": "More.", "subscribers.csv": "ada"}
    assert found(members)[1:] == [LeftOut("export.zip/emails/more.md", "read by itself")]


def test_digest_follows_the_row_and_the_file() -> None:
    digests = {only(offered).digest for offered in (from_json(), from_json("Other."), from_json(description="Other"))}
    assert len(digests) == 3
    assert only(from_json()).digest in digests
