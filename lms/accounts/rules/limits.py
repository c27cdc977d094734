"""How many tries to sign in are looked at, and what counts as one source."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Tries without success inside the window, the try itself included. of_pair: of this account from this source."""

    of_pair: int
    of_account: int
    of_source: int
    everywhere: int

    def and_one(self) -> "Failures":
        """With one more try, which is not among them yet."""
        return Failures(
            of_pair=self.of_pair + 1,
            of_account=self.of_account + 1,
            of_source=self.of_source + 1,
            everywhere=self.everywhere + 1,
        )


@dataclass(frozen=True, kw_only=True)
class AllowedFailures:
    """How many tries are still looked at."""

    of_pair: int
    of_account: int
    of_source: int


def may_try(failures: Failures, allowed: AllowedFailures) -> bool:
    """Whether one more try is looked at.

    There is no limit over everybody: whoever could reach it would lock everybody out; it raises an alarm instead.
    Rule: docs/security/threat-model.md E2.
    """
    return (
        failures.of_pair <= allowed.of_pair
        and failures.of_account <= allowed.of_account
        and failures.of_source <= allowed.of_source
    )


def source_of(address: str) -> str:
    """What counts as one source: an address, or the /64 of an IPv6 address, which one person can fill alone."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


DEVICE_KNOWN = timedelta(days=180)
