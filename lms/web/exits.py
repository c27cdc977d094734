"""Everyday sites that Leave now goes to: known everywhere, raising no question on any screen."""

from dataclasses import dataclass

from lms.kernel.i18n import lazy as _l


@dataclass(frozen=True)
class Exit:
    """One site to leave to."""

    label: str
    address: str


EXITS = {
    "weather": Exit(_l("Weather"), "https://www.yr.no/"),
    "news": Exit(_l("News"), "https://apnews.com/"),
    "encyclopaedia": Exit(_l("Encyclopaedia"), "https://www.wikipedia.org/"),
}
DEFAULT_EXIT = "weather"
