"""The demo year: both programmes, one cohort of each in progress, named accounts (docs/contract.md, Demo accounts).

Everything here is invented. The same seed gives the same people, aliases and progress; ids and keys are random anyway.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lms.accounts import apps
from lms.accounts.models import Person
from lms.accounts.queries import people_with_keys
from lms.accounts.rules.roles import Role
from lms.accounts.services import credentials, factors, persons
from lms.assessments.queries.catalogue import catalogue
from lms.assessments.services import ledger
from lms.cohorts.models import Cohort
from lms.cohorts.queries.seats import Seat, calendar_of
from lms.cohorts.services import enrolling, founding
from lms.content import services as content
from lms.courses import queries as courses
from lms.courses.models import Version
from lms.courses.rules import TaskKind
from lms.kernel.chance import Draw
from lms.kernel.db import db
from lms.messaging import services as messaging
from lms.messaging.models import Job
from lms.messaging.queries import MESSAGE
from lms.modules import queries as modules
from lms.modules import services as progress
from lms.safety.rules import Subject
from lms.safety.services import reporting
from lms.shipped import shipped

from .almanac import Almanac, Woman
from .crowd import NOTHING_DONE_IN_POOL, Crowd, Newcomer
from .rehearsal import DILIGENT, Rehearsal, Worker

WOMEN, OSLO = "women-and-ceasefires", "oslo-prework"
ZONES = {
    "en": ("Africa/Juba", "Asia/Manila", "Africa/Mogadishu", "Asia/Kathmandu"),
    "fr": ("Africa/Bamako", "Africa/Kinshasa", "Africa/Bangui", "Africa/Ouagadougou"),
    "ar": ("Asia/Aden", "Africa/Khartoum", "Africa/Tripoli", "Asia/Damascus"),
}
ALIASES = {
    "en": ("Cedar", "Juniper", "Basalt", "Willow", "Granite", "Acacia", "Amber", "Slate"),
    "fr": ("Érable", "Saule", "Quartz", "Tilleul", "Ardoise", "Olivier", "Agate", "Bouleau"),
    "ar": ("سنديان", "زيتون", "صوان", "عرعر", "كهرمان", "صفصاف", "عقيق", "نخلة"),
}
STAFF = (
    (Role.FACILITATOR, "en", "Ingrid S."),
    (Role.FACILITATOR, "fr", "Awa D."),
    (Role.FACILITATOR, "ar", "هدى م."),
    (Role.COORDINATOR, "en", "Rania M."),
    (Role.COORDINATOR, "fr", "Claire B."),
)
EDITORS = (("en", "Solveig T.", (Role.EDITOR,)), ("fr", "Mariam K.", (Role.EDITOR, Role.TRANSLATOR)))
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
FOCAL_POINT = ("en", "Nadia K.")
TECHNICAL = ((Role.ADMIN, "Tuva L."), (Role.AUDITOR, "Pascal O."))
REPORTS = (
    ("en4", Subject.PRESSURE, "Somebody from my group wrote to my brother and asked which course I take."),
    (None, Subject.KNOWN, "Two people in my office know that I take part. I did not tell them."),
)
"""Who told what; without a name by whoever has none."""

OSLO_PEOPLE = 6
PAUSED = "fr8"
STILL_TO_COME = ("Spruce", "Quartz")
ALUMNAE = ("Basalt", "Ardoise")
MODULE = "m1"
"""The module that is open in the demo year."""

BEGAN = timedelta(weeks=4)
"""How long ago people were enrolled and given their roles."""

DUE_AFTER = timedelta(days=13)
WORDS = (
    "river", "lantern", "harvest", "window", "copper", "meadow", "thread", "market", "garden", "bridge",
    "signal", "morning", "pepper", "saddle", "island", "orchard", "candle", "ladder", "button", "valley",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Account:
    """One line of demo-accounts.json."""

    role: str
    login: str
    password: str
    totp_secret: str | None
    locale: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asked for. participants: size of each further cohort; pool: how many may sign in."""

    participants: int = 0
    cohorts: int = 1
    pool: int = 0
    seed: int = 1


