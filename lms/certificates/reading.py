"""Find the signed token in what a person has in hand: our PDF, a saved page, a text, or what a camera read.

The file comes from a stranger. Its bytes are looked through and nothing in it is opened or unpacked: all that we issue
shows its token so. Nothing of it is kept or logged.
"""

import codecs
import re

from .errors import NoFacts, NoFactsInPdf, SeveralFacts, Unreadable

MEGABYTE = 1_000_000
MOST_BYTES = MEGABYTE
_HEADER_WITHIN = 1_024
_INSIDE = rb"[A-Za-z0-9_-]"
_WHOLE = re.compile(
    rb"(?<!%(inside)s)[0-9]\.[0-9a-f]{16}\.%(inside)s{40,6000}\.%(inside)s{86}(?!%(inside)s)" % {b"inside": _INSIDE}
)
_DAMAGED = re.compile(
    rb"(?<!%(inside)s)[0-9]\.[0-9A-Za-z]{12,20}\.%(inside)s{40,6000}\.%(inside)s{60,120}(?!%(inside)s)"
    % {b"inside": _INSIDE}
)
"""Like a token with letters lost or added. Found only where there is no whole one; its signature will not fit."""

_BLANKS = b" \t\r\n\f\v"
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def find_token(data: bytes) -> str:
    """The one token in a file, not yet verified. Raises NoFacts, NoFactsInPdf, SeveralFacts, Unreadable."""
    if len(data) > MOST_BYTES:
        raise Unreadable(most=MOST_BYTES // MEGABYTE)
    found = _tokens(_one_byte_each(data))
    if len(found) > 1:
        raise SeveralFacts
    if not found:
        raise NoFactsInPdf if b"%PDF-" in data[:_HEADER_WITHIN] else NoFacts
    return found.pop().decode("ascii")


def _tokens(text: bytes) -> set[bytes]:
    """All tokens of a text; where mail or a page has broken a line, what belongs together is joined first."""
    joined = text.replace(b"=\r\n", b"").replace(b"=\n", b"").translate(None, _BLANKS)
    for form, said in ((_WHOLE, text), (_WHOLE, joined), (_DAMAGED, text), (_DAMAGED, joined)):
        found = set(form.findall(said))
        if found:
            return found
    return set()


def _one_byte_each(data: bytes) -> bytes:
    """The text with one byte a character, whatever system wrote it; a token has no other characters."""
    return data.decode("utf-16", errors="replace").encode("ascii", errors="replace") if data[:2] in _WIDE else data
