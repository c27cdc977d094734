"""What a person may be told when signing in or choosing her login."""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l


class WrongCredentials(Refusal):
    """Unknown login, wrong passphrase, disabled account: one sentence for all."""

    message = _l("Sign-in name or passphrase is wrong. Check both and try again.")


class TooManyAttempts(Refusal):
    """The limit of failed sign-ins is reached; says nothing of whether the account exists."""

    message = _l(
        "There were too many attempts to sign in. Wait %(minutes)s minutes and try again."
        " Everything that was saved is still there."
    )


class ManySignIns(Refusal):
    """More people sign in at this moment than can be checked: nothing was looked at, and nothing counts as a try."""

    message = _l(
        "Many people are signing in at this moment. Your sign-in name and passphrase have not been looked at yet."
        " Wait ten seconds, type your passphrase again and send it."
    )


class InvitationUnknown(Refusal):
    """No such code."""

    message = _l("This code is not known. Check each character, or ask the person who gave it to you.")


class InvitationUsed(Refusal):
    """The code did its work already."""

    message = _l("This invitation has been used. Ask the person who gave it to you for a new one.")


class InvitationExpired(Refusal):
    """The code is older than its 14 days, or was withdrawn."""

    message = _l("This invitation is no longer open. Ask the person who gave it to you for a new one.")


class LoginUnfit(Refusal):
    """Taken, too short or too long: one sentence, so that it does not tell who else is here."""

    message = _l("This sign-in name cannot be used. Choose another of 3 to 64 characters.")


class PassphraseTooShort(Refusal):
    """Fewer characters than the rule asks for."""

    message = _l(
        "Choose a passphrase of at least %(least)s characters. Several words in a row are easy to keep in mind."
    )


class PassphraseTooLong(Refusal):
    """More characters than are hashed."""

    message = _l("Choose a passphrase of at most %(most)s characters.")


class PassphraseTellsLogin(Refusal):
    """The passphrase is the sign-in name."""

    message = _l("The passphrase must not be the sign-in name. Choose other words.")
