"""Judges look at a real server."""

from tests.browser import browser, live, open_browser

__all__ = ["browser", "live", "open_browser"]
