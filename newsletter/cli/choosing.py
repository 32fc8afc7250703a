"""The options of `issues plan` by which a person chooses, and what is said back."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from newsletter import shapes
from newsletter.app import App
from newsletter.cli.output import note, print_json, say
from newsletter.model import Issue, Occurrence

if TYPE_CHECKING:
    from newsletter.desk.choosing import Changed
    from newsletter.picking.choices import Choice

WHEN = "A date of the schedule, or its date and time: 2027-01-05, 2027-01-05T09:00."

Pin = Annotated[
    list[str] | None,
    typer.Option(metavar="SLUG", help="This article goes, unless a rule refuses it; again for those below it."),
]
At = Annotated[str | None, typer.Option(metavar="DATE", help=f"Of --pin and --not-this; else the next one. {WHEN}")]
Swap = Annotated[
    tuple[str, str] | None, typer.Option(metavar="DATE DATE", help="What goes at the one goes at the other.")
]
Skip = Annotated[str | None, typer.Option(metavar="DATE", help="Nothing goes then.")]
NotThis = Annotated[
    str | None, typer.Option("--not-this", metavar="SLUG", help="Not this one, the next one please; say why.")
]
Undo = Annotated[str | None, typer.Option(metavar="DATE", help="Take back whatever was chosen for then.")]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Of --not-this and --skip.")]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asked for; at most one of these but `at` and `reason`, which go with some."""

    pin: Sequence[str] = ()
    at: str | None = None
    swap: tuple[str, str] | None = None
    skip: str | None = None
    not_this: str | None = None
    undo: str | None = None
    reason: str = ""

    def check(self, is_other: bool) -> None:
        """Raises BadParameter for what does not go together; `is_other` says that something else was asked for, too."""
        asked = [bool(self.pin), self.swap is not None, self.skip is not None, self.not_this is not None]
        if sum([*asked, self.undo is not None, is_other]) > 1:
            raise typer.BadParameter("say one of --pin, --swap, --skip, --not-this, --undo and --missed")
        if self.at is not None and not (self.pin or self.not_this is not None):
            raise typer.BadParameter("--at goes with --pin and --not-this")
        if self.reason and self.skip is None and self.not_this is None:
            raise typer.BadParameter("--reason goes with --skip and --not-this")

    @property
    def plans_none(self) -> bool:
        """Whether nothing is drafted for it now: what is said back is the change, not an issue."""
        is_later = bool(self.pin) and self.at is not None
        return is_later or any(each is not None for each in (self.swap, self.skip, self.not_this, self.undo))


def changed_by(home: App, schedule: str | None, wish: Wish) -> list[Changed]:
    """Raises NotFound or Refused; then nothing has changed."""
    from newsletter.desk import choosing

    if wish.pin:
        return [choosing.pin(home, schedule, wish.pin, wish.at)]
    if wish.swap is not None:
        return list(choosing.swap(home, schedule, *wish.swap))
    if wish.skip is not None:
        return [choosing.skip(home, schedule, wish.skip, wish.reason)]
    if wish.not_this is not None:
        reason = wish.reason
        if not reason and sys.stdin.isatty():
            reason = typer.prompt(f"Why not {wish.not_this}?", err=True)
        return [choosing.not_this(home, schedule, wish.not_this, wish.at, reason)]
    return [] if wish.undo is None else [choosing.undo(home, schedule, wish.undo)]


def tell_displaced(changed: Sequence[Changed]) -> None:
    """What would have gone without the person's word, beside the result."""
    for each in changed:
        if each.displaced:
            note(f"{each.occurrence.wall}: instead of {', '.join(each.displaced)}")


def print_changed(changed: Sequence[Changed], json: bool) -> None:
    if json:
        print_json([_shape(each) for each in changed])
        return
    for each in changed:
        goes = ", ".join(each.articles) or "nothing goes"
        instead = f", instead of {', '.join(each.displaced)}" if each.displaced else ""
        drafted = f" (issue {each.issue.id})" if each.issue else ""
        say(f"{each.schedule.name}, {each.occurrence.wall}: {goes}{instead}{drafted}")


def choices_at(home: App, issue: Issue) -> list[dict[str, Any]]:
    """What a person chose for the occurrence of this issue."""
    if issue.schedule_id is None or issue.occurrence is None:
        return []
    from newsletter.store.choices import choices_for
    from newsletter.store.schedules import schedule_by_id

    with home.database.read() as connection:
        chosen = choices_for(connection, schedule_by_id(connection, issue.schedule_id))
    return [_choice(each) for each in chosen.every if not each.schedule and each.wall == issue.occurrence.wall]


def choices_ahead(home: App, schedule_name: str) -> list[dict[str, Any]]:
    """What a person chose for the occurrences to come of a schedule, each with its occurrence."""
    from newsletter.desk.picks import find
    from newsletter.store.choices import choices_for

    with home.database.read() as connection:
        schedule = find(connection, schedule_name)
        chosen = choices_for(connection, schedule)
    now, zone = home.clock(), ZoneInfo(schedule.timezone)
    ahead = (each for each in sorted(chosen.every, key=lambda each: each.at) if not each.schedule and each.at > now)
    return [
        {**_choice(each), "occurrence": shapes.occurrence(Occurrence(each.at, each.at.astimezone(zone)))}
        for each in ahead
    ]


def in_words(choice: Mapping[str, Any]) -> str:
    reason = choice["reason"] or ""
    if choice["kind"] == "decline":
        return f"not {choice['article']}: {reason}"
    return f"pinned {choice['article']} by hand" + (f", {reason}" if reason else "")


def _choice(choice: Choice) -> dict[str, Any]:
    return {"kind": choice.kind, "article": choice.slug, "reason": choice.reason or None}


def _shape(changed: Changed) -> dict[str, Any]:
    return {
        "schedule": changed.schedule.name,
        "occurrence": shapes.occurrence(changed.occurrence),
        "articles": list(changed.articles),
        "displaced": list(changed.displaced),
        "issue": changed.issue.id if changed.issue else None,
    }
