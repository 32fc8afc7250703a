from __future__ import annotations

from datetime import date

import pytest

from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.exports.archive import read_archive
from newsletter.content.sources.exports.medium import is_it
from newsletter.model import Author, Hero
from newsletter.states import ArticleStatus
from packing import archive

NAME = "posts/2022-09-08_Why-we-sigh-0a1b2c3d4e5f.html"
PROFILE = (
    '<html><body><section class="h-card"><h3 class="p-name">Nora Vale</h3><img class="u-photo" src="https://example.com/n.jpg">'
    '<ul><li><b>Profile:</b> <a class="u-url" href="https://medium.com/@nora">@nora</a></li>'
    "<li><b>Email address:</b> nora@example.org</li></ul></section></body></html>"
)
TITLE = '<h3 name="1" class="graf graf--h3 graf--leading graf--title">Why we sigh</h3>'
PICTURE = (
    '<figure class="graf graf--figure"><img class="graf-image" data-is-featured="true" src="https://example.com/sigh.jpg">'
    '<figcaption class="imageCaption">Photo by Mira Holt on Unsplash</figcaption></figure>'
)
WORDS = '<p class="graf graf--p">A sigh is the body letting go of something it had held for hours.</p>'


def story(body: str, title: str = "Why we sigh", author: str = "Nora Vale") -> str:
    return f"""<!DOCTYPE html><html><head><title>{title}</title><style>p {{ color: red }}</style></head><body>
    <article class="h-entry"><header><h1 class="p-name">{title}</h1></header>
    <section data-field="subtitle" class="p-summary">On small breaths</section>
    <section data-field="body" class="e-content"><section name="a" class="section section--body section--first">
    <div class="section-divider"><hr class="section-divider"></div><div class="section-content">
    <div class="section-inner sectionLayout--insetColumn">{body}</div></div></section></section>
    <footer><p class="p-tags">Tagged in <a href="https://medium.com/tag/rest" class="p-tag">Rest</a>,
    <a href="https://medium.com/tag/breath" class="p-tag">Breath</a></p>
    <p>By <a href="https://medium.com/@nora" class="p-author h-card">{author}</a> on
    <a href="https://medium.com/p/0a1b2c3d4e5f"><time class="dt-published" datetime="2022-09-08T10:11:12.131Z">September
    8, 2022</time></a>.</p><p><a href="https://medium.com/@nora/why-we-sigh-0a1b2c3d4e5f" class="p-canonical">Canonical
    link</a></p><p>Exported from <a href="https://medium.com">Medium</a> on May 1, 2024.</p></footer></article>"""


def refuse(source: Source) -> list[Offered]:
    raise AssertionError(f"{source.name} is no article")


def found(members: dict[str, str]) -> list[Offered]:
    return list(read_archive(archive(dict(members)), False, lambda source: iter(refuse(source))))


def only(offered: list[Offered]) -> Item:
    items = [each for each in offered if isinstance(each, Item)]
    assert len(items) == 1
    return items[0]


def test_story_is_read_from_its_entry() -> None:
    item = only(found({NAME: story(TITLE + PICTURE + WORDS), "profile/profile.html": PROFILE}))
    draft = item.draft()
    assert item.key == "https://medium.com/p/0a1b2c3d4e5f"
    assert (draft.title, draft.subtitle, draft.slug) == ("Why we sigh", "On small breaths", "why-we-sigh")
    assert draft.published == date(2022, 9, 8)
    assert draft.source_url == "https://medium.com/@nora/why-we-sigh-0a1b2c3d4e5f"
    assert draft.status is ArticleStatus.READY
    assert draft.tags == ("Rest", "Breath")
    assert draft.authors == (Author("Nora Vale", photo="https://example.com/n.jpg", url="https://medium.com/@nora"),)
    assert draft.hero == Hero("https://example.com/sigh.jpg", "", "Mira Holt", "Unsplash")
    assert draft.body_html.strip() == "<p>A sigh is the body letting go of something it had held for hours.</p>"


