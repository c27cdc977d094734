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


class PassphraseCommon(Refusal):
    """One of the first that others would try."""

    message = _l(
        "Many people use this passphrase, so it is tried first. Choose several words that do not belong together."
    )


class LastFactor(Refusal):
    """Without it she could not sign in, or not do her work."""

    message = _l("You would have no way left to sign in with what your work needs. Add another one first.")


class PassphraseStandsAlone(Refusal):
    """Her passphrase is so short that something has to stand beside it."""

    message = _l(
        "Your passphrase is short, so a second step belongs to it. Choose a passphrase of at least 15 characters first."
    )


class WrongCode(Refusal):
    """A one-time code or a recovery code that is wrong, too old or used: one sentence for all."""

    message = _l("This code is not right, or it was used before. Type the newest one.")


class PasskeyRefused(Refusal):
    """A passkey that is not known here, was made for another address, or answered an old question."""

    message = _l("This passkey was not accepted. Nothing was changed. Load the page again and try once more.")


class PasskeysMany(Refusal):
    """More passkeys than anybody can keep an eye on."""

    message = _l("You have %(most)s passkeys. Remove one that you do not use any more, then add this one.")


class SecondStepOver(Refusal):
    """Too long between the passphrase and the second step."""

    message = _l("This took longer than ten minutes. Start again with your sign-in name and passphrase.")


class TravelTooSoon(Refusal):
    """A day that is not to come."""

    message = _l("Choose a day after today.")


class TravelTooLong(Refusal):
    """So far away that nobody remembers it."""

    message = _l("Choose a day within the next %(most)s days. A coordinator can make it longer later.")
