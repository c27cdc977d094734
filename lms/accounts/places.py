"""Whose passphrase is looked at now, and who waits for it.

A hash takes as long as ten pages (lms.accounts.passphrases). Each process lets a few people at a time come to it and
lets others wait for a moment, so that threads are left for those who save. Whoever wants to shut others out by coming
often meets three things: who is over a limit never comes here (`services.check_limit`), one source holds only a part of
the places, and some are for devices in which their person signed in before.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from .errors import ManySignIns

WAIT_SECONDS = 1.5
"""As long as a request waits for the database too (lms.kernel.waiting)."""

OF_ONE = 2
"""So many places one source holds at most; and so often one person is here from devices that know her."""

FOR_KNOWN_DEVICES = 2
"""So many places nobody else takes."""

THREADS_FOR_OTHERS = 2
"""So many threads strangers who sign in leave free. A save takes one for a hundredth of a second."""

_PLACES = "sign_in_places"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Comer:
    whose: bytes
    is_known: bool


class Places:
    """The places of one process, and the line before them: who came first is next, unless others may and she may not.

    threads: how many requests the process serves at a time; half of them may be at the hash.
    """

    def __init__(self, *, threads: int) -> None:
        self._places, self._most = threads // 2, threads - THREADS_FOR_OTHERS
        self._inside: list[_Comer] = []
        self._line: list[_Comer] = []
        self._changed = threading.Condition()

    def check_room(self, whose: bytes, *, is_known: bool) -> None:
        """Look whether she would be let in or might wait, before anything is written. Raises ManySignIns."""
        with self._changed:
            self._check_room(_Comer(whose=whose, is_known=is_known))

    @contextmanager
    def take(self, whose: bytes, *, is_known: bool) -> Iterator[None]:
        """Have a place, after a moment if need be. Raises ManySignIns.

        whose: who shares OF_ONE of them: a source, or a person where is_known says that her device knows her.
        """
        comer = _Comer(whose=whose, is_known=is_known)
        self._enter(comer)
        try:
            yield
        finally:
            with self._changed:
                self._inside.remove(comer)
                self._changed.notify_all()

    def _enter(self, comer: _Comer) -> None:
        with self._changed:
            self._check_room(comer)
            self._line.append(comer)
            try:
                if not self._changed.wait_for(lambda: self._is_next(comer), WAIT_SECONDS):
                    raise ManySignIns
                self._inside.append(comer)
            finally:
                self._line.remove(comer)
                self._changed.notify_all()  # whoever stood behind her may be next

    def _check_room(self, comer: _Comer) -> None:
        here = [*self._inside, *self._line]
        if comer.is_known:
            is_full = _count(comer, here) >= OF_ONE
        else:
            is_full = len(here) >= self._most and not self._may_enter(comer)
        if is_full:
            raise ManySignIns

    def _is_next(self, comer: _Comer) -> bool:
        return next((one for one in self._line if self._may_enter(one)), None) is comer

    def _may_enter(self, comer: _Comer) -> bool:
        free = self._places - len(self._inside)
        if comer.is_known:
            return free > 0
        strangers = sum(not one.is_known for one in self._inside)
        return free > 0 and strangers < self._places - FOR_KNOWN_DEVICES and _count(comer, self._inside) < OF_ONE


def _count(comer: _Comer, among: list[_Comer]) -> int:
    return sum(one.whose == comer.whose for one in among)


def init_places(app: Flask, *, threads: int) -> None:
    """Give the application its places. threads: how many requests one of its processes serves at a time."""
    app.extensions[_PLACES] = Places(threads=threads)


def current_places() -> Places:
    """Those of the current application in this process."""
    return cast(Places, current_app.extensions[_PLACES])
