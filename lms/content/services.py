"""Importing, exporting and comparing packs."""

from datetime import datetime
from pathlib import Path

from lms.courses import queries as courses
from lms.courses import services as publishing
from lms.courses.models import Version
from lms.courses.rules import PublishedVersion

from .check import check_reading
from .diff import compare
from .errors import FaultsFound, NotComparable, NotPublished, PackRefused, unknown_programme
from .layout import COURSE
from .pack import Pack, read_pack, write_pack
from .publish import make_version
from .reading import Reading, read_course


def prepare(pack: Pack) -> PublishedVersion:
    """Check and render a pack. Needs no database, so that none is locked meanwhile. Raises PackRefused."""
    try:
        return make_version(read_sound(pack).course, pack.files)
    except FaultsFound as found:
        raise PackRefused(found.faults) from None


def read_sound(pack: Pack) -> Reading:
    """Read a pack that has no faults. Raises FaultsFound, which carries them all."""
    reading = read_course(pack)
    if faults := check_reading(reading):
        raise FaultsFound(faults)
    return reading


def import_pack(folder: Path, *, by: int | None, at: datetime) -> tuple[Version, bool]:
    """Publish the pack in this folder; whether the version is new comes second.

    by: None for the operator. Raises PackRefused, IdMeantSomethingElse.
    """
    return publishing.publish_version(prepare(read_pack(folder)), by=by, at=at)


def published_pack(programme: str, number: int | None = None) -> Pack:
    """The files of a published version; without a number of the newest.

    Raises NotPublished: NoSuchProgramme, which names those there are, or NothingPublished.
    """
    found = courses.find_programme(programme)
    if found is None:
        raise unknown_programme(programme, [known.slug for known in courses.programmes()])
    version = courses.find_version(found, number)
    if version is None:
        raise NotPublished(programme=programme)
    return Pack(files={file.path: file.content for file in courses.files_of(version)})


def export_version(programme: str, folder: Path, *, number: int | None = None) -> None:
    """Write a published version into a new or empty folder as it was imported.

    Raises NotPublished, TargetNotEmpty.
    """
    write_pack(published_pack(programme, number).files, folder)


def compare_packs(old: Pack, new: Pack) -> list[str]:
    """What changed from one pack to another, as lines. Faults do not matter if every file can be read.

    Raises NotComparable.
    """
    return compare(_readable(old), _readable(new))


def compare_with_published(new: Pack) -> list[str]:
    """The same, from the newest published version of this programme. Raises NotComparable, NotPublished."""
    course = _readable(new).course
    if course.file is None:
        raise NotComparable(path=COURSE)
    return compare_packs(published_pack(course.file.content.id), new)


def _readable(pack: Pack) -> Reading:
    reading = read_course(pack)
    if reading.unread:
        raise NotComparable(path=reading.unread[0])
    return reading
