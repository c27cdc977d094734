"""Judges look at a real server, and at real files."""

from tests.browser import browser, live, open_browser
from tests.judges.office import convert

__all__ = ["browser", "convert", "live", "open_browser"]