class DemoYear:
    """Builds the demo inside the running transaction and remembers its accounts."""

    def __init__(self, *, seed: int, at: datetime) -> None:
        self.draw, self.at = Draw(seed), at
        self.accounts: list[Account] = []
        self.pages: dict[str, str] = {}
        self.women: dict[str, Person] = {}
        self.places: dict[int, Woman] = {}
        self.staff: dict[Role, list[Person]] = {Role.FACILITATOR: [], Role.COORDINATOR: []}

    def build(self, wanted: Wanted) -> None:
        """Both programmes, their cohorts and people."""
        versions = {slug: self._publish(slug) for slug in (WOMEN, OSLO)}
        women = self._cohort(versions[WOMEN], weeks_running=2, weeks_each=1, total_weeks=12)
        oslo = self._cohort(versions[OSLO], weeks_running=1, weeks_each=1, total_weeks=5)
        self._participants(women)
        self._oslo_participants(oslo)
        self._staff((women, oslo))
        self._editors()
        self._almanac().form_groups(women, self.staff[Role.FACILITATOR])
        self._list_pages(women, to_mark=self._let_work(women))
        self._run(women, oslo)
        self._year_before(versions[WOMEN])
        if wanted.participants:
            for number in range(wanted.cohorts):
                self._bulk(versions[WOMEN], number, wanted)
        self._focal_point(women)
        self._technical_staff()
        # Counts follow what the session stores: bulk inserts go past it, and work of past weeks came person by person.
        ledger.count_all()
        self._settle_messages()

    def _settle_messages(self) -> None:
        """What happened before today was written about then: nothing of it waits for the worker."""
        for job in db.session.scalars(select(Job).where(Job.kind == MESSAGE)):
            messaging.finish(job, every=None, at=job.run_at)

    def _publish(self, slug: str) -> Version:
        version, _ = content.import_pack(shipped("content") / slug, by=None, at=self.at)
        return version

    def _cohort(self, version: Version, *, weeks_running: int, weeks_each: int, total_weeks: int) -> Cohort:
        """A cohort whose first module opened some weeks ago; modules open on Thursdays at nine in its zone."""
        zone = ZoneInfo("Europe/Oslo")
        today = self.at.astimezone(zone).date()
        thursday = today - timedelta(days=(today.weekday() - 3) % 7)
        first = thursday - timedelta(weeks=weeks_running - 1)
        opens = {
            module.node_id: datetime.combine(first + timedelta(weeks=weeks_each * place), time(9), zone)
            for place, module in enumerate(courses.modules_of(version))
        }
        tasks = catalogue(version).tasks.values()
        dues = {
            task.node_id: datetime.combine((opens[task.module] + DUE_AFTER).date(), time(18), zone)
            for task in tasks
            if task.graded or task.kind is TaskKind.ASSIGNMENT
        }
        new = founding.NewCohort(
            title=version.title,
            year=first.year,
            zone=zone.key,
            starts_on=first - timedelta(weeks=1),
            ends_on=first + timedelta(weeks=total_weeks - 1),
            opens=opens,
            dues=dues,
        )
        return founding.make_cohort(version, new, by=None, at=self.at)

    def _participants(self, cohort: Cohort) -> None:
        """24 women in three languages, each somewhere else in the first module."""
        # The first of each language comes first in the file: its role's pages are opened as the first account.
        order = [(language, place) for place in range(8) for language in ALIASES]
        for number, (language, place) in enumerate(order, 1):
            login = f"{language}{place + 1}"
            person = self._person(login, Role.PARTICIPANT, language, ALIASES[language][place], number)
            self.women[login] = person
            self._enrol(
                person,
                cohort,
                ALIASES[language][place],
                lessons_read=(2, 1, 3)[number - 1] if number < 4 else self.draw.number(0, 5),
            )

    def _almanac(self) -> Almanac:
        return Almanac(self.staff[Role.COORDINATOR][0], draw=self.draw, at=self.at)

    def _run(self, women: Cohort, oslo: Cohort) -> None:
        """What the first coordinator did since work began."""
        almanac = self._almanac()
        everybody = [self.places[person.id] for person in self.women.values()]
        almanac.hold_session(women, everybody, 1)
        almanac.pause(self.places[self.women[PAUSED].id])
        coming = [self._sealed_person("en", alias, 150 + number) for number, alias in enumerate(STILL_TO_COME)]
        almanac.invite(oslo, coming, STILL_TO_COME)

    def _year_before(self, version: Version) -> None:
        """Last year's cohort is closed; one of its women has a certificate that anybody can check."""
        cohort = self._cohort(version, weeks_running=54, weeks_each=1, total_weeks=12)
        coordinator = self.staff[Role.COORDINATOR][0]
        persons.grant_role(coordinator, Role.COORDINATOR, cohort_id=cohort.id, by=None, at=self.at - BEGAN)
        finished = self._person("alumna1", Role.PARTICIPANT, "en", ALUMNAE[0], 401)
        took_part = self._sealed_person("fr", ALUMNAE[1], 402)
        for person, alias in zip((finished, took_part), ALUMNAE, strict=True):
            self._enrol(person, cohort, alias, lessons_read=20)
        almanac = Almanac(coordinator, draw=self.draw, at=self.at)
        code = almanac.end_year(cohort, self.places[finished.id], self.places[took_part.id])
        self.pages["participant.certificate"] = "/results/certificate"
        self.pages["public.verify"] = "/verify"
        self.pages["public.certificate"] = f"/verify/{code}"

    def _let_work(self, cohort: Cohort) -> UUID:
        """The first of each language has done nothing yet, so that whoever tries the demo can do it.

        The public id of a piece of work that waits for the first facilitator.
        """
        tasks = [task for task in catalogue(cohort.version).tasks.values() if task.module == MODULE]
        workers = [
            Worker(person=person, login=login, diligence=100 if login in DILIGENT else self.draw.number(40, 100))
            for login, person in list(self.women.items())[len(ALIASES) :]
        ]
        rehearsal = Rehearsal(cohort, draw=self.draw, at=self.at)
        rehearsal.work(workers, tasks)
        note = next(task for task in tasks if task.kind is TaskKind.ASSIGNMENT)
        return rehearsal.mark(workers, note, self._markers())

    def _markers(self) -> dict[int, Person]:
        """The facilitators by number, with their roles, as they would come by signing in."""
        numbers = [person.id for person in self.staff[Role.FACILITATOR]]
        query = select(Person).where(Person.id.in_(numbers)).options(selectinload(Person.roles))
        found = db.session.scalars(query.execution_options(populate_existing=True))
        return dict(sorted((person.id, person) for person in found))

    def _oslo_participants(self, cohort: Cohort) -> None:
        for number in range(1, OSLO_PEOPLE + 1):
            shown = f"Official {number}"
            person = self._person(f"oslo{number}", Role.PARTICIPANT, "en", shown, 100 + number)
            self._enrol(person, cohort, shown, lessons_read=0)

    def _staff(self, of_cohorts: Sequence[Cohort]) -> None:
        for number, (role, language, shown_name) in enumerate(STAFF, 1):
            person = self._person(f"{role}{number}", role, language, shown_name, 200 + number)
            self.staff[role].append(person)
        for cohort in of_cohorts:
            self._grant_staff(cohort)
        founder = self.staff[Role.COORDINATOR][0]
        persons.grant_role(founder, Role.COORDINATOR, cohort_id=None, by=None, at=self.at - BEGAN)

    def _grant_staff(self, cohort: Cohort) -> None:
        for role, people in self.staff.items():
            for person in people:
                persons.grant_role(person, role, cohort_id=cohort.id, by=None, at=self.at - BEGAN)

    def _editors(self) -> None:
        """They work for the whole site."""
        for number, (language, shown_name, roles) in enumerate(EDITORS, len(STAFF) + 1):
            person = self._person(f"{Role.EDITOR}{number}", Role.EDITOR, language, shown_name, 200 + number)
            for role in roles:
                persons.grant_role(person, role, cohort_id=None, by=None, at=self.at - BEGAN)

    def _focal_point(self, cohort: Cohort) -> None:
        """She signs in with a second step; two reports wait for her."""
        language, shown_name = FOCAL_POINT
        person = self._person(
            f"{Role.SAFETY}1", Role.SAFETY, language, shown_name, 220, totp_secret=self._totp_secret()
        )
        persons.grant_role(person, Role.SAFETY, cohort_id=None, by=None, at=self.at - BEGAN)
        for login, subject, text in REPORTS:
            told = reporting.NewReport(
                subject=subject, text=text, cohort_id=cohort.id, person=self.women[login] if login else None
            )
            reporting.tell(told, at=self.at)
        self.pages["safety.home"] = "/reports"
        self.pages["safety.apart"] = f"/apart/{cohort.public_id}"

    def _technical_staff(self) -> None:
        """Who sees people by number."""
        for number, (role, shown_name) in enumerate(TECHNICAL, 221):
            person = self._person(f"{role}1", role, "en", shown_name, number)
            persons.grant_role(person, role, cohort_id=None, by=None, at=self.at - BEGAN)
        self.pages |= {f"admin.{page}": f"/admin/{page}" for page in ("jobs", "settings", "audit")}
        self.pages |= {"admin.home": "/admin", "auditor.home": "/admin/audit"}

    def _totp_secret(self) -> str:
        """As an app takes it: 32 letters of base32."""
        return "".join(self.draw.one_of(BASE32) for _ in range(32))

    def _person(
        self,
        login: str,
        role: Role,
        language: str,
        shown_name: str,
        number: int,
        *,
        totp_secret: str | None = None,
    ) -> Person:
        passphrase = " ".join(self.draw.one_of(WORDS) for _ in range(4))
        person = self._sealed_person(language, shown_name, number)
        credentials.set_credentials(
            person, credentials.make_credentials(login, passphrase), by=None, at=self.at - BEGAN
        )
        if totp_secret is not None:
            _, code = apps.near_codes(totp_secret, at=self.at - BEGAN)[0]
            (with_key,) = people_with_keys([person.id])
            factors.add_app(with_key, totp_secret, code, at=self.at - BEGAN)
        self.accounts.append(
            Account(role=role, login=login, password=passphrase, totp_secret=totp_secret, locale=language)
        )
        return person

    def _sealed_person(self, language: str, shown_name: str, number: int) -> Person:
        return persons.make_person(self._new_person(language, shown_name, number), by=None, at=self.at - BEGAN)

    def _new_person(self, language: str, shown_name: str, number: int) -> persons.NewPerson:
        return persons.NewPerson(
            shown_name=shown_name,
            interface_language=language,
            time_zone=self.draw.one_of(ZONES[language]),
            legal_name=f"Kanaria Testperson {number:05}",
        )

    def _enrol(self, person: Person, cohort: Cohort, alias: str, *, lessons_read: int) -> None:
        language = person.interface_language
        enrolment = enrolling.enrol(person, cohort, alias=alias, course_language=language, by=None, at=self.at - BEGAN)
        self.places[person.id] = Woman(person=person, enrolment_id=enrolment.id, place_id=enrolment.public_id)
        seat = Seat(cohort=cohort, enrolment=enrolment)
        lessons = [lesson for module in modules.outline_of(seat, language) for lesson in module.lessons]
        for lesson in lessons[:lessons_read]:
            place = modules.find_lesson_place(person, lesson.id, language)
            assert place is not None
            progress.mark_read(place, by=person, at=self.at)

    def _bulk(self, version: Version, number: int, wanted: Wanted) -> None:
        """A further cohort of many people without passphrase, but for a pool that shares one."""
        cohort = self._cohort(version, weeks_running=2, weeks_each=1, total_weeks=12)
        self._grant_staff(cohort)
        in_pool = wanted.pool if number == 0 else 0
        newcomers = [
            self._newcomer(place, number * wanted.participants, is_in_pool=place < in_pool)
            for place in range(wanted.participants)
        ]
        like = next(iter(self.women.values()))  # one passphrase for the whole pool: the first account's
        markers = self.staff[Role.FACILITATOR]
        crowd = Crowd(cohort, MODULE, like=like, markers=markers, draw=self.draw, at=self.at)
        crowd.come(newcomers, since=self.at - BEGAN)

    def _newcomer(self, place: int, before: int, *, is_in_pool: bool) -> Newcomer:
        language = self.draw.one_of(list(ALIASES))
        alias = f"{self.draw.one_of(ALIASES[language])} {place + 1}"
        return Newcomer(
            person=self._new_person(language, alias, 1000 + before + place),
            alias=alias,
            login=f"pool{place + 1}" if is_in_pool else None,
            does_nothing=is_in_pool and place % NOTHING_DONE_IN_POOL == 0,
        )

    def _list_pages(self, cohort: Cohort, *, to_mark: UUID) -> None:
        """Addresses that the first account of each role may open."""
        entries = {entry.node_id: entry.public_id for entry in calendar_of(cohort)}
        course, lesson = f"/c/{cohort.public_id}", f"/l/{entries['m1-words']}"
        for role in (Role.PARTICIPANT, Role.FACILITATOR, Role.COORDINATOR):
            self.pages[f"{role}.home"] = "/today"
            self.pages[f"{role}.course"] = course
            self.pages[f"{role}.lesson"] = lesson
        self.pages["participant.quiz"] = f"/t/{entries['m1-quiz']}"
        self.pages["participant.assignment"] = f"/t/{entries['m1-memo']}"
        self.pages["participant.results"] = "/results"
        for role in self.staff:
            self.pages[f"{role}.queue"] = "/grading"
            self.pages[f"{role}.mark"] = f"/grading/{to_mark}"
            self.pages[f"{role}.release"] = "/grading/release"
            self.pages[f"{role}.gradebook"] = f"/marks/{cohort.public_id}"
        self.pages["editor.home"] = "/bank"
        self.pages["facilitator.help"] = "/people/help"
        self._list_desk(f"/cohort/{cohort.public_id}")

    def _list_desk(self, desk: str) -> None:
        """Where coordinators run a cohort."""
        self.pages["coordinator.cohorts"] = "/cohorts"
        self.pages["coordinator.cohort"] = desk
        self.pages["coordinator.participants"] = f"{desk}/people"
        for page in ("completion", "messages", "requests", "dates", "settings", "staff", "invitations"):
            self.pages[f"coordinator.{page}"] = f"{desk}/{page}"


