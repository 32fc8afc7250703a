"""The number of tries so far and now into the instant of the next try, or into giving up."""

from __future__ import annotations

from datetime import datetime, timedelta

# After the first try one minute (a greylisting relay wants some), then ever longer. RFC 5321 §4.5.4.1 asks
# for 30 minutes between tries and 4 to 5 days before giving up; that is the relay's part. A newsletter two
# days late is no service, so we end after eight tries, a day and a little.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720))
SPREAD = 0.25  # of a wait, at most, is added, so that readers put off together do not come back together
MOST_TRIES = len(WAITS) + 1


def next_attempt(attempts: int, now: datetime, jitter: float) -> datetime | None:
    """When to try again after `attempts` tries (1 or more), the last failing at `now` (aware); None: give up.

    `jitter` is a chance number from 0 to 1. Without it the tries stand 1, 6, 21, 81, 321, 801 and 1521
    minutes after the first.
    """
    if attempts < 1 or not 0 <= jitter <= 1:
        raise ValueError(f"there is no next attempt after {attempts} tries with a jitter of {jitter}")
    if attempts >= MOST_TRIES:
        return None
    return now + WAITS[attempts - 1] * (1 + SPREAD * jitter)
