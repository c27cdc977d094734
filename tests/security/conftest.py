"""Somebody of each role, a site behind https, and a look at every connection that is opened."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from lms.app import create_app
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import db, transaction
from tests.browser import browser, live, open_browser
from tests.cast import NOW, make_cast
from tests.conftest import World, settings_for
from tests.security.addresses import Everybody
from tests.security.addresses import everybody as make_everybody
from tests.security.scene import looking_as, scene

__all__ = ["browser", "live", "looking_as", "open_browser", "scene"]

ADDRESS = "https://learn.example.org"
LINES = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen", "os.system")
_looking: list[list[str]] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _looking and event in LINES:
        _looking[-1].append(f"{event} {arguments}")


@pytest.fixture
def everybody(app, cast, taught) -> Everybody:
    return make_everybody(app, cast, taught)


@pytest.fixture(scope="session")
def _listening() -> None:
    sys.addaudithook(_note)  # it cannot be taken away again, so it notes only while somebody looks


@pytest.fixture
def connections(_listening: None) -> Callable[[], AbstractContextManager[list[str]]]:
    """What is looked up, connected to or started as a program meanwhile."""

    @contextmanager
    def opened() -> Iterator[list[str]]:
        _looking.append([])
        try:
            yield _looking[-1]
        finally:
            _looking.pop()

    return opened


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The product as it is served in production: over https, with a database of its own."""
    settings = settings_for(tmp_path_factory.mktemp("secure"), LMS_PUBLIC_URL=ADDRESS)
    clock = FixedClock(NOW)
    app = create_app(settings, clock=clock)
    with app.app_context():
        migrations.upgrade()
        with transaction():
            cast = make_cast()
    yield World(app, clock, cast)
    with app.app_context():
        db.engine.dispose()
