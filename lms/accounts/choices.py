"""What the account page offers to choose from."""

from functools import cache
from zoneinfo import available_timezones

from flask_babel import gettext as _

from lms.web.exits import EXITS
from lms.web.formats import ngettext, write_number
from lms.web.languages import NAMES

from .rules.preferences import Digits, Theme
from .rules.sessions import LocksAfter

Choices = list[tuple[str, str]]


def languages() -> Choices:
    """Languages of the interface, each by its own name."""
    return list(NAMES.items())


@cache
def time_zones() -> Choices:
    """Zones by place, sorted; those that name a place a person knows."""
    named = sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "US/", "posix"))
    )
    return [("UTC", "UTC")] + [(zone, zone.replace("_", " ")) for zone in named]


def time_zones_with(stored: str) -> Choices:
    """The same, with the zone that is stored, however it is named."""
    offered = time_zones()
    return offered if any(zone == stored for zone, _name in offered) else [(stored, stored), *offered]


def themes() -> Choices:
    """Colours."""
    return [
        (Theme.DEVICE, _("As my device")),
        (Theme.LIGHT, _("Light")),
        (Theme.DARK, _("Dark")),
        (Theme.CONTRAST, _("High contrast")),
    ]


def digits() -> Choices:
    """Digit sets, shown in themselves."""
    return [(Digits.LATIN, "123"), (Digits.ARABIC, "١٢٣")]


def exits() -> Choices:
    """Everyday sites that Leave now can go to."""
    return [(name, str(site.label)) for name, site in EXITS.items()]


def locks() -> Choices:
    """After how long without a request a session ends."""
    minutes = [one for one in LocksAfter if one is not LocksAfter.NEVER]
    usual = (str(LocksAfter.NEVER), _("7 days; 15 minutes on a shared device"))
    return [
        usual,
        *((str(one), ngettext("%(num)s minute", "%(num)s minutes", one, num=write_number(one))) for one in minutes),
    ]
