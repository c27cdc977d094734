"""What a person may choose for how pages look to her."""

from enum import StrEnum


class Theme(StrEnum):
    """Colours of the interface; DEVICE follows what the device asks for."""

    DEVICE = ""
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Digits(StrEnum):
    """Which digits numbers and dates are written in; the second only changes Arabic pages."""

    LATIN = "latn"
    ARABIC = "arab"
