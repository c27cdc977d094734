"""What may be refused when a certificate is printed or checked."""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import lazy_counted as _ln


class NotGenuine(Refusal):
    """The signature does not fit the facts, or the facts are not written as we write them."""

    message = _l("This was changed: the signature does not fit the words. Do not accept it.")


class UnknownKey(Refusal):
    """The signature names a key that is not among those at hand."""

    message = _l(
        "The key of this signature is not known here. Your list of keys may be older than the certificate:"
        " fetch the list again, then check once more."
    )


class NoKeys(Refusal):
    """What was given as a list of keys is none, or was changed."""

    message = _l(
        "This is not a list of keys for certificates. Fetch it again from the site that issued the certificate."
    )


class NoFacts(Refusal):
    """Nothing signed was found."""

    message = _l(
        "Nothing signed was found here."
        " Give the PDF as it was downloaded, the saved page, or the text of the square code."
    )


class NoFactsInPdf(NoFacts):
    """A PDF without our facts in sight: another program wrote it anew, printed it into a file, or locked it."""

    message = _l(
        "Nothing signed was found in this PDF. It may have been saved or printed anew by another program."
        " Give the PDF as it was downloaded, or type the code that is printed on it."
    )


class SeveralFacts(Refusal):
    """More than one certificate in one file: an answer for one would seem to hold for the other."""

    message = _l("More than one signed certificate was found here. Check them one by one.")


class Unreadable(Refusal):
    """Too large, damaged, locked, or no certificate at all."""

    message = _l(
        "This file cannot be read. It may be damaged, locked, or larger than %(most)s MB."
        " Give the PDF as it was downloaded, or type the code that is printed on it."
    )


class CannotBePrinted(Refusal):
    """The fonts that we ship lack a letter. Which one is not said: it would be part of a name."""

    message = _l(
        "Some letters of this name or title cannot be printed."
        " Write it in other letters, or choose a document without it. Nothing was issued."
    )


class BadChoice(Refusal):
    """No language, one that is not offered, or a name that is not there."""

    message = _l(
        "Choose at least one language and a name that can be printed. A name can be shown only if one is printed."
        " Nothing was issued."
    )


class NoLongerValid(Refusal):
    """The certificate was replaced or withdrawn meanwhile."""

    message = _l("This certificate was replaced or withdrawn already. Nothing was changed.")


class IssuedMeanwhile(Refusal):
    """Another window of hers issued one while this page was open."""

    message = _l(
        "Another certificate was made, or yours was withdrawn, since you opened this page."
        " Nothing was changed now. Look at it first."
    )


class NothingToIssue(Refusal):
    """The course is not completed, or was taken up again meanwhile."""

    message = _l(
        "There is nothing to certify yet, or it was taken up again. Nothing was issued. Look at what is missing."
    )


class BadDecision(Refusal):
    """A decision that no page offers."""

    message = _l("Choose what you decide. Nothing was changed.")


class CertificateIsValid(Refusal):
    """What a valid certificate rests on is not changed under it."""

    message = _l(
        "A certificate of this participant is valid. Withdraw it first if the decision has to change."
        " Nothing was changed."
    )


class TooManyChecks(Refusal):
    """The limit of checks from one source is reached; says nothing about any code."""

    message = _ln(
        "Many certificates were checked from your network in a short time. Wait %(minutes)s minute and try again."
        " You can also check a document without this page.",
        "Many certificates were checked from your network in a short time. Wait %(minutes)s minutes and try again."
        " You can also check a document without this page.",
        "minutes",
    )
