"""The demo's pictures: the right size, small enough for a mail, and the same every time."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from newsletter.demo.pictures import draw_hero, draw_portrait
from newsletter.demo.scenes import SCENES, scene_of

MAX_HERO_BYTES = 120_000
SEASONAL_SLUGS = ["a-winter-walk", "spring-again", "back-to-school", "dark-november-evenings"]


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("category", [*SCENES, "Something Else", ""])
def test_hero_is_a_jpeg_of_the_size_that_mails_and_previews_like(category: str) -> None:
    data = draw_hero("quiet-hours", "Quiet Hours", category)
    picture = opened(data)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (1200, 630))
    assert len(data) < MAX_HERO_BYTES


@pytest.mark.parametrize("slug", SEASONAL_SLUGS)
def test_hero_of_every_season_stays_small(slug: str) -> None:
    assert len(draw_hero(slug, "", "Grief")) < MAX_HERO_BYTES


def test_same_words_give_the_same_picture_byte_for_byte() -> None:
    assert draw_hero("quiet-hours", "Quiet", "Sleep") == draw_hero("quiet-hours", "Quiet", "Sleep")
    assert draw_portrait("Ada") == draw_portrait("Ada")


def test_other_slug_gives_another_picture() -> None:
    assert draw_hero("quiet-hours", "", "Work") != draw_hero("quiet-days", "", "Work")


def test_category_is_found_in_any_case() -> None:
    assert draw_hero("a", "", "SLEEP") == draw_hero("a", "", "sleep") != draw_hero("a", "", "Work")


def test_night_is_darker_than_day() -> None:
    night, day = (opened(draw_hero("a", "", name)).convert("L").resize((1, 1)) for name in ("Sleep", "Work"))
    assert night.tobytes() < day.tobytes()


def test_season_in_the_words_changes_the_weather() -> None:
    assert scene_of("a winter walk", "grief").drift
    assert scene_of("the first week of school", "parenting") != scene_of("the first week", "parenting")


def test_moon_shines_in_every_season() -> None:
    assert scene_of("a winter night", "sleep") == SCENES["sleep"]


@pytest.mark.parametrize("slug", ["", "x" * 300, "../..", "ünï-çødé", "\x00"])
def test_any_words_give_a_picture(slug: str) -> None:
    assert opened(draw_hero(slug, slug, slug)).size == (1200, 630)


@pytest.mark.parametrize("name", ["Ada Winterbourne", "佐藤 陽翔", ""])
def test_portrait_is_a_small_square_jpeg(name: str) -> None:
    data = draw_portrait(name)
    picture = opened(data)
    assert (picture.format, picture.size) == ("JPEG", (240, 240))
    assert len(data) < 15_000
