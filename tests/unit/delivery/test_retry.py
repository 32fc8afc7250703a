from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.delivery.retry import MOST_TRIES, WAITS, next_attempt

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def due(attempts: int, jitter: float) -> datetime:
    """When the next try is due after one that failed at noon."""
    then = next_attempt(attempts, NOON, jitter)
    assert then is not None
    return then


def test_first_try_is_repeated_after_a_minute_and_each_later_one_after_a_longer_wait() -> None:
    waits = [due(attempts, 0.0) - NOON for attempts in range(1, MOST_TRIES)]
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(set(waits))


def test_reader_is_given_up_after_a_day_and_a_little() -> None:
    now, attempts = NOON, 1
    while (then := next_attempt(attempts, now, 0.0)) is not None:
        now, attempts = then, attempts + 1
    assert attempts == MOST_TRIES
    assert timedelta(days=1) < now - NOON < timedelta(days=2)


def test_jitter_only_ever_adds_and_at_most_a_quarter() -> None:
    for attempts, wait in enumerate(WAITS, start=1):
        assert NOON + wait < due(attempts, 0.5) < due(attempts, 1.0) == NOON + wait * 1.25


@pytest.mark.parametrize("attempts, jitter", [(0, 0.0), (1, -0.1), (1, 1.1)])
def test_impossible_questions_are_refused(attempts: int, jitter: float) -> None:
    with pytest.raises(ValueError):
        next_attempt(attempts, NOON, jitter)
