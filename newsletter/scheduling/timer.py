"""An instant → a call: APScheduler as the timer of this process, and nothing more.

It knows no database and decides nothing. It calls at the instant it was given and, in between, at a steady
beat: another process may have added a schedule, the machine may have slept, the clock may have been set.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

HEARTBEAT = "heartbeat"
OCCURRENCE = "occurrence"

SOONEST = timedelta(seconds=1)
"""How far ahead a wake is set at least: what cannot be handled at once is not tried in a busy loop."""


class Timer:
    """Calls `wake` on a thread of its own, never twice at the same time.

    An exception out of `wake` goes to `on_error`, and the timer goes on.
    """

    def __init__(
        self,
        wake: Callable[[], None],
        on_error: Callable[[Exception], None],
        every_seconds: float = 30.0,
    ) -> None:
        self._wake = wake
        self._on_error = on_error
        self._every = timedelta(seconds=every_seconds)
        self._scheduler: _SteadyScheduler | None = None
        self._waking = Lock()

    def start(self) -> None:
        """Wake now, and from then on."""
        # A beat that falls into a long wake is left out, as it should be; APScheduler warns of it.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = _SteadyScheduler(self._every)
        self._scheduler.add_job(
            self._run,
            "interval",
            seconds=self._every.total_seconds(),
            id=HEARTBEAT,
            next_run_time=datetime.now(UTC),
        )
        self._scheduler.start()

    def set_next(self, instant: datetime | None) -> None:
        """Wake at `instant` (aware) too, in place of the one set before; None: at the beat alone."""
        scheduler = self._scheduler
        if scheduler is None:
            return  # a wake that was running when the timer was stopped
        if instant is None:
            with suppress(JobLookupError):
                scheduler.remove_job(OCCURRENCE)
            return
        scheduler.add_job(
            self._run,
            "date",
            run_date=max(instant, datetime.now(UTC) + SOONEST),
            id=OCCURRENCE,
            replace_existing=True,
            # One may wait while one runs: what became due during a wake is not lost.
            max_instances=2,
        )

    def stop(self) -> None:
        """Wait for a running wake, then wake no more. Not to be called by `wake` itself."""
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is None:
            return
        # Not wait=True: APScheduler would wait with its locks held, for a wake that may need them itself.
        scheduler.shutdown(wait=False)
        with self._waking:
            pass

    def _run(self) -> None:
        with self._waking:
            if self._scheduler is None:
                return  # stopped while this one stood in line
            try:
                self._wake()
            except Exception as error:
                self._on_error(error)


class _SteadyScheduler(BackgroundScheduler):  # type: ignore[misc]
    """APScheduler with one thread for its jobs, and a beat that a clock set back cannot stop."""

    def __init__(self, every: timedelta) -> None:
        super().__init__(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._every = every

    def _process_jobs(self) -> float | None:
        """Seconds until the next job.

        Jobs are due by the wall clock. After it was set back by two days, which a machine without a clock of
        its own does at boot, the next beat would be two days away: so a beat further off than one is moved.
        """
        wait: float | None = super()._process_jobs()
        if wait is None or wait <= self._every.total_seconds():
            return wait
        with self._jobstores_lock:
            if self.get_job(HEARTBEAT) is not None:
                self.modify_job(HEARTBEAT, next_run_time=datetime.now(UTC))
        return 0.0
