"""Texts that a spreadsheet program would take for a formula when it opens a CSV file.

Rule: docs/security/threat-model.md F7. A name typed by an applicant must not be run on the coordinator's computer.
"""

import re

MARK = "'"
"""Stands before such a text, as a person would type it to say that this is text."""

# Programs drop blanks, unseen signs and quotation marks before they look for the sign that starts a formula.
_IGNORED = (
    r"\s\x00-\x20\x7f-\xa0\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff'\"`\u2018-\u201f\u00ab\u00bb"
)
_STARTS = r"=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫"
_RUNS = re.compile(f"[{_IGNORED}]*[{_STARTS}]")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet program might run it."""
    return _RUNS.match(text) is not None


def marked(text: str) -> str:
    """The text as it may stand in CSV."""
    return MARK + text if looks_like_formula(text) else text


def unmarked(text: str) -> str:
    """What `marked` was given: a telephone number that went out comes back the same."""
    return text[1:] if text.startswith(MARK) and looks_like_formula(text[1:]) else text