class AccountsFile:
    """`demo-accounts.json`: written beside before the commit and renamed after it, so that it is never missing."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "demo-accounts.json"
        self._part = data_dir / "demo-accounts.json.part"

    def prepare(self, year: DemoYear, base_url: str) -> None:
        """Write the file where a crash cannot make it lie."""
        text = _as_json(base_url, [asdict(account) for account in year.accounts], year.pages)
        with os.fdopen(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def finish(self) -> None:
        """The commit is done: from now on the file is true."""
        self._part.rename(self.path)

    def exists(self) -> bool:
        """Whether there is a demo; a crash between commit and rename is made good first."""
        if self._part.exists() and db.session.scalar(select(Person.id).limit(1)) is not None:
            self.finish()
        return self.path.exists()

    def keep_true(self, base_url: str) -> Mapping[str, object]:
        """Its content, with the address of this start."""
        found: dict[str, object] = json.loads(self.path.read_text())
        if found["base_url"] != base_url:
            part = self.path.with_suffix(".new")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(_as_json(base_url, found["accounts"], found["pages"]))
            part.rename(self.path)
        return found


def _as_json(base_url: str, accounts_: object, pages: object) -> str:
    everything = {"base_url": base_url, "accounts": accounts_, "pages": pages}
    return json.dumps(everything, ensure_ascii=False, indent=1) + "\n"
