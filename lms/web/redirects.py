"""Where a `next` may lead: to a page of ours, never elsewhere (docs/security/threat-model.md D5)."""

from urllib.parse import unquote

from .languages import is_page

FORBIDDEN = frozenset("\\\r\n\t\0@")


def is_safe(target: str | None) -> bool:
    """Whether the target is the plain path of a page that exists here."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return False
    decoded = unquote(unquote(target))
    if decoded.startswith("//") or FORBIDDEN & set(decoded) or any(ord(c) < 32 for c in decoded):
        return False
    return is_page(target.partition("?")[0])
