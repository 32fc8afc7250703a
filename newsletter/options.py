"""What a schedule may be told beyond when and to whom: every option, its default, and how it is read from text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import date, time
from typing import Any, Literal, get_args

from newsletter.blackouts import Blackout
from newsletter.errors import Refused
from subscribers import InvalidAddress, parse

Order = Literal["queue", "oldest", "newest", "evergreen", "score"]
Repeat = Literal["per-list", "per-reader"]
WhenEmpty = Literal["alert", "skip", "repeat"]
WhenBlackedOut = Literal["skip", "shift"]
WhenMissed = Literal["late", "skip", "ask"]
Approval = Literal["first-three", "required", "optional", "none"]
IfUnanswered = Literal["hold", "send", "skip"]

AUTHOR = "author"
"""Stands among the approvers for whoever wrote an article of the issue."""

MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}
_DURATION = re.compile(r"(\d{1,6}) ?(?:(m)(?:in(?:ute)?s?)?|(h)(?:(?:ou)?rs?)?|(d)(?:ays?)?|(w)(?:eeks?)?)")
"""A month is no unit: "2 months" must not be taken for two minutes."""
_HOURS = re.compile(r"([0-9]{2}:[0-9]{2}) ?- ?([0-9]{2}:[0-9]{2})")
LONGEST_LEAD = 60 * MINUTES["d"]
MOST_ARTICLES = 20
MOST_WORDS = 200  # entries of one option
NOTHING = ("", "none", "-")
"""What empties an option that holds several things."""

Reader = Callable[[str], Any]
Shares = tuple[tuple[str, float], ...]
"""Names, each with its number."""


def _choice(allowed: Any) -> Reader:
    names = get_args(allowed)

    def read(text: str) -> str:
        if text not in names:
            raise ValueError(f"{text!r} is none of {', '.join(names)}")
        return text

    return read


def _number(least: int, most: int) -> Reader:
    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise ValueError(f"{text!r} is not a whole number") from None
        if not least <= value <= most:
            raise ValueError(f"{value} is not within {least:,} to {most:,}")
        return value

    return read


def _names(text: str) -> tuple[str, ...]:
    if text.strip() in NOTHING:
        return ()
    found = tuple(dict.fromkeys(name for part in text.split(",") if (name := " ".join(part.split()))))
    if len(found) > MOST_WORDS:
        raise ValueError(f"{len(found)} entries are too many; {MOST_WORDS} are allowed")
    return found


def _shares(text: str) -> Shares:
    """`a=2, b=0.5`."""
    found = {}
    for part in _names(text):
        name, _, number = part.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if not name.strip() or not 0 <= value <= 1000:
            raise ValueError(f"{part!r} is not written NAME=NUMBER, with a number from 0 to 1000")
        found[name.strip()] = value
    return tuple(found.items())


def duration(text: str) -> int:
    """Minutes, of `90m`, `48h`, `2d` or `1w`."""
    match = _DURATION.fullmatch(text.strip().lower())
    if text.strip() == "0":
        return 0
    if match is None:
        raise ValueError(f"{text!r} is not a length of time, such as 90m, 48h, 2d or 1w")
    unit = next(filter(None, match.groups()[1:]))
    minutes = int(match[1]) * MINUTES[unit]
    if minutes > LONGEST_LEAD:
        raise ValueError(f"{text!r} is too long; {LONGEST_LEAD // MINUTES['d']} days are allowed")
    return minutes


def _hours(text: str) -> str:
    """`07:00-20:00`, the second one excluded."""
    match = _HOURS.fullmatch(text)
    try:
        begins, ends = map(time.fromisoformat, match.groups() if match else ())
    except ValueError:
        raise ValueError(f"{text!r} is not written HH:MM-HH:MM") from None
    if begins >= ends:
        raise ValueError(f"{text!r}: the hours begin after they end")
    return f"{begins:%H:%M}-{ends:%H:%M}"


def _address(text: str) -> str:
    try:
        return parse(text).email
    except InvalidAddress as error:
        raise ValueError(str(error)) from None


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_address, _names(text))))


def _approvers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each if each == AUTHOR else _address(each) for each in _names(text)))


def _away(text: str) -> tuple[str, ...]:
    """`EMAIL=2026-08-01..2026-08-14`, both days included."""
    found = []
    for part in _names(text):
        email, sign, days = part.rpartition("=")
        first, dots, last = days.partition("..")
        try:
            begins, ends = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
        except ValueError:
            sign = ""
        if not sign or not dots:
            raise ValueError(f"{part!r} is not written EMAIL=YYYY-MM-DD..YYYY-MM-DD")
        if ends < begins:
            raise ValueError(f"{part!r} ends before it begins")
        found.append(f"{_address(email)}={begins}..{ends}")
    return tuple(dict.fromkeys(found))


def _blackout(text: str) -> tuple[str, ...]:
    if text.strip() in NOTHING:
        return ()
    entries = tuple(dict.fromkeys(entry for part in text.split(",") if (entry := part.strip())))
    Blackout.parse(entries)
    return entries


def _switch(text: str) -> bool:
    if text.lower() in ("yes", "true", "on", "1"):
        return True
    if text.lower() in ("no", "false", "off", "0"):
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


def _option(default: Any, read: Reader, help: str, shape: str = "") -> Any:
    """A field: its default, how it is read, what it means, and how its value is written."""
    metadata = {"read": read, "help": help, "shape": shape}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Options:
    """Every option of a schedule. What is not stored with one is as it stands here."""

    # Which article
    order: Order = _option("queue", _choice(Order), "Which weights the scores start from.", "|".join(get_args(Order)))
    weights: Shares = _option((), _shares, "Other weights than the order's.", "RANKING=NUMBER,…")
    articles: int = _option(1, _number(1, MOST_ARTICLES), "How many articles an issue has; the first one leads.", "N")
    cool_down: int = _option(
        365, _number(0, 36_500), "Days until an evergreen article may go again; others never do.", "DAYS"
    )
    times: int = _option(0, _number(0, 1000), "How often one article may go at most; 0: no limit.", "N")
    categories: tuple[str, ...] = _option((), _names, "Only articles of one of these categories.", "NAME,…")
    tags: tuple[str, ...] = _option((), _names, "Only articles with one of these tags.", "NAME,…")
    without: tuple[str, ...] = _option((), _names, "No article with one of these categories or tags.", "NAME,…")
    author_turns: Shares = _option((), _shares, "Each author's share of the issues; else equal.", "NAME=NUMBER,…")
    category_turns: Shares = _option((), _shares, "Each category's share; else equal.", "NAME=NUMBER,…")
    variety: int = _option(2, _number(0, 50), "How many issues back an author or category counts as just had.", "N")
    fresh: int = _option(30, _number(0, 3650), "Days after its date for which an article counts as new.", "DAYS")
    when_empty: WhenEmpty = _option(
        "alert",
        _choice(WhenEmpty),
        "When nothing may go: tell who looks after it, keep still, or send what went longest ago again.",
        "|".join(get_args(WhenEmpty)),
    )
    # To whom
    repeat: Repeat = _option(
        "per-list",
        _choice(Repeat),
        "Who must not get an article twice: the list, or each reader, who then goes through them in order.",
        "per-list|per-reader",
    )
    sequence: int = _option(
        0,
        _number(0, 3650),
        "A course for who joins from now on: each reader's next article after so many days.",
        "DAYS",
    )
    at_local: bool = _option(False, _switch, "Send at this hour of each reader's own time zone.", "yes|no")
    first_to: tuple[str, ...] = _option(
        (), _addresses, "Who gets their copies half an hour before all others, and may stop the rest.", "EMAIL,…"
    )
    rehearse: int = _option(
        0, _number(0, 100), "So many occurrences first that go to `first-to`, else to the approvers, alone.", "N"
    )
    # When not
    blackout: tuple[str, ...] = _option(
        (), _blackout, "Days without an issue; a calendar file is read once, now.", "MM-DD..MM-DD,YYYY-MM-DD,FILE.ics,…"
    )
    on_blackout: WhenBlackedOut = _option(
        "skip", _choice(WhenBlackedOut), "Leave such an issue out, or move it to the next free day.", "skip|shift"
    )
    missed: WhenMissed = _option(
        "late",
        _choice(WhenMissed),
        "An issue that could not go in time: within the grace it still goes, it is left out, or a person decides.",
        "|".join(get_args(WhenMissed)),
    )
    late_hours: str = _option(
        "07:00-20:00", _hours, "When a late issue may leave, in the newsletter's zone.", "HH:MM-HH:MM"
    )
    # Who is asked
    lead: int = _option(48 * 60, duration, "How long before its time an issue is drafted and shown.", "48h")
    approval: Approval = _option(
        "first-three", _choice(Approval), "Whether an issue waits for a yes.", "|".join(get_args(Approval))
    )
    approvers: tuple[str, ...] = _option((), _approvers, "Who is asked: addresses, or `author`.", "EMAIL|author,…")
    if_unanswered: IfUnanswered = _option(
        "hold", _choice(IfUnanswered), "When nobody has answered in time.", "|".join(get_args(IfUnanswered))
    )
    deputy: tuple[str, ...] = _option(
        (), _addresses, "Who is asked when half the time has passed without an answer.", "EMAIL,…"
    )
    away: tuple[str, ...] = _option(
        (), _away, "Who is away when; the deputy is asked in their place.", "EMAIL=FROM..UNTIL,…"
    )


def names() -> dict[str, Field[Any]]:
    """Every option by its name, in the order they are written."""
    return {each.name: each for each in fields(Options)}


def flag(name: str) -> str:
    """How an option is written on the command line."""
    return f"--{name.replace('_', '-')}"


def read_option(name: str, text: str) -> Any:
    """The value a person wrote. Raises Refused that names the option."""
    try:
        return names()[name].metadata["read"](text.strip())
    except ValueError as error:
        raise Refused(f"{flag(name)}: {error}") from None


def absences(options: Options) -> list[tuple[str, date, date]]:
    """Who is away, from which day to which, both included."""
    found = []
    for each in options.away:
        email, _, days = each.rpartition("=")
        first, _, last = days.partition("..")
        found.append((email, date.fromisoformat(first), date.fromisoformat(last)))
    return found


def require_people(options: Options) -> None:
    """Nothing when those whom the options need are named. Raises Refused that names the option."""
    if options.rehearse and not sees_rehearsals(options):
        raise Refused("--rehearse: nobody would see it; say who with --first-to or --approvers")
    known = {email.casefold() for email in (*options.approvers, *options.deputy)}
    for email, _, _ in absences(options):
        if email.casefold() not in known and AUTHOR not in options.approvers:
            raise Refused(f"--away: {email} is neither an approver nor a deputy")


def sees_rehearsals(options: Options) -> tuple[str, ...]:
    """Who sees a rehearsal."""
    return options.first_to or tuple(each for each in options.approvers if each != AUTHOR)


def from_json(stored: Mapping[str, Any]) -> Options:
    """The options of a schedule; `stored` holds what was set."""
    known = names()
    return Options(**{name: _frozen(value) for name, value in stored.items() if name in known})


def to_json(options: Options) -> dict[str, Any]:
    """What differs from the defaults."""
    return {name: getattr(options, name) for name, each in names().items() if getattr(options, name) != each.default}


def shown(options: Options) -> dict[str, Any]:
    """Every option with its value, as JSON has it."""
    values = {name: getattr(options, name) for name in names()}
    return {name: dict(value) if names()[name].type == "Shares" else value for name, value in values.items()}


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
