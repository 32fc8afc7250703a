"""What sources offer → articles and authors in the library, in batches, each item with what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, replace
from itertools import islice
from time import monotonic

from sqlalchemy.exc import DataError, IntegrityError

from newsletter.app import App
from newsletter.content.decoding import MAX_BYTES
from newsletter.content.draft import Draft
from newsletter.content.duplicates import text_of
from newsletter.content.editing import field_of
from newsletter.content.naming import page_address
from newsletter.content.reading_ahead import ReadingAhead
from newsletter.content.source import Item, LeftOut, Offered
from newsletter.desk.comparing import compare
from newsletter.desk.keeping import OUTCOMES as OUTCOMES
from newsletter.desk.keeping import Imported as Imported
from newsletter.desk.keeping import Keeper, Ready, with_missing
from newsletter.desk.pictures import MAX_BYTES as MAX_PICTURE
from newsletter.desk.pictures import PictureTaker
from newsletter.errors import NewsletterError, SourceError
from newsletter.states import ArticleStatus
from newsletter.store import marks
from newsletter.store.sameness import Known, digests_in_use, known_digests
from newsletter.store.trial import Trial

BATCH = 100  # items looked up, and stored, at once
BATCH_BYTES = 5_000_000  # that they may hold together; two batches are held at a time
SECONDS = 3.0  # after so long a time with pages or pictures, what is ready is stored
THIN = 60  # words; a shorter body of a source that names a page may be only how the article begins

_TOLD_OF = {
    "title": ("no title found",),
    "published": ("no date found", "the date can be read two ways"),
    "authors": ("no author found", "the byline names nobody"),
}
"""A field of a draft → how notes begin that say its source does not tell it for certain."""


class Importing:
    """One import run: pictures and pages are asked for once, whatever number of sources it takes."""

    def __init__(
        self,
        app: App,
        status: ArticleStatus | None = None,
        begin: Callable[[str], None] = lambda name: None,
        trial: Trial | None = None,
    ) -> None:
        """`status` overrules what sources say; `begin` is told the name of each item it is at.

        With a `trial` everything is stored there, and no picture is written.
        """
        self._app = app
        self._status = status
        self._begin = begin
        self._database = trial or app.database
        self._pictures = PictureTaker(app.home.media, self._picture, trial is not None)
        marks.mark_older(self._database)

    def take(self, offered: Iterable[Offered], source: str = "") -> Iterator[Imported]:
        """What became of each item, told once it is stored. Raises SourceError where the source breaks off.

        `source` is named where an item that fails does not say itself what it is of.
        """
        rest = iter(offered)
        met: set[int] = set()
        with ReadingAhead() as ahead:
            batch, broken = _next_batch(rest, source)
            while batch:
                coming: list[Offered] = []
                if broken is None:
                    coming, broken = _next_batch(rest, source)
                    self._begin_reading(coming, ahead)
                yield from self._take_batch(batch, source, met, ahead)
                batch = coming
        if broken is not None:
            raise broken

    def _begin_reading(self, coming: Sequence[Offered], ahead: ReadingAhead) -> None:
        items = [each for each in coming if isinstance(each, Item)]
        with self._database.read() as connection:
            known = digests_in_use(connection, (each.digest for each in items))
        ahead.begin([each for each in items if each.digest not in known])

    def _known(self, batch: Sequence[Offered]) -> dict[str, Known]:
        with self._database.read() as connection:
            return known_digests(connection, (each.digest for each in batch if isinstance(each, Item)))

    def _take_batch(
        self, batch: Sequence[Offered], source: str, met: set[int], ahead: ReadingAhead
    ) -> Iterator[Imported]:
        known = self._known(batch)
        met.update(each.id for each in known.values())
        read: list[Ready | Imported] = []
        since = monotonic()
        for each in batch:
            read.append(self._read(each, known, source, ahead))
            if monotonic() - since > SECONDS:
                yield from self._finish(read, met)
                read, since = [], monotonic()
        yield from self._finish(read, met)

    def _read(self, offered: Offered, known: dict[str, Known], source: str, ahead: ReadingAhead) -> Ready | Imported:
        self._begin(offered.name)
        if isinstance(offered, LeftOut):
            if offered.is_broken:
                return Imported(offered.name, "failed", reason=_named(offered.name, source, offered.reason))
            return Imported(offered.name, "skipped", reason=offered.reason)
        same = known.get(offered.digest)
        if same is not None:
            return Imported(offered.name, "unchanged", same.slug, key=offered.key, article_id=same.id)
        try:
            ready = Ready(offered, *ahead.read(offered))
            self._complete(ready)
        except SourceError as error:
            reason = str(error) if source in error.source else _named(offered.name, source, error.words)
        except NewsletterError:
            raise  # nothing to do with this item: a setting, say
        except Exception as bug:
            # A fault of this program, shown by one article: the thousand others are not to wait for its mending.
            words = f"this program is at a loss with it ({type(bug).__name__}: {str(bug)[:200]})"
            reason = _named(offered.name, source, words)
        else:
            return ready
        return Imported(offered.name, "failed", reason=reason, key=offered.key)

    def _complete(self, ready: Ready) -> None:
        """With the body of its page, where the source has none, or only how it begins."""
        draft = ready.draft
        if not page_address(draft.page_url) or len(ready.text.words.split()) >= THIN:
            return
        # Here, because what reads pages takes longer to load than most imports take.
        from newsletter.content.sources.html import read_page

        try:
            with self._app.fetcher.fetch(draft.page_url, max_bytes=MAX_BYTES, accept="text/html") as fetched:
                page = read_page(fetched.stream.read(), draft.page_url, fetched.url, fetched.media_type)
        except SourceError as error:
            ready.notes.append(f"the whole text could not be had: {error}")
            ready.is_whole, ready.lacks_page = False, True
            return
        text = text_of(page.body_html)
        if len(text.words) > len(ready.text.words):
            ready.draft, ready.text = _with_page(draft, page), text

    def _finish(self, read: Sequence[Ready | Imported], met: set[int]) -> Iterator[Imported]:
        """Compared, with their pictures, and stored."""
        fresh = [each for each in read if isinstance(each, Ready)]
        if fresh:
            with self._database.read() as connection:
                compare(connection, fresh, met)
        waiting: list[Ready | Imported] = []
        since = monotonic()
        for each in read:
            if isinstance(each, Ready) and not each.is_twin:
                self._take_pictures(each)
            waiting.append(each)
            if monotonic() - since > SECONDS:
                yield from self._store(waiting, met)
                waiting, since = [], monotonic()
        yield from self._store(waiting, met)

    def _take_pictures(self, ready: Ready) -> None:
        self._begin(ready.item.name)
        taken = self._pictures.take(ready.draft, ready.item.beside)
        ready.draft = taken.draft
        ready.notes += taken.notes
        ready.is_whole = ready.is_whole and taken.is_complete

    def _picture(self, url: str) -> bytes:
        with self._app.fetcher.fetch(url, max_bytes=MAX_PICTURE, accept="image/*") as fetched:
            return fetched.stream.read()

    def _store(self, waiting: Sequence[Ready | Imported], met: set[int]) -> list[Imported]:
        told = [each for each in waiting if isinstance(each, Imported)]
        if len(told) == len(waiting):
            # Nothing is to be written: others need not wait for us, nor we for them.
            with self._database.read() as connection:
                return with_missing(connection, told)
        try:
            return self._kept(waiting, met)
        except IntegrityError:
            # On PostgreSQL another import may have stored the same article since we looked: look again, once.
            return self._kept(waiting, met)
        except DataError:
            # What one database takes another may not: one such item is not to stop the others.
            return [told for each in waiting for told in self._kept_alone(each, met)]

    def _kept_alone(self, each: Ready | Imported, met: set[int]) -> list[Imported]:
        try:
            return self._kept([each], met)
        except DataError as error:
            assert isinstance(each, Ready)
            reason = f"{each.item.name}: the database does not take it: {str(error.orig).splitlines()[0]}"
            return [Imported(each.item.name, "failed", reason=reason, key=each.item.key)]

    def _kept(self, waiting: Sequence[Ready | Imported], met: set[int]) -> list[Imported]:
        met_now = set(met)  # what is rolled back was never met
        with self._database.write() as connection:
            told = with_missing(connection, Keeper(connection, self._app, self._status, met_now).keep(waiting))
        met |= met_now
        return told


def _next_batch(offered: Iterator[Offered], source: str) -> tuple[list[Offered], SourceError | None]:
    """The next items; and the error when the source broke off after them."""
    batch: list[Offered] = []
    held = 0
    try:
        for each in islice(offered, BATCH):
            batch.append(each)
            held += each.size if isinstance(each, Item) else 0
            if held > BATCH_BYTES:
                break
    except SourceError as error:
        return batch, error
    except OSError as error:
        return batch, SourceError(source, error.strerror or "it cannot be read any further")
    return batch, None


def _named(item: str, source: str, words: str) -> str:
    """With what a person finds it by: its source, and its name there unless that begins with the source's."""
    return f"{item}: {words}" if item.startswith(source) else f"{source}, {item}: {words}"


