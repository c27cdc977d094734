"""What stands on a certificate, in the language of the document: the same words on paper and on the page.

The course is held by the site: no member of staff is named, so that no two people are tied together by a paper, and
none shows whether the rule or a person decided (docs/decisions/0019).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from flask import g
from flask_babel import npgettext, pgettext

from lms.kernel.i18n import speaking
from lms.settings import Settings, current_settings
from lms.web.formats import write_day

from .drawing import Document
from .models import Completion
from .rules.codes import show_code
from .rules.facts import MOST_COURSE, Facts, Level, clean_text


@dataclass(frozen=True, kw_only=True)
class Certified:
    """What a certificate says, in no language yet.

    course: titles by language; None where she leaves the title out. hours: None where none are stated.
    """

    code: str
    level: Level
    course: Mapping[str, str] | None
    year: int
    hours: int | None
    held_from: date
    held_to: date
    issued_on: date
    name: str | None

    def course_in(self, language: str) -> str | None:
        """The title as it is printed: in the language of the document, else in one that there is."""
        return None if self.course is None else title_in(self.course, language)[0]

    def facts(self, language: str) -> Facts:
        """What is signed, before the choice of the square code takes away from it."""
        return Facts(
            code=self.code,
            level=self.level,
            year=self.year,
            hours=self.hours,
            issued_on=self.issued_on,
            language=language,
            course=self.course_in(language),
            name=self.name,
            name_hash=None,
            site=current_settings().public_host,
        )


def certified(completion: Completion, *, code: str, has_title: bool, name: str | None, issued_on: date) -> Certified:
    """What a certificate of this completion says. has_title: whether she has the course named."""
    return Certified(
        code=code,
        level=completion.level,
        course=completion.course if has_title else None,
        year=completion.year,
        hours=completion.hours,
        held_from=completion.held_from,
        held_to=completion.held_to,
        issued_on=issued_on,
        name=name,
    )


def title_in(course: Mapping[str, str], language: str) -> tuple[str, str]:
    """A title in this language, else in English, else in any; and in which."""
    found = next(one for one in (language, "en", *sorted(course)) if one in course)
    return clean_text(course[found])[:MOST_COURSE].strip(), found


def write_document(said: Certified, language: str, token: str) -> Document:
    """Everything that is printed, in sentences. token: what the square code carries."""
    settings = current_settings()
    with _as_printed(language):
        course = said.course_in(language)
        return Document(
            language=language,
            # Translators: the name of a file that says nothing about what is in it
            title=pgettext("file", "Document"),
            heading=_heading(said.level),
            issuer=settings.site_name[language],
            name=said.name,
            name_label=pgettext("certificate", "Name"),
            statement=_statement(said, course),
            course=course,
            signatory_name=settings.site_name[language],
            signatory_role=pgettext("certificate", "Course coordination"),
            issued_line=pgettext("certificate", "Issued on %(day)s", day=write_day(said.issued_on)),
            check_line=pgettext("certificate", "Check this document at"),
            check_address=check_address(settings),
            code=show_code(said.code),
            link=check_link(settings, language, token),
            link_label=pgettext("certificate", "Square code: opens the page that checks this document"),
        )


def check_address(settings: Settings) -> str:
    """What is typed to check a certificate."""
    return f"{urlsplit(settings.public_url).netloc}/verify"


def check_link(settings: Settings, language: str, token: str) -> str:
    """What the square code holds. The facts stand behind the sign that browsers do not send to us."""
    return f"{settings.public_url}/{language}/verify#{token}"


def _heading(level: Level) -> str:
    if level is Level.COMPLETED:
        return pgettext("certificate", "Certificate of completion")
    return pgettext("certificate", "Certificate of participation")


def _statement(said: Certified, course: str | None) -> str:
    """The sentence below the name, which is its subject."""
    held = {"start": write_day(said.held_from), "end": write_day(said.held_to)}
    if course is not None:
        # Translators: the title of a course inside the sentence of a certificate, in quotation marks
        quoted = pgettext("certificate", "“%(title)s”", title=course)
        return _with_title(said, {"course": quoted, **held})
    return _without_title(said)


def _with_title(said: Certified, held: Mapping[str, str]) -> str:
    if said.level is Level.COMPLETED:
        if said.hours is None:
            return pgettext(
                "certificate", "completed the online course %(course)s, held from %(start)s to %(end)s.", **held
            )
        return npgettext(
            "certificate",
            "completed the online course %(course)s, held from %(start)s to %(end)s: about %(num)s hour of study.",
            "completed the online course %(course)s, held from %(start)s to %(end)s: about %(num)s hours of study.",
            said.hours,
            **held,
        )
    if said.hours is None:
        return pgettext(
            "certificate", "took part in the online course %(course)s, held from %(start)s to %(end)s.", **held
        )
    return npgettext(
        "certificate",
        "took part in the online course %(course)s, held from %(start)s to %(end)s: about %(num)s hour of study.",
        "took part in the online course %(course)s, held from %(start)s to %(end)s: about %(num)s hours of study.",
        said.hours,
        **held,
    )


def _without_title(said: Certified) -> str:
    year = str(said.year)
    if said.level is Level.COMPLETED:
        if said.hours is None:
            return pgettext("certificate", "completed an online course in %(year)s.", year=year)
        return npgettext(
            "certificate",
            "completed an online course of about %(num)s hour in %(year)s.",
            "completed an online course of about %(num)s hours in %(year)s.",
            said.hours,
            year=year,
        )
    if said.hours is None:
        return pgettext("certificate", "took part in an online course in %(year)s.", year=year)
    return npgettext(
        "certificate",
        "took part in an online course of about %(num)s hour in %(year)s.",
        "took part in an online course of about %(num)s hours in %(year)s.",
        said.hours,
        year=year,
    )


@contextmanager
def _as_printed(language: str) -> Iterator[None]:
    """Words in the language of the document, digits 0 to 9 whatever its reader chose for her pages."""
    before, g.digits = getattr(g, "digits", "latn"), "latn"
    try:
        with speaking(language):
            yield
    finally:
        g.digits = before
