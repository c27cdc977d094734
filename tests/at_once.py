"""Several people at the same moment, each on a thread with a connection of her own."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from flask import Flask

from lms.app import create_app
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import db, transaction
from lms.kernel.errors import Refusal
from tests.cast import NOW, Cast, make_cast
from tests.conftest import POSTGRES, need, settings_for
from tests.tools import postgres

WAIT_SECONDS = 60

Act = Callable[[Callable[[], int]], None]
"""What somebody does. It is given what she calls when she is ready, and goes on when all are."""


@contextmanager
def apart(kind: str, folder: Path, worker: str) -> Iterator[tuple[Flask, Cast]]:
    """An application with a database of its own, `sqlite` or `postgresql`, and the cast: in it threads really meet."""
    url = None
    if kind == "postgresql":
        need("postgresql")
        url = postgres.make_database(os.environ[POSTGRES], f"apart_{worker}")
    app = create_app(settings_for(folder, url), clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        with transaction():
            cast = make_cast()
    yield app, cast
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def at_once(app: Flask, *acts: Act) -> list[type[Refusal] | None]:
    """Do all of them at the same moment; what became of each: None, or the kind of its refusal.

    Any other error of one of them is raised here, and nobody is waited for without end.
    """
    barrier = threading.Barrier(len(acts))
    outcomes: list[Future[type[Refusal] | None]] = [Future() for _ in acts]
    for act, outcome in zip(acts, outcomes, strict=True):
        threading.Thread(target=_run, args=(app, act, barrier, outcome), daemon=True).start()
    waiting = wait(outcomes, timeout=2 * WAIT_SECONDS).not_done
    assert not waiting, "somebody waits for ever"
    errors = [error for outcome in outcomes if (error := outcome.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, threading.BrokenBarrierError)):
        raise error
    return [outcome.result() for outcome in outcomes]


def _run(app: Flask, act: Act, barrier: threading.Barrier, outcome: "Future[type[Refusal] | None]") -> None:
    try:
        with app.app_context():
            try:
                act(partial(barrier.wait, WAIT_SECONDS))
            finally:
                db.session.remove()
    except Refusal as refusal:
        outcome.set_result(type(refusal))
    except BaseException as error:  # noqa: BLE001 - told by whoever waits for the outcome
        barrier.abort()  # nobody else meets somebody who is gone
        outcome.set_exception(error)
    else:
        outcome.set_result(None)
