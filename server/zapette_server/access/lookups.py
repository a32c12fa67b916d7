"""Looks up connecting clients in the household's stores, on a thread of its own.

A store may be locked, damaged, or on a disk that sleeps, which must not block the event loop. The
thread answers many questions at once. While nothing has been written since its last look, the loop
answers from memory.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from zapette_broker.access.authenticator import UnavailableError
from zapette_broker.storage.store_errors import StoreError
from zapette_server.access.records import Change, Records, Standing, View

log = logging.getLogger("zapette.broker")

INTERVAL: Final = 0.2
"""Seconds between two checks for new codes, changed accounts and revoked tokens."""

ANSWER_TIMEOUT: Final = 5.0
"""The time limit for an answer, in seconds, while a store cannot be read."""

_GATHER: Final = 0.001
_RETRY: Final = 0.05
_SLOW: Final = 1.0
_KEPT: Final = 1000
_ERRORS: Final = (StoreError, sqlite3.Error, OSError)


@dataclass(slots=True)
class _Question:
    """One question and its answer; `player` is empty if it is about an account."""

    answer: asyncio.Future[Any]
    deadline: float
    client: str
    player: str = ""


class Lookups:
    """Questions of the event loop to the stores; only the loop calls methods other than `run`."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_change: Callable[[Change], None] = _ignore
        self._on_many: Callable[[], None] = _ignore
        self._too_many = _KEPT
        self._lock = threading.Lock()
        self._questions: list[_Question] = []
        self._asked: deque[_Question] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._watched: set[str] = set()
        self._wake = threading.Event()
        self._stopping = False
        self._look_again = False
        self._problem: str | None = None
        self._reading_since: float | None = None
        self._view: View | None = None

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        on_change: Callable[[Change], None],
        on_many: Callable[[], None],
        players: Iterable[str] = (),
    ) -> None:
        """Prepare for `run` on another thread.

        The first change always includes `players`, because a code may have been renewed while the
        broker was down.

        Args:
            loop: the loop that the callbacks run on.
            on_change: receives the changes.
            on_many: calls `watch_only`, because the number of watched players has doubled.
            players: the players to watch.
        """
        self._loop = loop
        self._on_change = on_change
        self._on_many = on_many
        self.watch_only(players)

    def stop(self) -> None:
        """Make `run` return; open questions get no answer."""
        self._stopping = True
        self._wake.set()
        if self._timer is not None:
            self._timer.cancel()

    def watch_only(self, players: Iterable[str]) -> None:
        """Watch only these players and those of open questions."""
        with self._lock:
            self._watched = {*players, *(it.player for it in self._asked if it.player)}
            self._too_many = 2 * len(self._watched) + _KEPT

    def known_standing(self, player_id: str, client_id: str) -> Standing | None:
        """Return a token's standing if memory is up to date, else None."""
        view = self._view
        if view is None or view.commits != self._records.last_commits():
            return None
        with self._lock:
            self._watched.add(player_id)
        return view.standing(player_id, client_id)

    def standing(self, player_id: str, client_id: str) -> asyncio.Future[Standing]:
        """Ask for a token's standing; UnavailableError after `ANSWER_TIMEOUT` seconds."""
        return self._ask(client_id, player_id)

    def hash_of(self, account: str) -> asyncio.Future[str | None]:
        """Ask for the hash of an account's password; None if there is no such account."""
        return self._ask(account)

    def _ask(self, client: str, player: str = "") -> asyncio.Future[Any]:
        if self._loop is None:
            raise RuntimeError("the lookups were not started")
        answer: asyncio.Future[Any] = self._loop.create_future()
        question = _Question(answer, self._loop.time() + ANSWER_TIMEOUT, client, player)
        self._asked.append(question)
        if self._timer is None:
            self._timer = self._loop.call_later(ANSWER_TIMEOUT, self._give_up)
        with self._lock:
            if player:
                self._watched.add(player)
            self._questions.append(question)
        if not self._wake.is_set():
            self._wake.set()
        return answer

    def _give_up(self) -> None:
        """Fail the questions whose time limit has passed."""
        self._timer = None
        if self._loop is None:
            return
        asked, now = self._asked, self._loop.time()
        while asked and (asked[0].answer.done() or asked[0].deadline <= now):
            answer = asked.popleft().answer
            if not answer.done():
                answer.set_exception(UnavailableError("the stores cannot be read now"))
        if asked and not self._stopping:
            self._timer = self._loop.call_later(max(0.0, asked[0].deadline - now), self._give_up)

    def run(self) -> None:
        """Answer questions and look for changes until `stop`."""
        next_look = 0.0
        self._look_again = True
        while not self._stopping:
            if self._wake.wait(max(0.0, next_look - time.monotonic())):
                # One look then answers all questions of a burst.
                time.sleep(_GATHER)
            self._wake.clear()
            with self._lock:
                questions, self._questions = self._questions, []
                watched = set(self._watched) if time.monotonic() >= next_look else None
            if self._look_again:
                self._look_again = False
                self._records.forget()
            self._reading_since = time.monotonic()
            try:
                if watched is not None:
                    self._post(self._records.look(watched), [])
                    if len(watched) > self._too_many and self._loop is not None:
                        self._loop.call_soon_threadsafe(self._on_many)
                    next_look = time.monotonic() + INTERVAL
                if questions:
                    self._answer(questions)
            except _ERRORS as error:
                self._failed(error)
                # Otherwise the changes found before the error would be lost.
                self._look_again = True
                with self._lock:
                    self._questions[:0] = [it for it in questions if not it.answer.done()]
                next_look = 0.0
                self._reading_since = None
                time.sleep(_RETRY)
            else:
                self._reading_since = None
                self._recovered()

    def _answer(self, questions: list[_Question]) -> None:
        tokens = {(it.player, it.client) for it in questions if it.player}
        standings, change = self._records.standings(tokens) if tokens else ({}, Change())
        hashes = self._records.hashes(change) if len(tokens) < len(questions) else {}
        self._post(
            change,
            [
                (it.answer, standings[it.player, it.client] if it.player else hashes.get(it.client))
                for it in questions
            ],
        )

    def _post(self, change: Change, answers: list[tuple[asyncio.Future[Any], object]]) -> None:
        view = self._records.view
        has_news = change or answers or view is not self._view
        if has_news and self._loop is not None and not self._stopping:
            self._loop.call_soon_threadsafe(self._deliver, change, answers, view)

    def _deliver(
        self,
        change: Change,
        answers: list[tuple[asyncio.Future[Any], object]],
        view: View | None,
    ) -> None:
        # The view and the changes up to it take effect together.
        self._view = view
        if change:
            try:
                self._on_change(change)
            except Exception:
                log.exception("a change in the stores was not fully applied")
                self._look_again = True
                self._view = None
        for answer, value in answers:
            if not answer.done():
                answer.set_result(value)
        asked = self._asked
        while asked and asked[0].answer.done():
            asked.popleft()

    @property
    def problem(self) -> str | None:
        """Why the stores cannot be read; None if they can."""
        since = self._reading_since
        if since is not None and time.monotonic() - since > _SLOW:
            return f"a store has not answered for {time.monotonic() - since:.0f} s"
        return self._problem or self._records.problem

    def _failed(self, error: Exception) -> None:
        if self._problem is None:
            self._problem = str(error)
            log.error("the stores cannot be read; new clients must wait: %s", error)

    def _recovered(self) -> None:
        if self._problem is not None:
            self._problem = None
            log.warning("the stores can be read again")


def _ignore(*_: Change) -> None:
    """Do nothing."""
