"""Everything in one process: the timer makes issues, threads deliver them, follow feeds and serve the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import structlog

from newsletter.app import App
from newsletter.delivery.worker import Ending
from newsletter.desk import following, pausing, sending, ticking
from newsletter.errors import NewsletterError
from newsletter.home import held
from newsletter.model import Issue
from newsletter.scheduling.timer import Timer
from newsletter.states import IssueState
from newsletter.store import deliveries as delivery_store
from newsletter.store import issues as issue_store
from subscribers import SubscribersError

LOOK_AGAIN = 5.0  # seconds between two looks for deliveries that became due, or that another process planned
LOOK_AT_FEEDS = 60.0  # seconds between two looks for feeds that are due
AFTER_TROUBLE = 30.0  # seconds until a relay that could not be reached is tried again

log = structlog.get_logger()


class Runner:
    """The scheduler and the worker of one home."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._stop = threading.Event()
        self._work = threading.Event()  # something may be there to deliver
        self._timer = Timer(self._tick, self._tell_error)
        self._said: dict[str, None] = {}  # so that a trouble that lasts is told once

    @contextmanager
    def running(self, scheduler: bool, worker: bool) -> Iterator[None]:
        """The parts asked for, until the block ends; what is in flight is finished and recorded first."""
        with ExitStack() as parts:
            if self._app.database.is_sqlite:
                parts.enter_context(held(self._app.home))
            if worker:
                parts.enter_context(self._thread("worker", self._deliver_always))
            if scheduler:
                parts.enter_context(self._thread("feeds", self._follow_always))
                self._timer.start()
                parts.callback(self._timer.stop)
            try:
                yield
            finally:
                self._stop.set()
                self._work.set()

    @contextmanager
    def _thread(self, name: str, target: Callable[[], None]) -> Iterator[None]:
        thread = threading.Thread(target=target, name=name)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._work.set()
            thread.join()

    def _tick(self) -> None:
        ticked = ticking.tick(self._app)
        for words in ticked.words:
            self._tell("warning", words)
        for fault in ticked.faults:
            self._tell_error(fault)
        for issue_id in ticked.started:
            log.info("issue begun", issue=issue_id)
            self._work.set()
        self._timer.set_next(ticked.wake_at)

    def _follow_always(self) -> None:
        while not self._stop.is_set():
            try:
                for words in following.check_due(self._app, self._stop):
                    log.info(words)
            except Exception as error:
                self._tell_error(error)
            self._stop.wait(LOOK_AT_FEEDS)

    def _deliver_always(self) -> None:
        while not self._stop.is_set():
            self._work.clear()
            trouble = False
            try:
                sending.recover(self._app)
                for issue in self._issues_to_go_on_with():
                    trouble |= self._try_to_deliver(issue)
            except Exception as error:
                self._tell_error(error)
                trouble = True
            self._work.wait(AFTER_TROUBLE if trouble else LOOK_AGAIN)

    def _issues_to_go_on_with(self) -> list[Issue]:
        """Those being sent of which somebody can be tried now, or nobody is left."""
        now = self._app.clock()
        with self._app.database.read() as connection:
            sent_now = issue_store.issues_in(connection, IssueState.SENDING)
            due = [
                issue
                for issue in sent_now
                if delivery_store.is_due(connection, issue.id, now)
                or not any(issue.counts.get(status) for status in sending.OPEN)
            ]
        return pausing.not_held(self._app, due)

    def _try_to_deliver(self, issue: Issue) -> bool:
        """Whether there was trouble: that of one issue does not keep the others waiting."""
        try:
            return self._deliver(issue)
        except Exception as error:
            self._tell_error(error)
            return True

    def _deliver(self, issue: Issue) -> bool:
        """Whether there was trouble."""
        ending = sending.deliver(self._app, issue, self._stop)
        after = sending.find(self._app, issue.id)
        if after.counts != issue.counts or after.state is not issue.state:
            counts = {status.value: count for status, count in after.counts.items()}
            log.info("issue delivered", issue=issue.id, state=after.state.value, **counts)
        return self._told(ending, issue)

    def _told(self, ending: Ending, issue: Issue) -> bool:
        if ending.refused:
            self._tell("error", f"issue {issue.id} is paused: {ending.refused}")
        if ending.unreachable:
            self._tell("warning", f"the relay cannot be reached: {ending.unreachable}")
        return bool(ending.unreachable)

    def _tell_error(self, error: Exception) -> None:
        """A fault of our own comes with where it is; the thread it happened in goes on."""
        if isinstance(error, NewsletterError | SubscribersError):
            self._tell("error", str(error))
        else:
            log.error("this is a fault of the program", exc_info=error)

    def _tell(self, level: str, words: str) -> None:
        if words not in self._said:
            self._said[words] = None
            getattr(log, level)(words)
