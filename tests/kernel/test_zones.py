import zoneinfo
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from lms.kernel.zones import use_own_zones

NOON = datetime(2027, 2, 7, 12)


@pytest.fixture
def old_server(tmp_path):
    """A system whose zones know nothing newer: Casablanca keeps one offset for ever."""
    folder = tmp_path / "zones"
    (folder / "Africa").mkdir(parents=True)
    header = b"TZif2" + b"\0" * 15
    counts = b"".join(number.to_bytes(4) for number in (0, 0, 0, 0, 1, 4))
    block = header + counts + b"\0\0\x0e\x10\0\0" + b"+01\0"
    (folder / "Africa" / "Casablanca").write_bytes(block + block + b"\n<+01>-1\n")
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[str(folder)])
    ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(to=before)
    ZoneInfo.clear_cache()


def test_zones_are_ours_and_not_the_systems(old_server):
    assert ZoneInfo("Africa/Casablanca").utcoffset(NOON) == timedelta(hours=1)

    use_own_zones()

    # The Sunday before Ramadan 2027: Morocco is back at UTC until the month is over.
    assert ZoneInfo("Africa/Casablanca").utcoffset(NOON) == timedelta(0)
    assert zoneinfo.TZPATH == () and "Africa/Juba" in zoneinfo.available_timezones()


def test_the_application_starts_with_our_zones(app):
    assert zoneinfo.TZPATH == ()
    assert ZoneInfo("Africa/Casablanca").utcoffset(NOON) == timedelta(0)
