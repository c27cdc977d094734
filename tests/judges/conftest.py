"""Judges look at a real server."""

from tests.browser import live, open_browser

__all__ = ["live", "open_browser"]
