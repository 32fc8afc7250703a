"""What a person writes for the end of a time → an instant: a date, an instant, or how long from now."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from newsletter.errors import Refused
from newsletter.options import MINUTES

LONGEST = timedelta(days=3660)
LONGEST_TEXT = 60  # characters


def parse_end(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Aware UTC and later than `now`. A date is when it begins in `zone`, and so is an instant without an offset.

    Raises Refused for what is none of them, what is over, and what no calendar of ours reaches.
    """
    text = text.strip()[:LONGEST_TEXT]
    try:
        end = _end(text, now, zone)
    except (ValueError, OverflowError):
        words = f"{text!r} is neither a date, YYYY-MM-DD, nor an instant, YYYY-MM-DDTHH:MM, nor a time from now, as 2d"
        raise Refused(f"--until: {words}") from None
    if end <= now:
        raise Refused(f"--until: {text} is over already")
    if end - now > LONGEST:
        raise Refused(
            f"--until: {text} is more than ten years away; without --until it lasts until `newsletter resume`"
        )
    return end


def _end(text: str, now: datetime, zone: tzinfo) -> datetime:
    if how_long := re.fullmatch(r"([0-9]{1,6}) ?([mhdw])", text.lower()):
        return now + timedelta(minutes=int(how_long[1]) * MINUTES[how_long[2]])
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return datetime.combine(date.fromisoformat(text), time(), zone).astimezone(UTC)
    end = datetime.fromisoformat(text)
    return (end if end.tzinfo else end.replace(tzinfo=zone)).astimezone(UTC)
