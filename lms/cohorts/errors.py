"""What may be refused around a cohort."""

from lms.kernel.errors import Refusal
from lms.kernel.i18n import lazy as _l
from lms.kernel.i18n import lazy_counted as _ln


class NotOpenYet(Refusal):
    """The calendar has not come to it."""

    message = _l("This opens on %(opens_at)s. Nothing is missed until then.")


class NoDateYet(Refusal):
    """The calendar does not say when."""

    message = _l("This is not open yet, and its date is not set. You will see the date in the course outline.")


class TakesPartNoMore(Refusal):
    """Her enrolment was ended or put off while the page was open."""

    message = _l("You no longer take part in this course. What you read before is still noted.")


class AliasTaken(Refusal):
    """Two people of one cohort would bear one alias."""

    message = _l("This alias is in use in the cohort. Choose another.")


class AliasUnfit(Refusal):
    """She typed an alias that is too short or too long, or has signs that are none of a name."""

    message = _ln(
        "This cannot be an alias. Use %(least)s to %(most)s letter of one script, in which a language of this course"
        " is written. A single blank, hyphen or apostrophe may stand between letters, and a number up to %(highest)s at"
        " the end. Nothing was changed. Correct it and send it again.",
        "This cannot be an alias. Use %(least)s to %(most)s letters of one script, in which a language of this course"
        " is written. A single blank, hyphen or apostrophe may stand between letters, and a number up to %(highest)s at"
        " the end. Nothing was changed. Correct it and send it again.",
        "most",
    )


class TooManyNames(Refusal):
    """She, or somebody at her page, tries one name after another: each answer would tell a little of her own."""

    message = _ln(
        "You tried several names in a short time. Take one of the names that are offered, or wait %(minutes)s minute"
        " and try again. Nothing was changed.",
        "You tried several names in a short time. Take one of the names that are offered, or wait %(minutes)s minutes"
        " and try again. Nothing was changed.",
        "minutes",
    )


class AliasTellsName(Refusal):
    """She typed an alias that leads to her legal name."""

    message = _l(
        "This alias is too close to your name or its initials. To stay safe, choose a word that has nothing to do with"
        " your name. Nothing was changed."
    )


class MoveNotAllowed(Refusal):
    """Somebody else moved her place meanwhile, or the button was pressed twice."""

    message = _l("This place is no longer in the state you saw. Nothing was changed. Load the page again and look.")


class RuleOutOfBounds(Refusal):
    """A completion rule with a number that nobody can mean."""

    message = _l("Enter per cents from 1 to 100 and counts from 1 to 60. Leave a part empty to switch it off.")


class BadFact(Refusal):
    """A fact without its session, on a day that cannot be, or one that stands there already."""

    message = _l(
        "Choose a session from 1 to %(most)s that is not entered yet, and a day from the start of the course until"
        " today. Nothing was changed."
    )


class UploadOver(Refusal):
    """Somebody else confirmed or dropped the list meanwhile, or the button was pressed twice."""

    message = _l("This list was confirmed or dropped already. Nothing was done twice. Load the page to see it.")


class NoPeople(Refusal):
    """A list with headings and nothing below them."""

    message = _l("%(name)s has headings and no rows below them. Write one person a row and choose the file again.")


class PlacesLacking(Refusal):
    """The list is longer than the cohort has places."""

    message = _ln(
        "The list brings %(wanted)s person. Free places: %(free)s of %(places)s. Add places in the settings, or bring"
        " a shorter list. Nothing was changed, and the list is kept.",
        "The list brings %(wanted)s people. Free places: %(free)s of %(places)s. Add places in the settings, or bring"
        " a shorter list. Nothing was changed, and the list is kept.",
        "wanted",
    )


class SecondPersonNeeded(Refusal):
    """Nobody else could confirm what takes two people."""

    message = _l(
        "Nobody else can confirm yet. A second coordinator of this cohort can confirm one week after she was added. If"
        " you cannot wait, ask the operator to appoint a coordinator for the whole site. Nothing was sent."
    )


class RoleTooNew(Refusal):
    """Somebody was given her role in the cohort a moment ago, perhaps by whoever took an account over."""

    message = _l(
        "You have had your role in this cohort for less than a week. Until then two others decide that invitations"
        " are sent. Nothing was sent."
    )


class SendingWaits(Refusal):
    """Invitations of this cohort wait for their second person already."""

    message = _l("Invitations of this cohort wait for a second person already. Nothing was sent.")


class NobodyToInvite(Refusal):
    """Everybody was invited, or has come."""

    message = _l("There is nobody whose invitation could be sent. Nothing was sent.")


class SeenOtherwise(Refusal):
    """People were added or left while the page was open."""

    message = _l("The number of people changed while your page was open. Look at it again. Nothing was sent.")


class SendingOver(Refusal):
    """Somebody else answered meanwhile, or nobody did within a day."""

    message = _l("This was answered already, or nobody answered within 24 hours. Nothing was done twice.")


class OwnSending(Refusal):
    """Whoever asked cannot be the second person."""

    message = _l("You asked for this yourself, so somebody else confirms it. Nothing was sent.")


