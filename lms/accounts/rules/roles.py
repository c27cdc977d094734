"""Role ids (docs/domain.md 1.3)."""

from enum import StrEnum


class Role(StrEnum):
    """Role ids, as in docs/domain.md 1.3."""

    PARTICIPANT = "participant"
    APPLICANT = "applicant"
    FACILITATOR = "facilitator"
    MARKER = "marker"
    COORDINATOR = "coordinator"
    PANEL = "panel"
    PARTNER = "partner"
    LOGISTICS = "logistics"
    SAFETY = "safety"
    EDITOR = "editor"
    TRANSLATOR = "translator"
    AUDITOR = "auditor"
    OBSERVER = "observer"
    ADMIN = "admin"


MARKING_ROLES = (Role.FACILITATOR, Role.COORDINATOR)
"""Roles in a cohort that mark its work."""
