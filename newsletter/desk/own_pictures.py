"""Pictures that a person names → the home's own, as no reader's mail loads them from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.app import App
from newsletter.content.draft import Draft
from newsletter.content.pictures import MAX_BYTES
from newsletter.content.words import is_address
from newsletter.desk.pictures import PictureTaker
from newsletter.errors import SourceError

HERO = "hero.src"
BODY = "body_html"


def own_picture(app: App, field: str, address: str) -> str:
    """Where it lies in the home now. Raises SourceError that names the field."""
    return _place(_taker(app), field, address)


def own_pictures(app: App, said: Mapping[str, str]) -> dict[str, str]:
    """HERO and BODY, where a person said them, with each picture under media/.

    Raises SourceError that names the field: an import leaves out what is not to be had, a person can name another.
    """
    own = dict(said)
    taker = _taker(app)
    if said.get(HERO):
        own[HERO] = _place(taker, HERO, said[HERO])
    if "<img" not in said.get(BODY, ""):
        return own
    # Here, because what writes Markdown takes longer to load than most commands take.
    from newsletter.desk.exporting import pictures_of

    body = Draft("", said[BODY])
    sources = sorted(pictures_of(body))
    for source in sources:
        _place(taker, BODY, source)
    if any(map(is_address, sources)):
        own[BODY] = taker.take(body, None).draft.body_html
    return own


def _taker(app: App) -> PictureTaker:
    def fetch(url: str) -> bytes:
        with app.fetcher.fetch(url, max_bytes=MAX_BYTES, accept="image/*") as fetched:
            return fetched.stream.read()

    return PictureTaker(app.home.media, fetch, dry_run=False)


def _place(taker: PictureTaker, field: str, source: str) -> str:
    had = taker.find(source)
    if not had.place:
        raise SourceError(field, f"the picture {source} {had.reason or 'is no larger than a dot'}")
    return had.place