def test_guest_is_not_taken_for_the_owner() -> None:
    item = only(found({NAME: story(TITLE + WORDS, author="Ben Arlo"), "profile/profile.html": PROFILE}))
    assert item.draft().authors == (Author("Ben Arlo", url="https://medium.com/@nora"),)


def test_what_is_of_the_account_is_counted_and_never_read() -> None:
    members = {
        NAME: story(TITLE + WORDS),
        "README.html": "x",
        "ips/ips-0001.html": "192.0.2.1",
        "claps/claps-0001.html": "x",
    }
    assert found(members)[1:] == [LeftOut("export.zip", "3 members about the account; they are not read")]


def test_draft_is_told_by_its_name() -> None:
    members = {"posts/draft_Half-done-aabbccddeeff.html": story(WORDS, "Half done"), "README.html": ""}
    draft = only(found(members)).draft()
    assert (draft.status, draft.title, draft.slug) == (ArticleStatus.DRAFT, "Half done", "half-done")


def test_empty_draft_is_left_out() -> None:
    name = "posts/draft_-aabbccddeeff.html"
    assert found({name: story('<h3 class="graf graf--title">Why we sigh</h3>')}) == [
        LeftOut(f"export.zip/{name}", "it is an empty draft")
    ]


@pytest.mark.parametrize("title", ["So true, thank you for this", "So true, thank you for this…", ""])
def test_response_to_another_story_is_left_out(title: str) -> None:
    page = story("<p class='graf graf--p'>So true, thank you for this! It made my day.</p>", title)
    assert found({NAME: page}) == [LeftOut(f"export.zip/{NAME}", "it is a response to another story")]


def test_short_story_with_a_title_of_its_own_is_none() -> None:
    assert only(found({NAME: story("<p>Breathe out first.</p>")})).draft().title == "Why we sigh"


def test_titles_and_subtitle_stand_in_the_body_once_only_as_themselves() -> None:
    body = (
        TITLE
        + '<h4 class="graf graf--h4 graf--subtitle">On small breaths</h4>'
        + WORDS
        + "<h3>Why we sigh</h3><p>End.</p>"
    )
    html = only(found({NAME: story(body)})).draft().body_html
    assert html.count("Why we sigh") == 1
    assert "On small breaths" not in html


def test_link_card_and_code_are_written_plainly() -> None:
    body = (
        TITLE
        + WORDS
        + '<div class="graf graf--mixtapeEmbed"><a href="https://example.org/walk" class="markup--anchor">'
        + '<strong class="markup--strong">A walk</strong><br><em>Along the river</em>example.org</a>'
        + '<a href="https://example.org/walk" class="js-mixtapeImage"></a></div>'
        + '<pre class="graf graf--pre"><span class="pre--content">breathe()</span></pre>'
    )
    html = only(found({NAME: story(body)})).draft().body_html
    assert '<p><a href="https://example.org/walk">A walk</a></p>' in html
    assert "<pre><code>breathe()</code></pre>" in html


def test_page_without_a_story_is_broken() -> None:
    page = "<html><body><p>Signed out</p></body></html>"
    assert found({NAME: page}) == [LeftOut(f"export.zip/{NAME}", "it is no story: it has no body")]


def test_export_is_told_by_its_names() -> None:
    assert is_it([NAME])
    assert is_it(["medium/posts/odd name.html", "medium/profile/profile.html"])
    assert not is_it(["posts/about.html", "posts/2022-09-08-why-we-sigh.html"])


def test_digest_follows_the_story_and_the_profile() -> None:
    one = only(found({NAME: story(TITLE + WORDS), "profile/profile.html": PROFILE})).digest
    assert one == only(found({NAME: story(TITLE + WORDS), "profile/profile.html": PROFILE})).digest
    assert (
        one
        != only(found({NAME: story(TITLE + WORDS), "profile/profile.html": PROFILE.replace("n.jpg", "o.jpg")})).digest
    )
    assert one != only(found({NAME: story(TITLE + WORDS * 2), "profile/profile.html": PROFILE})).digest
