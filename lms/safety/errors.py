"""What a person may be told about reports, openings and keeping people apart."""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l


class ReasonTooShort(Refusal):
    """A sealed value is opened for a reason, in words that its owner can read."""

    message = _l("Write a reason of at least %(least)s characters. The person whose record it is can read it.")


class OpenedMany(Refusal):
    """More records than anybody needs in an hour."""

    message = _l("You can open %(most)s records in an hour, and you have. This is on record. Go on in an hour.")


class NothingSealed(Refusal):
    """She gave none."""

    message = _l("This person has not given it. Nothing was opened, and nothing was written down.")


class FactorNotFresh(Refusal):
    """A sealed value is opened with a factor that was shown just now."""

    message = _l("Show first that it is you. Your reason stays in the page.")


class ReportEmpty(Refusal):
    """A report says something."""

    message = _l("Write what happened, in any language. One sentence is enough.")


class SidesMeet(Refusal):
    """A rule with nobody on a side, or the same person on both."""

    message = _l("Choose at least one person for each side, and nobody for both.")


class RecoveryOpen(Refusal):
    """It was asked for already."""

    message = _l("This has been asked for already. Nothing was changed.")


class RecoveryOver(Refusal):
    """It lapsed, was stopped by her, or is done."""

    message = _l("This is over: nobody confirmed it in time, it was stopped, or it is done. Ask anew if it is needed.")


class RecoveryBySame(Refusal):
    """Two people let somebody in without her factor."""

    message = _l("Somebody else has to confirm this: another coordinator, or the safety focal point.")


class RecoveryAlone(Refusal):
    """There is no second person."""

    message = _l("Appoint a second person first: this takes two. Nothing was changed.")


class RecoveryNotYet(Refusal):
    """She has a day to stop it."""

    message = _l("She has 24 hours to stop this. It can be done when they are over.")
