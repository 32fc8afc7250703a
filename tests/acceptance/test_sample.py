"""A real article as somebody pasted it from their site, with no hand-editing, from the file to the mailbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import new_home
from scripted_relay import ScriptedRelay

SAMPLE = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "trust-builds-strong-relationships.txt"
SLUG = "trust-builds-strong-relationships"

pytestmark = pytest.mark.skipif(not SAMPLE.exists(), reason="the sample article is not on this machine")


def test_sample_is_understood_as_it_is(tmp_path: Path) -> None:
    newsletter = new_home(tmp_path)
    report = newsletter("articles", "import", str(SAMPLE), "--json").json
    assert (report["imported"], report["failed"]) == (1, 0)
    article = newsletter("articles", "show", SLUG, "--json").json
    assert article["title"] == "Trust Builds Strong Relationships"
    assert article["published"] == "2023-06-23"
    assert article["categories"] == ["Relationships", "Tools", "Values"]
    assert article["body_html"].count("<h2>") == 2 and article["body_html"].count("<p>") == 5
    author = article["authors"][0]
    assert (author["name"], author["credentials"], author["practice"]) == (
        "Sonia De La Torre",
        "LSW",
        "Barnum Counseling",
    )
    assert (article["hero"]["credit"], article["hero"]["credit_source"]) == ("Brett Jordan", "Unsplash")
    assert article["call_to_action"]["text"] == "Are you ready to get your life back on track? Contact us today!"
    assert article["call_to_action"]["label"] == "Get Started"
    assert {"bio", "call_to_action.url"} == set(article["missing"])
    assert all(guess["line"] for guess in article["guesses"])
    assert newsletter("articles", "import", str(SAMPLE), "--json").json["unchanged"] == 1


def test_sample_goes_out_once_its_author_has_a_bio_and_its_button_leads_somewhere(tmp_path: Path) -> None:
    with ScriptedRelay() as relay:
        newsletter = new_home(tmp_path, NEWSLETTER_SMTP__PORT=str(relay.port))
        newsletter("articles", "import", str(SAMPLE))
        newsletter("lists", "add", "Readers")
        newsletter(
            "subscribers", "add", "ada@example.org", "--list", "Readers", "--name", "Ada", "--status", "confirmed"
        )
        newsletter("schedules", "add", "weekly", "--list", "Readers", "--when", "every tuesday 09:00")
        refused = newsletter("issues", "plan", "weekly", expect=1).err
        assert "incomplete" in refused
        assert "no bio" in newsletter("preview", SLUG, expect=1).err
        newsletter("authors", "set", "Sonia De La Torre", "--bio", "She works with couples.")
        newsletter("calls-to-action", "set", "default", "--url", "https://example.org/contact")
        issue = newsletter("issues", "plan", "weekly", "--json").json
        assert newsletter("issues", "plan", "weekly", "--json").json["id"] == issue["id"]
        sent = newsletter("issues", "send", str(issue["id"]), "--yes", "--json").json
    assert (sent["state"], sent["sent"], sent["articles"]) == ("sent", 1, [SLUG])
    assert [message.recipient for message in relay.messages] == ["ada@example.org"]
