"""Refusals that an operator meets when she handles packs."""

from collections.abc import Sequence

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l

from .faults import Fault


class FaultsFound(Refusal):
    """Carries every fault, by file and line."""

    message = _l("Faults found: %(count)s.")

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = faults


class PackRefused(FaultsFound):
    """The same, when the pack was to be published."""

    message = _l("The pack cannot be published; faults: %(count)s. Nothing was changed.")


class TargetNotEmpty(Refusal):
    message = _l("The folder %(path)s is not empty. Name a new folder; nothing was written.")


class NotPublished(Refusal):
    message = _l("There is no published version of %(programme)s with this number. Nothing was changed.")


class NoSuchProgramme(NotPublished):
    message = _l("There is no programme %(programme)s. Published: %(published)s.")


class NothingPublished(NotPublished):
    message = _l("There is no programme %(programme)s. Nothing has been published yet.")


def unknown_programme(programme: str, published: Sequence[str]) -> NotPublished:
    """What to raise for a programme that is not among the published ones."""
    if not published:
        return NothingPublished(programme=programme)
    return NoSuchProgramme(programme=programme, published=", ".join(published))


class NotComparable(Refusal):
    message = _l("%(path)s cannot be read as part of a pack. `lms content check` says what is wrong with it.")
