"""Everyday sites that Leave now goes to: known in the reader's language, raising no question on any screen."""

from collections.abc import Mapping
from dataclasses import dataclass

from lms.kernel.i18n import lazy as _l


@dataclass(frozen=True)
class Exit:
    """One site to leave to, with its address in each language."""

    label: str
    addresses: Mapping[str, str]


EXITS = {
    "encyclopaedia": Exit(
        _l("Encyclopaedia"),
        {"en": "https://en.wikipedia.org/", "fr": "https://fr.wikipedia.org/", "ar": "https://ar.wikipedia.org/"},
    ),
    "search": Exit(_l("Web search"), dict.fromkeys(("en", "fr", "ar"), "https://www.google.com/")),
    "weather": Exit(
        _l("Weather"),
        {"en": "https://weather.com/", "fr": "https://meteofrance.com/", "ar": "https://www.arabiaweather.com/"},
    ),
}
DEFAULT_EXIT = "search"
