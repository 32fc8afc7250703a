"""Pictures from beside an article and from the web come into media/, and nothing else is left of where they stood."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from desk_house import DeskHouse
from newsletter.content.draft import Draft
from newsletter.content.fetch import Fetcher
from newsletter.content.pictures import MAX_BYTES
from newsletter.desk.authors import set_author
from newsletter.desk.pictures import MAX_PICTURES, PictureTaker, Taken, beside_file, missing_pictures
from newsletter.errors import FetchError, NewsletterError, SourceError, TooLarge
from newsletter.home import Home
from newsletter.model import Author, Hero
from scripted_web import Answer, ScriptedWeb

CERTIFICATES = Path(__file__).resolve().parents[2] / "certificates"
WEB = "https://harbour.example.org/uploads/"


def picture(image_format: str = "PNG", colour: str = "green", size: tuple[int, int] = (40, 30)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, image_format)
    return out.getvalue()


class Web:
    """Answers what a test put there, and counts who asks."""

    def __init__(self, **pages: bytes | int) -> None:
        self.pages: Mapping[str, bytes | int] = {
            f"{WEB}{name.replace('__', '.')}": what for name, what in pages.items()
        }
        self.asked: list[str] = []

    def __call__(self, address: str) -> bytes:
        self.asked.append(address)
        found = self.pages.get(address, 404)
        if found == 200:
            raise TooLarge(address, "it is larger than 10 MB", 200)
        if isinstance(found, int):
            raise FetchError(address, f"there is no such page ({found})", found)
        return found


def draft(body: str = "<p>Look.</p>", hero: str = "", photo: str = "", **fields: str) -> Draft:
    authors = (Author("Ruth Weber", photo=photo),) if photo else ()
    return Draft("A Walk", body, hero=Hero(hero, "A hill", "Brett") if hero else None, authors=authors, **fields)  # type: ignore[arg-type]


def take(folder: Path, given: Draft, web: Web | None = None) -> Taken:
    """From beside `site/articles/walk.md`."""
    beside = beside_file(folder / "site" / "articles" / "walk.md", folder / "site")
    return PictureTaker(folder / "media", web, dry_run=False).take(given, beside)


def site(folder: Path) -> Path:
    """A folder of articles with pictures beside and around them; beyond it lies what is not ours to take."""
    root = folder / "site"
    for name in ("articles", "people", "images"):
        (root / name).mkdir(parents=True)
    (root / "people" / "ruth.png").write_bytes(picture())
    (root / "images" / "path.jpg").write_bytes(picture("JPEG", "brown"))
    (root / "images" / "my path.jpg").write_bytes(picture("JPEG", "yellow"))
    (root / "articles" / "hero.webp").write_bytes(picture("WEBP", "blue"))
    (folder / "private.png").write_bytes(picture(colour="red"))
    return root


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "media").iterdir()) if (folder / "media").exists() else []


def images(html: str) -> list[str]:
    return re.findall("<img[^>]*>", html)


# -- from beside the article


def test_pictures_beside_the_article_and_below_the_root_come_along(tmp_path: Path) -> None:
    site(tmp_path)
    body = '<p><img src="/images/path.jpg" alt="A path"></p>'
    taken = take(tmp_path, draft(body, "hero.webp", "../people/ruth.png"))
    assert (taken.notes, taken.is_complete) == ((), True)
    hero, (author,) = taken.draft.hero, taken.draft.authors
    assert hero == Hero(hero.src if hero else "", "A hill", "Brett")
    assert re.fullmatch(r"media/[0-9a-f]{24}\.png", author.photo)
    assert re.fullmatch(
        r'<p><img src="media/[0-9a-f]{24}\.jpg" alt="A path" width="40" height="30"></p>', taken.draft.body_html.strip()
    )
    named = {hero.src if hero else "", author.photo, *re.findall(r'src="([^"]*)', taken.draft.body_html)}
    assert {f"media/{name}" for name in files(tmp_path)} == named
    assert (tmp_path / author.photo).read_bytes() == picture()  # fit for mail as it was
    assert missing_pictures(Home(tmp_path), named) == ()


def test_path_may_be_written_for_the_web(tmp_path: Path) -> None:
    site(tmp_path)
    body = '<p><img src="../images/my%20path.jpg?v=2" alt="x"></p>'
    assert take(tmp_path, draft(body)).notes == ()


def test_path_that_leads_out_of_the_folder_takes_nothing(tmp_path: Path) -> None:
    root = site(tmp_path)
    (root / "articles" / "link.png").symlink_to(tmp_path / "private.png")
    for path in ("../../private.png", str(tmp_path / "private.png"), "link.png", "a\0b", "articles", "x" * 5000):
        try:
            taken = take(tmp_path, draft(hero=path))
        except SourceError:
            pytest.fail(path)
        assert taken.draft.hero == Hero("", "A hill", "Brett")
        assert taken.notes[0].startswith("the picture ") and not taken.is_complete
    assert files(tmp_path) == []


def test_of_a_file_without_end_only_the_beginning_is_read(tmp_path: Path) -> None:
    root = site(tmp_path)
    with (root / "articles" / "huge.jpg").open("wb") as stream:
        stream.truncate(50 * MAX_BYTES)
    found = beside_file(root / "articles" / "walk.md", root)("huge.jpg")
    assert found is not None and len(found) == MAX_BYTES + 1
    assert take(tmp_path, draft(hero="huge.jpg")).notes == ("the picture huge.jpg is larger than 10 MB",)


def test_file_that_is_no_picture_is_left_where_it_is(tmp_path: Path) -> None:
    root = site(tmp_path)
    (root / "articles" / "hero.jpg").write_text("root:x:0:0", "utf-8")
    taken = take(tmp_path, draft(hero="hero.jpg"))
    assert taken.notes[0].startswith("the picture hero.jpg is none of JPEG, PNG")
    assert files(tmp_path) == [] and not taken.is_complete


def test_archive_that_breaks_off_is_told_and_the_article_stays(tmp_path: Path) -> None:
    def broken(path: str) -> bytes:
        raise SourceError("export.zip", "is cut short")

    taken = PictureTaker(tmp_path / "media", None, False).take(draft(hero="a.jpg"), broken)
    assert taken.notes == ("the picture a.jpg cannot be read: is cut short",)


def test_picture_that_is_in_the_home_already_stays(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "hill.jpg").write_bytes(picture("JPEG"))
    given = draft('<p><img src="media/hill.jpg" alt="A hill"></p>', "media/hill.jpg")
    taken = take(tmp_path, given)
    assert (taken.draft, taken.notes, taken.is_complete) == (given, (), True)


def test_what_was_taken_is_taken_again_under_the_same_name(tmp_path: Path) -> None:
    """As an export does, whose pictures lie beside its articles as media/…."""
    site(tmp_path)
    first = take(tmp_path, draft('<p><img src="/images/path.jpg" alt="x" width="20"></p>', "hero.webp"))
    other = tmp_path / "other"
    (other / "site" / "articles").mkdir(parents=True)
    (other / "site" / "media").mkdir()
    for name in files(tmp_path):
        (other / "site" / "media" / name).write_bytes((tmp_path / "media" / name).read_bytes())
    second = take(other, first.draft)
    assert second == first and files(other) == files(tmp_path)


# -- from the web


def test_picture_from_the_web_is_fetched_once_for_all_articles(tmp_path: Path) -> None:
    web = Web(hill__jpg=picture("JPEG"), gone__jpg=503)
    taker = PictureTaker(tmp_path / "media", web, dry_run=False)
    body = f'<p><img src="{WEB}hill.jpg#top" alt="x">Words. <img src="{WEB}gone.jpg" alt="y"></p>'
    one, other = taker.take(draft(body, f"{WEB}hill.jpg"), None), taker.take(draft(body), None)
    assert sorted(web.asked) == [f"{WEB}gone.jpg", f"{WEB}hill.jpg"]
    assert one.notes == other.notes == (f"the picture {WEB}gone.jpg cannot be had: there is no such page (503)",)
    assert one.draft.body_html == other.draft.body_html and len(images(one.draft.body_html)) == 1
    assert "://" not in one.draft.body_html and len(files(tmp_path)) == 1


def test_two_addresses_of_one_picture_are_one_file(tmp_path: Path) -> None:
    take(
        tmp_path,
        draft(f'<p><img src="{WEB}a.jpg"><img src="{WEB}b.jpg"></p>'),
        Web(a__jpg=picture("BMP"), b__jpg=picture("BMP")),
    )
    assert len(files(tmp_path)) == 1


def test_relative_path_counts_from_the_address_of_the_article(tmp_path: Path) -> None:
    web = Web(hill__jpg=picture("JPEG"))
    given = draft('<p><img src="../uploads/hill.jpg" alt="x"></p>', source_url="https://harbour.example.org/blog/walk")
    assert take(tmp_path, given, web).notes == ()
    assert web.asked == [f"{WEB}hill.jpg"]


def test_what_is_gone_for_good_is_not_asked_for_at_the_next_import(tmp_path: Path) -> None:
    body = f'<p>Words. <img src="{WEB}x.jpg" alt="x"></p>'
    assert take(tmp_path, draft(body), Web(x__jpg=404)).is_complete
    assert take(tmp_path, draft(body), Web(x__jpg=410)).is_complete
    assert take(tmp_path, draft(body), Web(x__jpg=b"<svg></svg>")).is_complete
    assert not take(tmp_path, draft(body), Web(x__jpg=503)).is_complete
    assert take(tmp_path, draft(body), Web(x__jpg=200)).is_complete
    unfetched = take(tmp_path, draft(body), None)
    assert (unfetched.is_complete, unfetched.notes) == (False, (f"the picture {WEB}x.jpg was not fetched",))
    assert "example" not in unfetched.draft.body_html


def test_drawing_is_refused_in_words_and_the_article_stays(tmp_path: Path) -> None:
    web = Web(logo__svg=b'<svg xmlns="http://www.w3.org/2000/svg"></svg>')
    taken = take(tmp_path, draft(f'<p>Words.</p><p><img src="{WEB}logo.svg" alt="Logo"></p>'), web)
    assert taken.draft.body_html.strip() == "<p>Words.</p>"
    assert taken.notes == (
        f"the picture {WEB}logo.svg is an SVG drawing, which mail programs do not show: save it as PNG",
    )


def test_tracking_pixel_goes_without_a_word(tmp_path: Path) -> None:
    web = Web(open__gif=picture("GIF", size=(1, 1)), two__png=picture(size=(2, 2)), line__png=picture(size=(2, 90)))
    body = "".join(f'<p>Words.<img src="{WEB}{name}" alt="x"></p>' for name in ("open.gif", "two.png", "line.png"))
    taken = take(tmp_path, draft(body, photo=f"{WEB}open.gif"), web)
    assert (taken.notes, taken.is_complete, len(images(taken.draft.body_html))) == ((), True, 1)
    assert taken.draft.authors[0].photo == "" and len(files(tmp_path)) == 1


def test_article_with_pictures_without_end_keeps_the_first_ones(tmp_path: Path) -> None:
    web = Web()
    body = "<p>" + "".join(f'a<img src="{WEB}{number}.jpg" alt="x">' for number in range(MAX_PICTURES + 30)) + "</p>"
    taken = take(tmp_path, draft(body), web)
    assert len(web.asked) == MAX_PICTURES
    assert taken.notes[-1] == f"only the first {MAX_PICTURES} pictures were taken, 30 were left out"


# -- what becomes of the body


def body_of(folder: Path, body: str) -> str:
    site(folder)
    return take(folder, draft(body), Web(a__jpg=picture("JPEG"))).draft.body_html.strip()


def test_picture_that_cannot_be_had_leaves_nothing_in_the_body(tmp_path: Path) -> None:
    body = body_of(
        tmp_path,
        '<p><img src="gone.jpg" alt="x &gt; y"></p>\n<p>Before <img src="gone.jpg"> after.</p>\n'
        '<figure><img src="gone.jpg"><figcaption>What it showed.</figcaption></figure>\n<p>End.</p>',
    )
    assert body == "<p>Before after.</p>\n<p>End.</p>"


def test_figure_stays_while_it_shows_something_else(tmp_path: Path) -> None:
    body = body_of(
        tmp_path,
        f'<figure><img src="gone.jpg" alt="x"><img src="{WEB}a.jpg" alt="y"><figcaption>Two.</figcaption></figure>',
    )
    assert len(images(body)) == 1 and "<figcaption>Two.</figcaption>" in body


def test_picture_that_was_a_link_leaves_the_link(tmp_path: Path) -> None:
    """The thumbnail of a film, for instance."""
    body = body_of(
        tmp_path,
        '<figure><a href="https://films.example.org/7"><img src="gone.jpg" alt="Film: a walk"></a>'
        "<figcaption>By Ruth.</figcaption></figure>",
    )
    assert '<a href="https://films.example.org/7">Film: a walk</a>' in body and "By Ruth." in body


@pytest.mark.parametrize(
    ("size", "written", "shown"),
    [
        ((1200, 800), "", (600, 400)),
        ((900, 300), "", (600, 200)),
        ((400, 300), "", (400, 300)),
        ((1200, 800), ' width="300" height="200"', (300, 200)),
        ((400, 300), ' width="1024"', (400, 300)),
        ((400, 200), ' height="50"', (100, 50)),
        ((1200, 3), "", (600, 2)),
    ],
)
def test_picture_says_how_large_it_is_shown(
    tmp_path: Path, size: tuple[int, int], written: str, shown: tuple[int, int]
) -> None:
    web = Web(a__jpg=picture("JPEG", size=size))
    taken = take(tmp_path, draft(f'<p><img src="{WEB}a.jpg" alt="x"{written}></p>'), web)
    assert f'alt="x" width="{shown[0]}" height="{shown[1]}"' in taken.draft.body_html


def test_missing_alternative_texts_are_counted(tmp_path: Path) -> None:
    site(tmp_path)
    body = '<p><img src="/images/path.jpg"><img src="gone.jpg"></p><p><img src="hero.webp" alt=" "></p>'
    assert take(tmp_path, draft(body)).notes[-1] == "2 pictures have no alternative text"
    given = replace(draft(), hero=Hero("hero.webp"))
    assert take(tmp_path, given).notes == ("1 picture has no alternative text",)


def test_hero_that_is_nothing_but_a_missing_picture_is_none(tmp_path: Path) -> None:
    assert take(tmp_path, replace(draft(), hero=Hero("gone.jpg"))).draft.hero is None
    credit = Hero(credit_source="Unsplash")
    assert take(tmp_path, replace(draft(), hero=credit)).draft.hero == credit


# -- what is written


def test_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    site(tmp_path)
    given = draft('<p><img src="/images/path.jpg"></p>', "gone.jpg")
    beside = beside_file(tmp_path / "site" / "articles" / "walk.md", tmp_path / "site")
    dry = PictureTaker(tmp_path / "media", None, dry_run=True).take(given, beside)
    assert files(tmp_path) == []
    assert dry == PictureTaker(tmp_path / "media", None, dry_run=False).take(given, beside)


def test_half_a_file_of_an_earlier_crash_is_written_anew(tmp_path: Path) -> None:
    site(tmp_path)
    given = draft(hero="hero.webp")
    take(tmp_path, given)
    (name,) = files(tmp_path)
    whole = (tmp_path / "media" / name).read_bytes()
    (tmp_path / "media" / name).write_bytes(whole[:10])
    take(tmp_path, given)
    assert (tmp_path / "media" / name).read_bytes() == whole and files(tmp_path) == [name]


def test_media_that_cannot_be_written_ends_the_import_in_one_line(tmp_path: Path) -> None:
    site(tmp_path)
    (tmp_path / "media").write_text("a file, not a folder", "utf-8")
    with pytest.raises(NewsletterError, match="media"):
        take(tmp_path, draft(hero="hero.webp"))


# -- a person's word on an author


def test_photo_named_by_address_is_the_home_s_own_from_then_on(house: DeskHouse) -> None:
    authority = ssl.create_default_context(cafile=str(CERTIFICATES / "authority.pem"))
    house.app.__dict__["fetcher"] = Fetcher(["localhost"], trust=authority)
    answers = {"/ruth.webp": Answer(picture("WEBP"), "image/webp"), "/words": Answer("Nothing here.")}
    with ScriptedWeb(answers, certificate=CERTIFICATES / "localhost.pem") as web:
        ruth = set_author(house.app, "Ruth Weber", {"photo": web.url("/ruth.webp", "localhost")})
        assert missing_pictures(house.app.home, [ruth.photo]) == () and ruth.photo.endswith(".png")
        for path, words in {"/words": "is none of JPEG", "/gone": "cannot be had: .*404"}.items():
            address = web.url(path, "localhost")
            with pytest.raises(SourceError, match=f"^photo: the picture {re.escape(address)} {words}"):
                set_author(house.app, "Ruth Weber", {"photo": address})
    assert set_author(house.app, "Ruth Weber", {"photo": "media/ruth.jpg"}).photo == "media/ruth.jpg"
    assert set_author(house.app, "Ruth Weber", {"photo": ""}).photo == ""
