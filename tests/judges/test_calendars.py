"""Other people's calendar programs read our feed: khal a file of it, vdirsyncer the address itself."""

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from werkzeug.serving import make_server

from lms.app import create_app
from lms.home.rules.appointments import Appointment, Feed, Part, write_calendar
from lms.kernel import migrations
from lms.kernel.clock import FixedClock
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from tests.cast import DAY, NOW, Cast, make_cast
from tests.client import Visitor
from tests.conftest import need, settings_for

KHAL = """[calendars]
[[hers]]
path = {calendar}
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
[default]
default_calendar = hers
"""
VDIRSYNCER = """[general]
status_path = "{folder}/status/"
[pair hers]
a = "site"
b = "disk"
collections = null
[storage site]
type = "http"
url = "{address}"
[storage disk]
type = "filesystem"
path = "{folder}/disk"
fileext = ".ics"
"""
# Around both changes of clocks, on both sides of the equator, with half hours, and where there is no change.
ZONES = ("Africa/Juba", "Europe/Oslo", "Asia/Gaza", "Asia/Kathmandu", "America/Santiago", "Asia/Yangon", "UTC")
MOMENTS = [datetime(2027, month, 27, hour, 30, tzinfo=UTC) for month, hour in ((1, 9), (3, 23), (6, 9), (10, 22))]


def run(*command: str, folder: Path) -> str:
    """What a program says; its home and its settings are in the folder."""
    environ = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, cwd=folder)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(("language", "title"), [("en", "Appointment"), ("fr", "Rendez-vous"), ("ar", "موعد")])
@pytest.mark.parametrize("zone", ZONES)
def test_khal_reads_every_appointment_at_its_time(tmp_path, zone, language, title):
    need("khal")
    appointments = [
        Appointment(number=number, entry=UUID(int=number), part=Part.DUE, at=at) for number, at in enumerate(MOMENTS, 1)
    ]
    feed = Feed(secret=b"a" * 32, made_at=NOW, zone=zone, language=language, name="Madar")
    (tmp_path / "feed.ics").write_bytes(write_calendar(feed, appointments))
    (tmp_path / "hers").mkdir()
    config = tmp_path / "khal.conf"
    config.write_text(KHAL.format(calendar=tmp_path / "hers", folder=tmp_path, zone=zone))

    run("khal", "-c", str(config), "import", "--batch", "-a", "hers", "feed.ics", folder=tmp_path)
    listed = run(
        "khal", "-c", str(config), "list", "--day-format", "", "--format", "{start}|{title}", "2027-01-01", "365d",
        folder=tmp_path,
    )  # fmt: skip

    local = [at.astimezone(ZoneInfo(zone)) for at in MOMENTS]
    expected = [f"{at:%Y-%m-%d %H:%M}|{title} {number}" for number, at in enumerate(local, 1)]
    # khal lets what has no end last for an hour, and lists it twice if that goes past midnight.
    assert list(dict.fromkeys(line for line in listed.splitlines() if "|" in line)) == expected


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Cast, str]]:
    """The standard cast behind a real port."""
    need("vdirsyncer")
    app = create_app(settings_for(tmp_path_factory.mktemp("site")), clock=FixedClock(NOW))
    with app.app_context():
        migrations.upgrade()
        with transaction():
            cast = make_cast()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield app, cast, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


class Subscriber:
    """A calendar program that is given an address."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.config = folder, folder / "vdirsyncer.conf"
        (folder / "disk").mkdir()
        self.config.write_text(VDIRSYNCER.format(folder=folder, address=address))
        self._run("discover")

    def sync(self) -> dict[str, datetime]:
        """What it holds after asking: title and time of each event."""
        self._run("sync")
        found = {}
        for file in (self.folder / "disk").glob("*.ics"):
            (event,) = Calendar.from_ical(file.read_bytes()).walk("VEVENT")
            found[str(event["SUMMARY"])] = event["DTSTART"].dt.astimezone(UTC)
        return found

    def _run(self, what: str) -> None:
        run("vdirsyncer", "-c", str(self.config), what, folder=self.folder)


def make_address(visitor: Visitor) -> str:
    page = visitor.post("calendars.make", data={"op": str(new_id())}, expect=200)
    return re.search(r"(/cal/[\w-]+\.ics)", page.text)[1]


def test_vdirsyncer_follows_the_address(site, tmp_path):
    app, cast, base = site
    nour = Visitor(app).signed_in(cast.nour)
    subscriber = Subscriber(tmp_path, base + make_address(nour))

    before = subscriber.sync()
    with app.app_context(), transaction():
        db.session.execute(
            db.text("UPDATE cohorts_calendar_entry SET opens_at = :at WHERE node_id = 'm2'"),
            {"at": (NOW + timedelta(days=9)).replace(tzinfo=None)},
        )
    after = subscriber.sync()

    assert [f"موعد {number}" for number in range(1, 6)] == sorted(before) == sorted(after)
    assert before["موعد 1"] == NOW - 5 * DAY and max(before.values()) == NOW + 2 * DAY
    assert max(after.values()) == NOW + 9 * DAY


def test_an_address_that_was_taken_back_gives_nothing_more(site, tmp_path):
    app, cast, base = site
    nour = Visitor(app).signed_in(cast.nour)
    address = base + make_address(nour)
    subscriber = Subscriber(tmp_path, address)
    subscriber.sync()
    nour.post("calendars.take_back")
    with pytest.raises(AssertionError, match="NOT FOUND"):
        subscriber.sync()
