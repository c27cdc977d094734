"""Zone data of our own: the same law of clocks on every machine, whatever its system holds."""

import zoneinfo


def use_own_zones() -> None:
    """Take zones from the package that stands in the lock, never from the system; once, at the start.

    Rule: docs/security/threat-model.md R14 (governments change clocks late, and servers are old).
    """
    if zoneinfo.TZPATH:
        zoneinfo.reset_tzpath(to=())
        zoneinfo.ZoneInfo.clear_cache()
