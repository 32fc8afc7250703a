"""Items that were read → articles and authors in the library, all of one transaction, each with what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from newsletter.app import App
from newsletter.content.completeness import explain_missing
from newsletter.content.draft import Draft, explain_guess, slug_from
from newsletter.content.duplicates import Text
from newsletter.content.editing import AUTHORS, from_source, newer
from newsletter.content.naming import page_address
from newsletter.content.reading import bare_words
from newsletter.content.source import Item, storable, storable_key
from newsletter.model import Article, Author
from newsletter.states import ArticleStatus
from newsletter.store import articles as store
from newsletter.store.authors import keep_author
from newsletter.store.sameness import Identity, Known, find_same

OUTCOMES = ("imported", "updated", "unchanged", "skipped", "failed")


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one item. `notes` say what was guessed, left out and not found."""

    item: str
    outcome: str  # one of OUTCOMES
    slug: str | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()
    key: str = ""  # as the source has it
    article_id: int | None = None


@dataclass(slots=True)
class Ready:
    """An item that was read and waits to be kept; `is_whole` unless something of it could not be had."""

    item: Item
    draft: Draft
    text: Text  # of its body, as it was before its pictures were taken
    is_whole: bool = True
    lacks_page: bool = False  # of the body there may be only how it begins
    notes: list[str] = field(default_factory=list)
    likeness: float = 0.0  # with the text of `like`: 1.0 for the same words
    like: Ready | str = ""  # a slug, or another of the same import that has none yet
    is_doubtful: bool = False  # nearly the same as another: nobody should be mailed both unseen
    slug: str = ""  # of its article, once that is known

    @property
    def is_twin(self) -> bool:
        """The library has this very text already."""
        return self.likeness == 1.0 and not self.is_doubtful

    @property
    def reason(self) -> str | None:
        """Why it is skipped, or a draft."""
        other = self.like if isinstance(self.like, str) else self.like.slug
        if self.is_twin:
            return f"the same text as {other}"
        if self.is_doubtful:
            how = "the same" if self.likeness == 1.0 else f"nearly the same ({self.likeness:.0%})"
            return f"{how} text as {other}; it is a draft until a person decides"
        return None

    @property
    def identity(self) -> Identity:
        draft = self.draft
        key, slug = storable_key(self.item.key), draft.slug or slug_from(draft.title)
        address = page_address(draft.source_url)
        return Identity(key, address, slug, draft.title, self.text.words, draft.is_settled, draft.published)


