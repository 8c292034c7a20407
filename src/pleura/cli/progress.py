"""How the command line says how far it is: a bar on a terminal, a line every some seconds where nobody watches one.

A log of a run that takes an hour shows that it lives, and when it will end.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Protocol, TextIO

from pleura.text import duration

EVERY = 8.0
"""Seconds between two lines: often enough that nobody thinks it hangs, seldom enough to read the log of an hour."""


@contextmanager
def reported(stream: TextIO, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Give a function that takes what is being done; the latest is printed every some seconds, by a thread of its own.

    What has not changed since is printed again, with "still" before it: some steps are long.
    """
    if quiet:
        yield lambda _doing: None
        return
    news = _News(stream)
    thread = Thread(target=news.print_now_and_then, daemon=True)
    thread.start()
    try:
        yield news.take
    finally:
        news.over.set()
        thread.join()


class _News:
    """What is being done, and whether that has been printed."""

    def __init__(self, stream: TextIO) -> None:
        self.over = Event()
        self._stream, self._doing, self._printed = stream, "", ""

    def take(self, doing: str) -> None:
        self._doing = doing

    def print_now_and_then(self) -> None:
        while not self.over.wait(EVERY):
            doing = self._doing
            if not doing:
                continue
            try:
                self._stream.write(f"still {doing}\n" if doing == self._printed else f"{doing}\n")
                self._stream.flush()
            except (OSError, ValueError):  # whoever read it has left; the command itself will notice
                return
            self._printed = doing


class CountDone(Protocol):
    """What takes how many of how many are done and, where it is known, for how long it goes on."""

    def __call__(self, done: int, count: int, left: str = "", /) -> None:
        """Display it."""


@contextmanager
def counted(doing: str, quiet: bool) -> Iterator[CountDone]:
    """Give a function that takes how many are done; it moves a bar on a terminal, else prints to stderr."""
    if quiet or not is_watched():
        with reported(sys.stderr, quiet) as tell:
            yield lambda done, count, left="": tell(f"{doing}: {done} of {count}{left and ', '}{left}")
        return
    with progress_bar() as move:
        yield lambda done, count, _left="": move(done, count, doing)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int | None, str], None]]:
    """Show a bar on the terminal; give the function that takes how many of how many are done, and what is being done.

    What is printed meanwhile stands above the bar; where stdout is no terminal, it goes there untouched.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    # What is being done stands last: its length changes.
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    to_terminal = sys.stdout.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=to_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, count, doing: bar.update(task, completed=done, total=count, description=doing)


def is_watched() -> bool:
    """Say whether somebody sees a bar: stderr is a terminal."""
    return sys.stderr.isatty()


class Pace:
    """How long the rest takes, from the speed so far in this process."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def left(self, done: int, total: int) -> str:
        """Return for about how long it goes on, as "about 3 minutes left"; "" where nothing is known yet."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        began, before = self._first
        if done <= before:
            return ""
        seconds = (now - began) / (done - before) * (total - done)
        return f", about {duration(seconds)} left"
