"""A WordPress export (WXR 1.0 to 1.2) of any size → its posts, and what else it holds, in counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

from newsletter.content.naming import key_of
from newsletter.content.source import Item, LeftOut, Offered, Source
from newsletter.content.sources.wordpress import items as items
from newsletter.content.sources.wordpress.site import Entry, Site, read_entry, read_site
from newsletter.content.sources.wordpress.xml import read_elements

# One and many of a kind, and why it is left out; kinds that are not named here are named by their own type.
_REASONS = {
    "page": ("page", "pages", "taken only when pages are asked for"),
    "attachment": ("attachment", "attachments", "no articles"),
    "revision": ("revision", "revisions", "earlier versions of posts"),
    "nav_menu_item": ("menu item", "menu items", "no articles"),
    "comment": ("comment", "comments", "readers' words are not taken"),
    "trash": ("post in the trash", "posts in the trash", "thrown away on the site"),
    "auto-draft": ("automatic draft", "automatic drafts", "never saved by anybody"),
    "inherit": ("earlier version", "earlier versions", "no articles"),
    "empty": ("post", "posts", "with neither title nor body"),
    "picture": ("picture", "pictures", "more than can be kept in mind at once; articles may lack them"),
}
_MAX_KINDS = 100


def read_wordpress(source: Source, pages: bool = False) -> Iterator[Offered]:
    """Every post, with `pages` every page too, then one LeftOut for each kind of other things, with their number.

    Reads the stream twice: what posts refer to stands anywhere. Raises SourceError for what is no export; where the
    file breaks off, after all that stood before.
    """
    site = read_site(source)
    left_out: Counter[str] = Counter(picture=site.pictures_left_out)
    wanted = ("post", "page", "") if pages else ("post", "")
    for name, element in read_elements(source.stream, source.name):
        if name != "item":
            continue
        entry = read_entry(element)
        left_out["comment"] += entry.comments
        reason = _why_left_out(entry, wanted)
        if reason:
            _count(left_out, reason)
        else:
            yield _item(entry, site, source.name)
    yield from (_left_out(kind, number) for kind, number in left_out.items() if number)


def _why_left_out(entry: Entry, wanted: tuple[str, ...]) -> str:
    """Its kind; empty for what is an article."""
    if entry.get("wp:post_type") not in wanted:
        return entry.get("wp:post_type")
    if entry.get("wp:status") in ("trash", "auto-draft", "inherit"):
        return entry.get("wp:status")
    return "empty" if items.is_empty(entry) else ""


def _count(left_out: Counter[str], kind: str) -> None:
    known = kind if kind in left_out or len(left_out) < _MAX_KINDS else "of other kinds"
    left_out[known[:80]] += 1


def _left_out(kind: str, number: int) -> LeftOut:
    one, many, reason = _REASONS.get(kind, (f"item {kind!r}", f"items {kind!r}", "no articles"))
    return LeftOut(f"{number:,} {one if number == 1 else many}", reason)


def _item(entry: Entry, site: Site, source: str) -> Item:
    around = items.surroundings_of(entry, site)
    return Item(
        name=items.name_of(entry),
        digest=items.digest(entry, around),
        draft=partial(items.read_post, entry, around, source),
        key=key_of(entry.get("guid"), site.url),
        size=entry.size,
        is_portable=True,
    )
