"""Serving: gunicorn, told in code, and the worker beside it."""

import contextlib
import ctypes
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from jinja2 import DictLoader

from lms.kernel.db import db
from lms.settings import Settings

log = logging.getLogger("lms.worker")
THREADS = 12
"""Requests of one process at a time. How many of them may sign somebody in follows from it (lms.accounts.places)."""

SLOWEST_SECONDS = 60

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Settings of glibc's `mallopt`, by their numbers in malloc.h."""

KEPT_BYTES = 1_000_000
"""A larger piece of memory is given back as soon as it is free: a hash of a passphrase takes 19 MiB."""


class Server(BaseApplication):
    """gunicorn around a ready application."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings
        BaseApplication.__init__(self)

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": self._settings.workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": SLOWEST_SECONDS,
            "preload_app": True,
            "accesslog": None,  # addresses of people are not kept
            "loglevel": "error",  # its warnings name addresses
            "control_socket_disable": True,
            "post_fork": lambda arbiter, worker: self._forget_connections(),
        }
        assert self.cfg is not None
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app

    def _forget_connections(self) -> None:
        """A connection of the parent must not be used by two processes."""
        with self._app.app_context():
            db.engine.dispose(close=False)


def serve(app: Flask, settings: Settings) -> None:
    """Serve until a signal ends it. No connection of this process may be shared with the ones it makes."""
    _close_connections()
    give_memory_back()
    # Read now: files that are replaced later do not meet older code. Compiled when they are first needed: that would
    # take as long as the rest of the start (docs/reliability.md, R1).
    loader = app.jinja_env.loader
    assert loader is not None
    names = app.jinja_env.list_templates()
    app.jinja_env.loader = DictLoader({name: loader.get_source(app.jinja_env, name)[0] for name in names})
    # What is there now stays until the end: left alone by the collector, its memory is shared by all processes.
    gc.collect()
    gc.freeze()
    BaseApplication.run(Server(app, settings))


def start_beside(work: Callable[[threading.Event], None]) -> None:
    """Run background work in a process of its own that ends with this one, however this one ends.

    No connection is carried over: with one of SQLite both processes believe in locks that only one of them has, and
    what the child writes is gone when the parent closes its end. The child waits at a pipe that nobody writes to: it
    closes by itself when the last process of ours is gone.
    """
    _close_connections()
    reading, writing = os.pipe()
    if os.fork():
        os.close(reading)
        return
    os.close(writing)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal asks the parent, the pipe asks us
    stop = threading.Event()

    def watch() -> None:
        os.read(reading, 1)
        stop.set()

    threading.Thread(target=watch, daemon=True).start()
    status = 1
    try:
        work(stop)
        status = 0
    except Exception as fault:  # noqa: BLE001 - whatever ended the worker is said before the process ends
        log.error("the worker ended: %s", type(fault).__name__)
    finally:
        os._exit(status)


def give_memory_back() -> None:
    """Let the C library return what is freed.

    By itself glibc keeps a heap for each of many threads, and whatever was once large: two processes grew from 225 to
    631 MB in a minute of work (docs/performance.md). Others have nothing to set.
    """
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        for name, value in ((ARENA_MAX, 2), (MMAP_THRESHOLD, KEPT_BYTES), (TRIM_THRESHOLD, KEPT_BYTES)):
            library.mallopt(name, value)


def _close_connections() -> None:
    """Inside the command's own application context: its session holds a connection too."""
    db.session.remove()
    db.engine.dispose()
