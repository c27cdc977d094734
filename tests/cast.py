"""The standard cast: one person per role, one stranger, one cohort in progress and one of another year."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from lms.accounts.models import Person
from lms.accounts.rules.credentials import ContactKind
from lms.accounts.rules.roles import Role
from lms.accounts.services import credentials, persons
from lms.cohorts.models import Cohort
from lms.cohorts.queries.seats import calendar_of
from lms.cohorts.rules.enrolment import EnrolmentState
from lms.cohorts.services import enrolling, founding
from lms.courses import rules as courses
from lms.courses.models import Version
from lms.courses.services import publish_version

NOW = datetime(2027, 4, 13, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LANGUAGES = ("en", "fr", "ar")
CANARY = "Kanaria Legalname"
"""Every legal name in the cast begins so; it may appear nowhere."""


@dataclass(frozen=True)
class Member:
    """One person of the cast, as a test needs her."""

    id: int
    public_id: UUID
    shown_name: str
    login: str
    passphrase: str
    language: str


@dataclass
class Cast:
    """Everybody and everything that stories begin with. Ids only, so that no session is shared."""

    cedar: Member
    nour: Member
    olivier: Member
    stranger: Member
    paused: Member
    withdrawn: Member
    facilitator: Member
    coordinator: Member
    other_cohort: Member
    cohort_id: UUID
    other_cohort_id: UUID
    cohort_key: int
    version_key: int
    nodes: dict[str, UUID] = field(default_factory=dict)
    other_nodes: dict[str, UUID] = field(default_factory=dict)


def by_language(text: str) -> dict[str, str]:
    """A text that says which language it is in."""
    return {"en": text, "fr": f"{text} (fr)", "ar": f"{text} (ar)"}


CRITERIA = [
    {
        "id": name,
        "weight": weight,
        "title": by_language(f"Criterion {name}"),
        "levels": [by_language(f"Level {number} of {name}") for number in range(5)],
    }
    for name, weight in (("problem", 60), ("safety", 40))
]


def make_version(slug: str = "women-and-ceasefires", mark: str = "") -> Version:
    """A small programme: three lessons and five tasks in m1, one lesson in m2. mark: makes another version."""
    lessons = {"m1": ("m1-words", "m1-types", "m1-success"), "m2": ("m2-map",), "m3": ()}
    modules = [
        courses.PublishedModule(
            node_id=node,
            title=by_language(f"Title of {node}{mark}"),
            summary=by_language(f"Summary of {node}."),
            objectives=[by_language("Do it.")],
            lessons=[_lesson(lesson) for lesson in of_module],
            tasks=_tasks() if node == "m1" else [],
            items=_items() if node == "m1" else [],
            rubrics=[courses.PublishedRubric(node_id="m1-r1", body={"criteria": CRITERIA})] if node == "m1" else [],
        )
        for node, of_module in lessons.items()
    ]
    version, _ = publish_version(
        courses.PublishedVersion(
            programme=slug,
            digest=(mark or "0")[:1] * 64,
            title=by_language("Women and ceasefires"),
            summary=by_language("What the course is."),
            required_languages=["en", "fr", "ar"],
            allowed_languages=[],
            naming=courses.Naming.ALIAS,
            address={"ar": "feminine"},
            completion={"activities_percent": 80},
            modules=modules,
            files={"course.yaml": b"id: x\n"},
        ),
        by=None,
        at=NOW,
    )
    return version


def _lesson(node_id: str) -> courses.PublishedLesson:
    texts = [
        courses.PublishedText(
            language=language,
            title=f"{node_id} in {language}",
            html=f'<p id="p-a">Text of {node_id} in {language} with a <a class="term" href="#w-truce">truce</a>.'
            '<sup><a href="#s-1" aria-label="Source 1">[1]</a></sup></p><h2 id="h-b">A part</h2><p id="p-b">More.</p>',
            headings=[{"id": "h-b", "title": "A part"}],
            words=[{"id": "truce", "term": "truce", "definition": "A temporary stop."}],
            sources=[
                {
                    "number": 1,
                    "id": "r2532",
                    "title": "Resolution 2532 (2020)",
                    "publisher": "Security Council",
                    "published": "2020-07-01",
                    "checked": "2026-11-01",
                    "review": "2027-11-01",
                }
            ],
            content_note="It speaks of detention, for two paragraphs." if node_id == "m1-success" else None,
        )
        for language in LANGUAGES
    ]
    return courses.PublishedLesson(node_id=node_id, minutes=7, safety=False, texts=texts)


def _tasks() -> list[courses.PublishedTask]:
    """A checkpoint, a quiz that counts, one against the clock, a practice that answers at once, an assignment."""
    checkpoint, quiz, assignment = courses.TaskKind
    bodies = {
        "m1-quiz": {"items": ["m1-i1", "m1-i2", "m1-i3"], "graded": True, "attempts": 3, "pass_percent": 70},
        "m1-timed": {"items": ["m1-i4"], "graded": True, "attempts": 1, "minutes": 30, "pass_percent": 70},
        "m1-practice": {"items": ["m1-i5", "m1-i1", "m1-i2"], "feedback": "at_once", "per_page": 2},
        "m1-memo": {"item": "m1-i6", "graded": True, "versions": 2},
    }
    in_lesson = courses.PublishedTask(
        node_id="m1-words-check", kind=checkpoint, lesson="m1-words", title=None, body={"item": "m1-i4"}
    )
    return [
        in_lesson,
        *(
            courses.PublishedTask(
                node_id=node_id,
                kind=assignment if "item" in body else quiz,
                lesson=None,
                title=by_language(f"Title of {node_id}"),
                body=body,
            )
            for node_id, body in bodies.items()
        ),
    ]


def _items() -> list[courses.PublishedItem]:
    """One right answer, several with points for a part, words, a statement, an order, a text by a rubric."""
    several = {"partial": True, "options": _options("abcd"), "key": ["a", "c"]}
    words = {"accepted": [{"en": ["truce", "a truce"], "fr": ["trêve"], "ar": ["هدنة"]}]}
    samples = [
        {
            "id": name,
            "text": by_language(f"Sample {name}."),
            "levels": {"problem": level, "safety": level},
            "comment": by_language(f"Why {name}."),
        }
        for name, level in (("strong", 4), ("nearly", 2))
    ]
    essay = {"words": {"min": 3, "max": 200}, "rubric": "m1-r1", "samples": samples}
    bodies = [
        ("single", {"options": _options("abc"), "key": "b", "feedback": by_language("Because of b.")}),
        ("multiple", several),
        ("short", words),
        ("truefalse", {"key": True, "feedback": by_language("It is true.")}),
        ("order", {"options": _options("abc"), "key": ["b", "a", "c"], "feedback": by_language("First b.")}),
        ("open", essay),
    ]
    return [
        courses.PublishedItem(
            node_id=f"m1-i{number}", kind=kind, body={"text": by_language(f"Question {number}?"), **body}
        )
        for number, (kind, body) in enumerate(bodies, start=1)
    ]


def _options(ids: str) -> list[dict[str, object]]:
    return [{"id": one, "text": by_language(f"Option {one}")} for one in ids]


def make_cast() -> Cast:
    """Build everything inside the running transaction."""
    version, older = make_version(), make_version("oslo-prework", "o")
    opens = {"m1": NOW - 5 * DAY, "m2": NOW + 2 * DAY}
    cohort = _cohort(version, 2027, opens, {"m1-quiz": NOW + DAY, "m1-timed": NOW + DAY, "m1-memo": NOW + 2 * DAY})
    other = _cohort(older, 2026, {"m1": NOW - 400 * DAY})
    people = {
        "cedar": _member("cedar", "en", "Africa/Juba"),
        "nour": _member("nour", "ar", "Asia/Aden"),
        "olivier": _member("olivier", "fr", "Africa/Bamako"),
        "stranger": _member("stranger", "en", "UTC"),
        "paused": _member("paused", "en", "UTC"),
        "withdrawn": _member("withdrawn", "en", "UTC"),
        "facilitator": _member("facilitator", "en", "UTC"),
        "coordinator": _member("coordinator", "fr", "UTC"),
        "other_cohort": _member("other", "en", "UTC"),
    }
    for name in ("cedar", "nour", "olivier", "paused", "withdrawn"):
        person, member = people[name]
        enrolment = enrolling.enrol(
            person, cohort, alias=member.shown_name, course_language=member.language, by=None, at=NOW
        )
        if name in ("paused", "withdrawn"):
            enrolment.state = EnrolmentState(name)
    enrolling.enrol(people["other_cohort"][0], other, alias="Basalt", course_language="en", by=None, at=NOW)
    persons.grant_role(people["facilitator"][0], Role.FACILITATOR, cohort_id=cohort.id, by=None, at=NOW - 8 * DAY)
    persons.grant_role(people["coordinator"][0], Role.COORDINATOR, cohort_id=cohort.id, by=None, at=NOW - 8 * DAY)
    return Cast(
        **{name: member for name, (_, member) in people.items()},
        cohort_id=cohort.public_id,
        other_cohort_id=other.public_id,
        cohort_key=cohort.id,
        version_key=version.id,
        nodes={entry.node_id: entry.public_id for entry in calendar_of(cohort)},
        other_nodes={entry.node_id: entry.public_id for entry in calendar_of(other)},
    )


def _cohort(version: Version, year: int, opens: dict[str, datetime], dues: dict[str, datetime] | None = None) -> Cohort:
    new = founding.NewCohort(
        title=version.title,
        year=year,
        zone="Europe/Oslo",
        starts_on=date(year, 4, 1),
        ends_on=date(year, 6, 30),
        opens=opens,
        dues=dues or {},
    )
    return founding.make_cohort(version, new, by=None, at=NOW)


def _member(name: str, language: str, zone: str) -> tuple[Person, Member]:
    shown = name.title()
    person = persons.make_person(
        persons.NewPerson(
            shown_name=shown,
            interface_language=language,
            time_zone=zone,
            legal_name=f"{CANARY} {shown}",
            contact=f"{name}@kanaria.example",
            contact_kind=ContactKind.EMAIL,
        ),
        by=None,
        at=NOW,
    )
    passphrase = f"the long words of {name}"
    credentials.set_credentials(person, credentials.make_credentials(name, passphrase), by=None, at=NOW)
    return person, Member(person.id, person.public_id, shown, name, passphrase, language)
