"""The messages this package sends: neutral in every line, without names or topic (docs/design/design.md 6).

No link signs anybody in: the message that brings a code names the page where it is typed.
"""

from dataclasses import dataclass

from lms.kernel.i18n import lazy as _l


@dataclass(frozen=True)
class Template:
    """One message: a subject that may be read on a locked screen, and a short text.

    waits_for_day: never between 21:00 and 08:00 on her clock; False where she waits for it or must know at once.
    has_code: whether it brings her code, and where and until when she types it; the text names them. The code comes
    late in the text: what a locked screen shows of a message is its beginning.
    """

    subject: str
    text: str
    waits_for_day: bool = True
    has_code: bool = False


TEMPLATES = {
    "account_opened": Template(
        subject=_l("You have a new message"),
        text=_l(
            "There is something new for you. Sign in the way you usually do.\n\n"
            "If you have never signed in, somebody else may have: tell the person who invited you."
        ),
        waits_for_day=False,
    ),
    "sign_in_changed": Template(
        subject=_l("You have a new message"),
        text=_l(
            "Something was changed in how you sign in. If it was you, there is nothing to do.\n\n"
            "If it was not you, sign in, end all other sessions, and tell the person who invited you."
        ),
        waits_for_day=False,
    ),
    "something_new": Template(
        subject=_l("You have a new message"),
        text=_l("There is something new for you. Sign in the way you usually do."),
    ),
    "invitation": Template(
        subject=_l("You have a new message"),
        text=_l(
            "There is something new for you. You were told of it by somebody who knows you. If you were not, you can"
            " forget this message: nothing happens by itself.\n\n"
            "Open this page: %(address)s\n\n"
            "Type this code there: %(code)s\n\n"
            "It works once, until %(until)s. Whoever has it can use it, so delete this message when you have signed in."
        ),
        has_code=True,
    ),
    "date_near": Template(
        subject=_l("A date is near"),
        text=_l("A date is near. Sign in the way you usually do."),
    ),
    "still_waiting": Template(
        subject=_l("You have a new message"),
        text=_l(
            "Something is still waiting for you. Use the code that you were given.\n\n"
            "If it does not work any more, ask the person who gave it to you for a new one."
        ),
    ),
}
