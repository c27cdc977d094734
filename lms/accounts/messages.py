"""The messages this package sends: neutral in every line, without names, links or topic (docs/design/design.md 6)."""

from dataclasses import dataclass

from lms.kernel.i18n import lazy as _l


@dataclass(frozen=True)
class Template:
    """One message: a subject that may be read on a locked screen, and a short text."""

    subject: str
    text: str


TEMPLATES = {
    "account_opened": Template(
        subject=_l("You have a new message"),
        text=_l(
            "There is something new for you. Sign in the way you usually do.\n\n"
            "If you have never signed in, somebody else may have: tell the person who invited you."
        ),
    ),
    "something_new": Template(
        subject=_l("You have a new message"),
        text=_l("There is something new for you. Sign in the way you usually do."),
    ),
}
