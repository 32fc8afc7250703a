"""The timer with the real APScheduler: short real waits for events, no sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from queue import SimpleQueue

from newsletter.scheduling.timer import HEARTBEAT, Timer

PATIENCE = 10.0  # seconds; only a failing test waits so long
SELDOM = 3600.0  # seconds between beats, where a test wants none but the first


def fail(error: Exception) -> None:
    raise AssertionError("no error was expected") from error


@contextmanager
def running(
    wake: Callable[[], None], on_error: Callable[[Exception], None] = fail, every_seconds: float = SELDOM
) -> Iterator[Timer]:
    timer = Timer(wake, on_error, every_seconds)
    timer.start()
    try:
        yield timer
    finally:
        timer.stop()


def test_timer_wakes_at_start_and_at_every_beat() -> None:
    woken: SimpleQueue[datetime] = SimpleQueue()
    with running(lambda: woken.put(datetime.now(UTC)), every_seconds=0.05):
        times = [woken.get(timeout=PATIENCE) for _ in range(4)]
    assert times == sorted(times)


def test_timer_wakes_at_the_instant_it_was_given_and_not_before() -> None:
    woken: SimpleQueue[datetime] = SimpleQueue()
    with running(lambda: woken.put(datetime.now(UTC))) as timer:
        woken.get(timeout=PATIENCE)
        instant = datetime.now(UTC) + timedelta(seconds=1.2)
        timer.set_next(instant)
        assert woken.get(timeout=PATIENCE) >= instant
        assert woken.empty()


def test_later_instant_takes_the_place_of_the_one_before() -> None:
    woken: SimpleQueue[datetime] = SimpleQueue()
    with running(lambda: woken.put(datetime.now(UTC))) as timer:
        woken.get(timeout=PATIENCE)
        second = datetime.now(UTC) + timedelta(seconds=1.5)
        timer.set_next(datetime.now(UTC) + timedelta(seconds=1.1))
        timer.set_next(second)
        assert woken.get(timeout=PATIENCE) >= second
        timer.set_next(datetime.now(UTC) + timedelta(days=1))
        timer.set_next(None)
        timer.set_next(None)
        assert woken.empty()


def test_instant_long_past_wakes_soon_instead_of_never() -> None:
    woken: SimpleQueue[None] = SimpleQueue()
    with running(lambda: woken.put(None)) as timer:
        woken.get(timeout=PATIENCE)
        timer.set_next(datetime(2020, 1, 1, tzinfo=UTC))
        woken.get(timeout=PATIENCE)


def test_wake_may_set_the_next_one() -> None:
    woken: SimpleQueue[None] = SimpleQueue()

    def wake() -> None:
        timer.set_next(datetime.now(UTC))
        woken.put(None)

    timer = Timer(wake, fail, SELDOM)
    timer.start()
    for _ in range(3):
        woken.get(timeout=PATIENCE)
    timer.stop()


def test_error_is_reported_and_the_timer_goes_on() -> None:
    errors: SimpleQueue[Exception] = SimpleQueue()

    def wake() -> None:
        raise OSError("disk full")

    with running(wake, errors.put, every_seconds=0.05):
        assert [str(errors.get(timeout=PATIENCE)) for _ in range(3)] == ["disk full"] * 3


def test_wakes_never_overlap() -> None:
    inside, overlapped = threading.Event(), threading.Event()
    done = threading.Semaphore(0)

    def wake() -> None:
        if inside.is_set():
            overlapped.set()
        inside.set()
        timer.set_next(datetime.now(UTC))
        overlapped.wait(0.12)  # long enough for several beats to fall into it
        inside.clear()
        done.release()

    timer = Timer(wake, fail, every_seconds=0.03)
    timer.start()
    assert all(done.acquire(timeout=PATIENCE) for _ in range(8))
    timer.stop()
    assert not overlapped.is_set()


def test_instant_that_comes_during_a_wake_is_not_lost() -> None:
    """Neither during one that the beat caused (the first) nor one that an instant caused (the second)."""
    woken: SimpleQueue[int] = SimpleQueue()
    came_due = threading.Event()
    wakes = iter(range(1, 10))

    def wake() -> None:
        number = next(wakes)
        if number < 3:
            timer.set_next(datetime.now(UTC))
            came_due.wait(1.3)  # until it stands in line
        woken.put(number)

    timer = Timer(wake, fail, SELDOM)
    timer.start()
    assert [woken.get(timeout=PATIENCE) for _ in range(3)] == [1, 2, 3]
    timer.stop()


def test_stop_waits_for_the_running_wake_even_while_it_sets_the_next() -> None:
    entered, stopping, finished = threading.Event(), threading.Event(), threading.Event()

    def wake() -> None:
        entered.set()
        stopping.wait(PATIENCE)
        timer.set_next(datetime.now(UTC) + timedelta(hours=1))
        timer.set_next(None)
        finished.set()

    timer = Timer(wake, fail, SELDOM)
    timer.start()
    assert entered.wait(PATIENCE)
    stopper = threading.Thread(target=timer.stop)
    stopper.start()
    stopper.join(0.1)
    assert stopper.is_alive()
    stopping.set()
    stopper.join(PATIENCE)
    assert finished.is_set() and not stopper.is_alive()


def test_stopped_timer_wakes_no_more_and_can_be_started_again() -> None:
    woken: SimpleQueue[None] = SimpleQueue()
    timer = Timer(lambda: woken.put(None), fail, SELDOM)
    timer.stop()
    timer.set_next(datetime.now(UTC))
    timer.start()
    woken.get(timeout=PATIENCE)
    timer.stop()
    timer.stop()
    assert woken.empty()
    timer.start()
    woken.get(timeout=PATIENCE)
    timer.stop()


def test_clock_set_back_does_not_stop_the_beat() -> None:
    woken: SimpleQueue[None] = SimpleQueue()
    with running(lambda: woken.put(None)) as timer:
        woken.get(timeout=PATIENCE)
        # What the clock's being set back by two days looks like from here.
        assert timer._scheduler is not None
        timer._scheduler.modify_job(HEARTBEAT, next_run_time=datetime.now(UTC) + timedelta(days=2))
        woken.get(timeout=PATIENCE)
