"""`newsletter articles follow`: feeds the library keeps in step with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter import shapes
from newsletter.cli.importing import ImportStatus
from newsletter.cli.output import Json, complain, note, opened, print_json, say, table
from newsletter.content.keeping_step import parse_every, show_every
from newsletter.errors import Refused
from newsletter.states import ArticleStatus, FeedItemState

if TYPE_CHECKING:
    from newsletter.desk.following import Checked, Followed, Listed

EMPTY = "no feed is followed: `newsletter articles follow https://…`"


def follow(
    context: typer.Context,
    url: Annotated[str | None, typer.Argument(metavar="[URL]", help="A feed, or a page that names one.")] = None,
    status: Annotated[ImportStatus, typer.Option(help="Of what is new in it.")] = ImportStatus.READY,
    every: Annotated[str, typer.Option(metavar="INTERVAL", help="How often it is looked at: 30m, 6h, 1d.")] = "6h",
    stop: Annotated[bool, typer.Option("--stop", help="Follow it no longer; its articles stay.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Look at it now; without URL, at all of them.")] = False,
    json: Json = False,
) -> None:
    """Keep the library in step with a feed; without URL, show the feeds that are followed."""
    from newsletter.desk import following

    if stop and (url is None or check):
        raise typer.BadParameter("--stop needs the URL of one feed, and goes without --check")
    home = opened(context)
    if stop and url is not None:
        feed = following.unfollow(home, url)
        if json:
            print_json(_shape((feed, {})))
        else:
            say(f"{feed.url} is no longer followed; its articles stay in the library")
    elif check:
        looked_at = [following.check_feed(home, following.find(home, url))] if url else following.check_all(home)
        _print_checks(looked_at, following.list_followed(home), json)
    elif url is not None:
        _refuse_wrong(every)
        followed = following.follow(home, url, ArticleStatus(status), parse_every(every))
        _print_followed(followed, following.list_followed(home), json)
    else:
        _print_list(following.list_followed(home), json)


def _refuse_wrong(every: str) -> None:
    try:
        parse_every(every)
    except ValueError as error:
        raise Refused(f"every: {error}") from None


def _print_list(listed: list[Listed], json: bool) -> None:
    if json:
        print_json([_shape(each) for each in listed])
        return
    rows = [
        (
            feed.url,
            feed.title,
            feed.import_as,
            show_every(feed.every),
            f"{feed.checked_at:%Y-%m-%d %H:%M}Z" if feed.checked_at else "never",
            ", ".join(f"{state} {count}" for state, count in sorted(items.items())),
            feed.last_error,
        )
        for feed, items in listed
    ]
    table(("feed", "title", "new ones", "every", "last check", "items", "last error"), rows, EMPTY)


def _print_followed(followed: Followed, listed: list[Listed], json: bool) -> None:
    checked = followed.checked
    if not json and followed.page:
        say(f"{followed.page} is a web page; its feed is {checked.feed.url}")
    if not json:
        say(f"{checked.feed.url} is followed: looked at every {show_every(checked.feed.every)}")
    _print_checks([checked], listed, json, is_one=True)


def _print_checks(looked_at: list[Checked], listed: list[Listed], json: bool, is_one: bool = False) -> None:
    items = {feed.id: counts for feed, counts in listed}
    if json:
        shown = [_shape((each.feed, items.get(each.feed.id, {})), each) for each in looked_at]
        print_json(shown[0] if is_one else shown)
    for each in looked_at:
        for item in each.taken.items if each.taken is not None else ():
            if item.outcome == "failed":
                complain(item.reason or item.item)
        if each.outcome == "failed":
            complain(each.words)
        if not json:
            _say_check(each)
    if not json and not looked_at:
        note(EMPTY)
    if any(each.outcome == "failed" for each in looked_at):
        raise typer.Exit(1)


def _say_check(checked: Checked) -> None:
    from newsletter.cli.import_report import lines_of_items

    if checked.taken is not None:
        for line in lines_of_items([item for item in checked.taken.items if item.outcome != "unchanged"]):
            say(line)
        for gone in checked.taken.gone:
            say(f"gone: {gone.reason}  ({gone.name})")
    if checked.outcome != "failed":
        say(checked.summary)
    elif checked.taken is not None:  # up to where it broke off
        say(f"{checked.feed.title or checked.feed.url}: {checked.taken.summary}")


def _shape(listed: Listed, checked: Checked | None = None) -> dict[str, Any]:
    """A feed; `check` is null when it was not looked at just now."""
    feed, items = listed
    return {
        "url": feed.url,
        "title": feed.title or None,
        "status": feed.import_as,
        "every": show_every(feed.every),
        "checked_at": shapes.instant(feed.checked_at),
        "next_check_at": shapes.instant(feed.next_check_at),
        "failures": feed.failures,
        "last_error": feed.last_error or None,
        "items": _counts(items),
        "check": None if checked is None else _check_shape(checked),
    }


def _counts(items: Mapping[FeedItemState, int]) -> dict[str, int]:
    return {state.value: items.get(state, 0) for state in FeedItemState}


def _check_shape(checked: Checked) -> dict[str, Any]:
    taken = checked.taken
    told = [] if taken is None else taken.items
    gone = [] if taken is None else taken.gone
    outcomes = ("imported", "updated", "unchanged", "skipped", "failed")
    return {
        "outcome": checked.outcome,
        "words": checked.words or None,
        **{outcome: sum(each.outcome == outcome for each in told) for outcome in outcomes},
        "gone": len(gone),
        "items": [
            *(_item_shape(each.item, each.outcome, each.slug, each.reason, each.notes) for each in told),
            *(_item_shape(each.name, "gone", None, each.reason) for each in gone),
        ],
    }


def _item_shape(
    item: str, outcome: str, slug: str | None, reason: str | None, notes: Sequence[str] = ()
) -> dict[str, Any]:
    """As `articles import --json` has it."""
    return {"item": item, "outcome": outcome, "slug": slug, "reason": reason, "notes": list(notes)}