def _with_page(draft: Draft, page: Draft) -> Draft:
    """The draft with the page's body, and from the page what the source itself did not know."""
    whole = replace(
        draft,
        title=draft.title or page.title,
        body_html=page.body_html,
        subtitle=draft.subtitle or page.subtitle,
        summary=draft.summary or page.summary,
        published=draft.published or page.published,
        authors=draft.authors or page.authors,
        hero=draft.hero if draft.hero is not None and draft.hero.src else page.hero or draft.hero,
        call_to_action=draft.call_to_action or page.call_to_action,
        language=draft.language or page.language,
    )
    taken = {each.name for each in fields(draft) if getattr(whole, each.name) != getattr(draft, each.name)}
    known = {name for name in _TOLD_OF if getattr(draft, name)}
    notes = (
        *_not_about(taken, draft.notes),
        f"the whole text was taken from {draft.page_url}",
        *_not_about(known, page.notes),
    )
    guesses = (*draft.guesses, *(guess for guess in page.guesses if field_of(guess.field) in taken))
    return replace(whole, guesses=guesses, notes=tuple(dict.fromkeys(notes)))


def _not_about(names: AbstractSet[str], notes: Iterable[str]) -> Iterator[str]:
    settled = tuple(words for name in names for words in _TOLD_OF.get(name, ()))
    return (note for note in notes if not note.startswith(settled))
