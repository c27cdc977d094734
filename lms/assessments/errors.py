"""What may be refused around answers and marks. Each sentence says what was kept."""

from lms.cohorts.errors import CohortClosed, CourseClosed
from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import lazy_counted as _ln


class NotAnAnswer(Refusal):
    """A value that belongs to no option of the question."""

    message = _l(
        "This answer does not belong to the question, so it was not saved. Your earlier answer is kept. "
        "Reload the page and answer again."
    )


class TooLong(Refusal):
    """More text than an answer takes."""

    message = _l(
        "This text has %(length)s characters, and %(most)s are taken at most. It was not saved, but it is still in the "
        "page: shorten it and save again."
    )


class BrokenOperation(Refusal):
    """The hidden id of a save is not one that our pages make."""

    message = _l(
        "This page is damaged or out of date, so nothing was saved from it. What you saved before is kept. "
        "Copy what you typed, reload the page, and answer again."
    )


class NotInAttempt(Refusal):
    """An answer to a question that was not drawn for this attempt."""

    message = _l("This question is not part of your attempt. Nothing was saved from it, and your answers are kept.")


class NotNow(Refusal):
    """The state of the work does not allow it."""

    message = _l(
        "This is not possible any more, because the work has moved on since you opened the page. Nothing was lost."
    )


class AttemptStillOpen(Refusal):
    """There is an open attempt, which she can go on with."""

    message = _l("You have an attempt that is not handed in. Go on with it; all your answers are kept.")


class NoAttemptLeft(Refusal):
    """All attempts are used."""

    message = _l(
        "You have used all %(most)s attempts. Your results are kept. A facilitator can give you another attempt."
    )


class ClosedForNew(Refusal):
    """The day on which a new attempt could be opened is over."""

    message = _l(
        "This closed on %(closed_at)s. What you handed in is kept. You can still ask your coordinator for more time."
    )


class NoVersionLeft(Refusal):
    """All versions of an assignment are used, or none was asked for."""

    message = _l("No further version can be handed in. What you handed in is kept.")


class NothingToHandIn(Refusal):
    """An empty assignment."""

    message = _l("There is no text to hand in yet. Write something first; it is saved as you go.")


class TakenBackTooLate(Refusal):
    """After the deadline, or once somebody has begun to mark it."""

    message = _l(
        "It can no longer be taken back: the deadline has passed, or somebody has begun to read it. "
        "It is handed in as it was."
    )


class NotALevel(Refusal):
    """A level that the rubric does not have."""

    message = _l(
        "A mark is one of the levels 0 to 4 of the criteria shown. Nothing was saved; what you typed is still here."
    )


class QuoteNotThere(Refusal):
    """Words that a comment is said to be about, and that the paragraph does not have."""

    message = _l("These words are not in paragraph %(paragraph)s. Copy them from the text, or leave this empty.")


class CriterionMissing(Refusal):
    """Marks cannot be finished without a level for each criterion."""

    message = _l(
        "Not every criterion has a level yet. Everything is saved as a draft; choose the missing levels to finish."
    )


class MarkedMeanwhile(Refusal):
    """Somebody else saved marks of this answer since the page was opened."""

    message = _l(
        "Somebody else saved marks for this text since you opened it. Both versions are below. Nothing was overwritten."
    )


class TextChanged(Refusal):
    """The text that was read is not the one that is handed in now."""

    message = _l(
        "Its writer took the text back and handed it in again since you opened it. Read it below as it is now. "
        "What you typed is kept in the page and not saved yet."
    )


class BeingMarked(Refusal):
    """Somebody else is marking this now."""

    message = _l(
        "%(name)s is marking this since %(since)s. You can read it. "
        "What you sent was not saved; it is still in the page."
    )


class FeedbackMissing(Refusal):
    """A text is returned with a reason."""

    message = _l("Write what should change before you return it. Everything is saved as a draft.")


class NothingToRelease(Refusal):
    """Somebody released the marks meanwhile, or one was taken off the list."""

    message = _l("There is nothing to release any more. Look at the list again.")


class BadAllowance(Refusal):
    """An allowance that allows nothing, or too much."""

    message = _l("Give at least one of: further attempts, further minutes, a later date. And write the reason.")


class AllowedMeanwhile(Refusal):
    """Somebody gave her something since the page was made, or the same form came twice."""

    message = _l(
        "Something was allowed since you opened this page; it is in the list now. What you typed was not saved and is "
        "still in the form: send it again if it is still needed."
    )


class NothingLate(Refusal):
    """No late answer waits for a decision any more."""

    message = _l("Somebody decided about these late answers meanwhile, or none is left. Nothing was changed.")


class LateMeanwhile(Refusal):
    """One more late answer came since the page was made."""

    message = _l("Another late answer arrived since you opened this page. Nothing was decided: look at them again.")


class ChangedMeanwhile(Refusal):
    """What would be applied is not what was shown."""

    message = _l(
        "The results or the keys changed since you opened this page, so nothing was applied. "
        "This is the list as it is now."
    )


class BadRequestForTime(Refusal):
    """A day that is over, gives nothing, or is too far away."""

    message = _ln(
        "Choose a day after %(after)s, and at most %(most)s day after it. Nothing was lost.",
        "Choose a day after %(after)s, and at most %(most)s days after it. Nothing was lost.",
        "most",
    )


class LongerThanAsked(Refusal):
    """A decision that grants more than was asked."""

    message = _l(
        "She asked until %(wanted_on)s. Choose that day or an earlier one; more is given on the page of her results."
    )


class NothingToExtend(Refusal):
    """A task without a date, which nobody is late for."""

    message = _l("This has no date, so you cannot be late with it. Nothing was sent.")


class DecidedMeanwhile(Refusal):
    """Another coordinator decided, or the button was pressed twice."""

    message = _l("This request was decided already. Nothing was changed. Load the page to see how.")


class AlreadyAsked(Refusal):
    """One request per task is open at a time."""

    message = _l("You have asked for this task already, and it is not decided yet. Nothing new was sent.")


class ClosedWhileWriting(CourseClosed):
    """The first words of a text, sent after the cohort was closed: there is nothing beside which they could be kept."""

    message = _l(
        "This course was closed on %(closed_at)s, so this was not saved. What you saved before is kept. What you just "
        "typed is only in this page: copy it if you want to keep it, and tell your coordinator if it should be read."
    )


class ClosedWhileMarking(CohortClosed):
    """Marks that were sent after the cohort was closed."""

    message = _l(
        "This cohort was closed on %(closed_at)s, so these marks were not saved. What you typed is only in this page: "
        "copy it if it is still needed."
    )