class NotReleased(Refusal):
    """One person alone would send an invitation."""

    message = _l(
        "This invitation was not sent before. Ask to send it first, so that a second person confirms it. Nothing was"
        " sent."
    )


class HasCome(Refusal):
    """She took her place meanwhile."""

    message = _l("This person has set up her place, so an invitation is not needed any more. Nothing was changed.")


class NameUnfit(Refusal):
    """She typed a name for a course with names that is too short or too long, or has signs that are none of a name."""

    message = _ln(
        "This cannot be shown as a name. Use %(least)s to %(most)s letter of one script, in which a language of this"
        " course is written. Blanks, hyphens, apostrophes and full stops may stand between them. Nothing was changed."
        " Correct it and send it again.",
        "This cannot be shown as a name. Use %(least)s to %(most)s letters of one script, in which a language of this"
        " course is written. Blanks, hyphens, apostrophes and full stops may stand between them. Nothing was changed."
        " Correct it and send it again.",
        "most",
    )


class NameTaken(Refusal):
    """Two people of a course with names would be called the same."""

    message = _l("Somebody in this course is called the same. Add a further name or an initial. Nothing was changed.")


class NoSuchTime(Refusal):
    """The clocks of a zone jump over a local time."""

    message = _l(
        "On %(day)s the clocks in %(zone)s skip %(time)s. Choose %(next_time)s on %(next_day)s or later. "
        "Nothing was changed."
    )


class TwiceOnThatDay(Refusal):
    """The clocks of a zone go back over a local time, and nobody said which of the two is meant."""

    message = _l(
        "On %(day)s the clocks in %(zone)s show %(time)s twice. Say whether you mean the first or the second. "
        "Nothing was changed."
    )


class SavedMeanwhile(Refusal):
    """Another coordinator saved the cohort while the page was open."""

    message = _l(
        "Somebody else saved this cohort while your page was open. Yours is still in this page and was not saved."
        " Look at what stands now, then save again."
    )


class CohortClosed(Refusal):
    """The cohort has ended."""

    message = _l("This cohort was closed on %(closed_at)s. It can be read, but not changed.")


class CourseClosed(CohortClosed):
    """The same to somebody who takes part."""

    message = _l(
        "This course was closed on %(closed_at)s, so nothing in it can be changed any more. What you did before is "
        "kept, and you can go on reading it. If something is missing, tell your coordinator."
    )


class SettledAlready(Refusal):
    """She has set up her place before, or the button was pressed twice."""

    message = _l("Your place is set up already. Nothing was changed.")


class CohortFull(Refusal):
    """No place is free for somebody who comes back."""

    message = _ln(
        "The cohort has %(places)s place, and it is taken. Add a place in the settings first. Nothing was changed.",
        "The cohort has %(places)s places, and all are taken. Add a place in the settings first. Nothing was changed.",
        "places",
    )


class ReasonNeeded(Refusal):
    """A reason belongs to it, so that others understand it later."""

    message = _ln(
        "Write a reason, in at most %(most)s character. Nothing was changed.",
        "Write a reason, in at most %(most)s characters. Nothing was changed.",
        "most",
    )


class NotYourGroup(Refusal):
    """The group belongs to another cohort."""

    message = _l("Choose a group of this cohort. Nothing was changed.")


class MadeAlready(Refusal):
    """One page cannot make two cohorts, or two members of staff, that differ."""

    message = _l(
        "This page was used already, and something else was made with it. Nothing was made twice. Open the page anew"
        " for another one."
    )


class NotANewerVersion(Refusal):
    """A cohort goes on to what is newer, and never back."""

    message = _l("This cohort follows version %(number)s already. Nothing was changed.")


class LastCoordinator(Refusal):
    """Nobody who can sign in would be left to run the cohort."""

    message = _l(
        "A cohort needs a coordinator who has an account. Add another one first, and wait until she has come. Nothing"
        " was changed."
    )


class NoCodeNeeded(Refusal):
    """She has come already, or does not work for the cohort."""

    message = _l("This person has an account already, or works for this cohort no more. No code was made.")


class NamesNotMeant(Refusal):
    """The programme is taught under aliases."""

    message = _l("In this programme people are known by an alias. A cohort cannot change that. Nothing was saved.")


class NamingSettled(Refusal):
    """People came and chose what others see of them."""

    message = _l("Somebody has come already, so what others see of a participant stays as it is. Nothing was saved.")


class NotComeYet(Refusal):
    """Somebody who was invited into another cohort has not opened her account."""

    message = _l("This person has not opened her account yet. Give her the role once she has. Nothing was changed.")


class NobodyMeant(Refusal):
    """A message to people of whom there are none, or none any more."""

    message = _l("Nobody is meant by this choice at the moment. Nothing was sent. Choose other recipients.")


class CannotKeepApart(Refusal):
    """Rules that keep people apart leave no such groups. Never says whom they are about."""

    message = _l(
        "These groups cannot be made: people who must be kept apart would meet. Nothing was changed."
        " Choose more groups or other facilitators, or speak with the safety focal point."
    )