class Keeper:
    """One transaction of an import."""

    def __init__(self, connection: Connection, app: App, status: ArticleStatus | None, met: set[int]) -> None:
        """`met` holds the articles that other items of the same source are: no two items are one article."""
        self._connection = connection
        self._now = app.clock()
        self._status = status
        self._met = met
        self._author_ids: dict[Author, int] = {}
        self._new: list[tuple[int, Ready, store.NewArticle]] = []  # with their places in what is told
        self._taken: set[str] = set()  # the slugs, addresses and keys of what this batch added
        self._slugs: set[str] = set()  # that this batch may not give to a new article
        self._by_digest: dict[str, Ready] = {}
        self._told: list[Imported] = []

    def keep(self, waiting: Sequence[Ready | Imported]) -> list[Imported]:
        """What became of each."""
        identities = [each.identity for each in waiting if isinstance(each, Ready)]
        self._slugs = store.slugs_in_use(self._connection, (each.slug for each in identities))
        same = zip(identities, find_same(self._connection, identities, self._met), strict=True)
        for each in waiting:
            self._told.append(each if isinstance(each, Imported) else self._keep(each, *next(same)))
        self._add_new()
        return self._told

    def _keep(self, ready: Ready, identity: Identity, known: Known | None) -> Imported:
        first = self._by_digest.setdefault(ready.item.digest, ready)
        if first is not ready:
            return Imported(ready.item.name, "unchanged", first.slug or None, key=ready.item.key)
        names = {f"slug {identity.slug}", f"key {identity.key}", f"url {identity.source_url}"} - {"key ", "url "}
        if names & self._taken or (known is not None and known.id in self._met):
            # Something in this very batch may be the same article: it has to be in the library, with all it told.
            self._add_new()
            known = find_same(self._connection, [identity], self._met)[0]
        if known is not None and known.id in self._met and not known.is_weak:
            ready.slug = known.slug
            return self._tell(ready, "skipped", f"another item of this source is the same article, {known.slug}")
        if known is not None:
            return self._change(ready, known)
        if ready.is_twin:
            ready.slug = ready.like if isinstance(ready.like, str) else ready.like.slug
            return self._tell(ready, "skipped", ready.reason)
        self._taken |= names
        return self._collect(ready, identity)

    def _collect(self, ready: Ready, identity: Identity) -> Imported:
        fields = dict(from_source(ready.draft, ArticleStatus.DRAFT if ready.is_doubtful else self._status))
        author_ids = [self._author_id(author) for author in fields.pop(AUTHORS)]
        ready.slug = identity.slug
        if ready.slug in self._slugs:
            ready.slug = store.free_slug(self._connection, ready.slug, self._slugs)
        self._slugs.add(ready.slug)
        digest = ready.item.digest if ready.is_whole else ""
        new = store.NewArticle(ready.slug, fields, author_ids, digest, identity.key, ready.text)
        self._new.append((len(self._told), ready, new))
        return self._tell(ready, "imported", ready.reason)

    def _add_new(self) -> None:
        ids = store.add_articles(self._connection, [new for _, _, new in self._new], self._now)
        for (place, _, _), id in zip(self._new, ids, strict=True):
            # The one that is being told at this moment stands at the end and is none of these.
            self._told[place] = replace(self._told[place], article_id=id)
        self._met.update(ids)
        self._new.clear()

    def _change(self, ready: Ready, known: Known) -> Imported:
        self._met.add(known.id)
        store.lock(self._connection, [known.id])
        before = store.find_articles(self._connection, [known.id])[0]
        status = ArticleStatus.DRAFT if ready.is_doubtful else self._status
        said = _without_what_is_missing(from_source(ready.draft, status), ready, before)
        fields = newer(before, said, may_know_less=ready.lacks_page or not _is_same_kind(ready, known))
        authors = fields.pop(AUTHORS, None)
        extra: dict[str, Any] = {"source_hash": ready.item.digest if ready.is_whole else ""}
        if ready.item.key:
            extra["source_key"] = ready.identity.key
        if any(fields.get(name, getattr(before, name)) != getattr(before, name) for name in ("title", "body_html")):
            extra["read_at"] = None
        is_changed = store.change_article(
            self._connection,
            known.id,
            fields,
            self._now,
            cause=storable(f"import of {ready.item.name}"),
            author_ids=None if authors is None else [self._author_id(author) for author in authors],
            **extra,
        )
        ready.slug = known.slug
        reason = ready.reason if ready.is_doubtful else None
        return self._tell(ready, "updated" if is_changed else "unchanged", reason, known.id)

    def _author_id(self, author: Author) -> int:
        if author not in self._author_ids:
            self._author_ids[author] = keep_author(self._connection, author)
        return self._author_ids[author]

    def _tell(self, ready: Ready, outcome: str, reason: str | None, article_id: int | None = None) -> Imported:
        notes = (*map(explain_guess, ready.draft.guesses), *ready.draft.notes, *ready.notes)
        slug = None if outcome == "skipped" else ready.slug
        return Imported(ready.item.name, outcome, slug, reason, notes, ready.item.key, article_id)


def _is_same_kind(ready: Ready, known: Known) -> bool:
    """Whether its source says as much as the one before it: it is a file by itself, as that was.

    What has a key may come from a site's export, which tells most, or from its feed.
    """
    identity = ready.identity
    is_file = not (identity.key or known.key) and bool(identity.source_url) == bool(known.source_url)
    return is_file or identity.is_settled


def _without_what_is_missing(fields: Mapping[str, Any], ready: Ready, before: Article) -> dict[str, Any]:
    """But for the body and the picture that are only not to be had just now, and that the article has."""
    kept = dict(fields)
    if not ready.is_whole:
        now, then = ready.draft.body_html, before.body_html
        words, had = bare_words(now), bare_words(then)
        has_lost_pictures = words == had and now.count("<img") < then.count("<img")
        if has_lost_pictures or (ready.lacks_page and len(words) < len(had)):
            del kept["body_html"]
        if before.hero is not None and before.hero.src and not (ready.draft.hero and ready.draft.hero.src):
            del kept["hero"]
    return kept


def with_missing(connection: Connection, told: Sequence[Imported]) -> list[Imported]:
    """Each with what still keeps its article from being sent."""
    ids = [each.article_id for each in told if each.article_id is not None]
    found: dict[int | None, Article] = {each.id: each for each in store.find_articles(connection, ids)} if ids else {}
    return [_told_missing(each, found.get(each.article_id)) for each in told]


def _told_missing(imported: Imported, article: Article | None) -> Imported:
    if article is None or not article.missing:
        return imported
    return replace(imported, notes=(*imported.notes, explain_missing(article, article.missing)))
