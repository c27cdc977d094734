"""A cohort in which everything that is known of somebody is written, each thing in words that are hers alone.

Cedar and Olivier are in the first group, which the viewer who facilitates looks after; Nour is in the second, which
the facilitator of the cast does.
Olivier has a certificate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from lms.accounts import vault
from lms.accounts.models import Passkey, Person, Session
from lms.accounts.queries import find_recipient
from lms.accounts.rules.roles import Role
from lms.accounts.services import persons
from lms.assessments.models import TimeRequest
from lms.assessments.rules.asking import RequestState
from lms.assessments.sealing import REQUEST
from lms.certificates.rules.codes import show_code
from lms.cohorts.models import Cohort, Enrolment, FactRow, Group, Sending
from lms.cohorts.rules.facts import FactKind
from lms.cohorts.sealing import BACKGROUND
from lms.cohorts.services import enrolling
from lms.kernel.clock import FixedClock
from lms.kernel.db import db, transaction
from lms.kernel.ids import new_id
from lms.safety.matrix import Column
from lms.safety.rules import Field, Subject
from lms.safety.services import opening, parting, planning, reporting
from tests.assessments.desk import Desk
from tests.assessments.pupil import Pupil
from tests.assessments.taught import load
from tests.cast import CANARY, DAY, NOW, Cast, Member
from tests.certificates.graduates import graduate
from tests.client import Visitor
from tests.cohorts.lists import as_csv, bring, row

SUBJECTS = ("cedar", "olivier", "nour")
OF_CAST = "cast "
REPORT, APART, OPENED, WISH = "report", "apart", "opened", "wish"
"""What is written of people and stands in no column of the matrix."""


@dataclass
class Scene:
    """Who there is, and the words that may not be seen. viewers: one person for each role, and nothing else of hers."""

    cast: Cast
    desk: Desk
    viewers: dict[Role, Member] = field(default_factory=dict)
    enrolments: dict[str, UUID] = field(default_factory=dict)
    works: dict[str, UUID] = field(default_factory=dict)
    words: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    beside: dict[str, list[str]] = field(default_factory=dict)

    @property
    def numbers(self) -> list[int]:
        """The people of whom everything is written, by number."""
        return [getattr(self.cast, name).id for name in SUBJECTS]

    def all_of(self, name: str) -> list[str]:
        """Every word of somebody."""
        return [word for words in self.words[name].values() for word in words]


def _words_of(name: str) -> dict[str, list[str]]:
    return {
        Column.ALIAS: [f"Aliaskanaria{name}", f"Shownkanaria{name}"],
        Column.NAME: [f"{CANARY} {name.title()}"],
        Column.CONTACT: [f"{name}@kanaria.example"],
        Column.PLAN: [f"Kanariachannel {name}", f"Kanariahours {name}", f"Kanariasilence {name}"],
        Column.SETTING: [f"Kanariasetting {name}", f"Kanariaoffice {name}", f"Kanariaremark {name}"],
        Column.ANSWERS: [f"Kanariaanswer {name}", f"Kanariaword{name}"],
        Column.MARKS: [f"Kanariafeedback {name}", f"Kanariareason {name}", f"Kanariacomment {name}"],
        Column.CERTIFICATE: [],
    }


def make_scene(app: Flask, cast: Cast) -> Scene:
    """Build it by the services that pages use, each act in a context of its own."""
    desk = Desk(
        cast=cast,
        cohort_key=cast.cohort_key,
        cohort_id=cast.cohort_id,
        memo=cast.nodes["m1-memo"],
        note=cast.nodes["m1-memo"],
        amadou=cast.facilitator,
    )
    scene = Scene(cast=cast, desk=desk, words={name: _words_of(name) for name in SUBJECTS})
    for build in (_appoint, _group, _describe, _work, _mark, _tell_more):
        with app.app_context():
            build(scene)
            db.session.remove()
    _, code = graduate(app, cast, "olivier", made=False)
    scene.words["olivier"][Column.CERTIFICATE] = [code, show_code(code)]
    return scene


def _appoint(scene: Scene) -> None:
    """Everybody who looks, by her role in the cohort and on the whole site."""
    with transaction():
        for role in Role:
            new = persons.NewPerson(shown_name=f"Viewer {role}", interface_language="en", time_zone="UTC")
            person = persons.make_person(new, by=None, at=NOW)
            for cohort_id in (scene.cast.cohort_key, None):
                persons.grant_role(person, role, cohort_id=cohort_id, by=None, at=NOW - DAY)
            name = f"Viewer {role}"
            scene.viewers[role] = Member(person.id, person.public_id, name, role.value, "", "en")
        peer = db.session.get_one(Person, scene.viewers[Role.PARTICIPANT].id)
        cohort = db.session.get_one(Cohort, scene.cast.cohort_key)
        enrolling.enrol(peer, cohort, alias="Peer", course_language="en", by=None, at=NOW - 3 * DAY)


def _place(scene: Scene, name: str) -> Enrolment:
    person_id = getattr(scene.cast, name).id
    return db.session.scalars(
        select(Enrolment).where(Enrolment.person_id == person_id, Enrolment.cohort_id == scene.cast.cohort_key)
    ).one()


def _group(scene: Scene) -> None:
    """Two groups; the viewer who participates is in the first, with Cedar and Olivier."""
    with transaction():
        first = Group(
            public_id=new_id(),
            cohort_id=scene.cast.cohort_key,
            number=1,
            facilitator_id=scene.viewers[Role.FACILITATOR].id,
        )
        second = Group(
            public_id=new_id(), cohort_id=scene.cast.cohort_key, number=2, facilitator_id=scene.cast.facilitator.id
        )
        db.session.add_all([first, second])
        db.session.flush()
        for name, group in zip(SUBJECTS, (first, first, second), strict=True):
            _place(scene, name).group_id = group.id
        peer = scene.viewers[Role.PARTICIPANT].id
        db.session.scalars(select(Enrolment).where(Enrolment.person_id == peer)).one().group_id = first.id


def _describe(scene: Scene) -> None:
    """Names, setting and safety plan."""
    with transaction():
        for name in SUBJECTS:
            words, place = scene.words[name], _place(scene, name)
            scene.enrolments[name] = place.public_id
            person = find_recipient(getattr(scene.cast, name).id)
            assert person is not None
            place.alias, person.shown_name = words[Column.ALIAS]
            setting, office, remark = words[Column.SETTING]
            told = f'{{"setting": "{setting}", "organisation": "{office}", "remark": "{remark}"}}'
            place.background = vault.seal_for(person, told, place=BACKGROUND)
            channel, hours, silence = words[Column.PLAN]
            planning.save_plan(person, planning.Words(channel=channel, hours=hours, silence=silence), at=NOW)


def _work(scene: Scene) -> None:
    """A note that was handed in, and a quiz that is still open."""
    for name in SUBJECTS:
        member, (text, word) = getattr(scene.cast, name), scene.words[name][Column.ANSWERS]
        scene.works[name] = scene.desk.hand_in(member, text=f"{text} and more words of hers.", at=NOW - DAY)
        pupil = Pupil(member, scene.cast.nodes["m1-quiz"])
        pupil.open()
        pupil.send("m1-i3", {"text": word})


def _mark(scene: Scene) -> None:
    """Each note is marked and given back."""
    by = scene.cast.coordinator
    for name, work in scene.works.items():
        feedback, reason, comment = scene.words[name][Column.MARKS]
        text = scene.words[name][Column.ANSWERS][0]
        scene.desk.mark(by, work, feedback=feedback, remarks={"problem": reason}, comments=[(1, text, comment)])
    scene.desk.release(by)


def _tell_more(scene: Scene) -> None:
    """A report, two who are kept apart, a value that was opened, and a list that waits."""
    cedar, keeper = load(scene.cast.cedar), load(scene.viewers[Role.SAFETY])
    told_by = load(scene.cast.withdrawn)
    others = [getattr(scene.cast, name).id for name in ("olivier", "nour")]
    scene.beside = {REPORT: ["Kanariareport of hers"], APART: ["Kanariaapart of them"], OPENED: ["Kanariawhy it was"]}
    scene.beside[WISH] = ["Kanariawish of hers"]
    with transaction():
        new = reporting.NewReport(
            subject=Subject.OTHER, text=scene.beside[REPORT][0], cohort_id=scene.cast.cohort_key, person=told_by
        )
        reporting.tell(new, at=NOW)
        parting.keep_apart(scene.cast.cohort_key, ([others[0]], [others[1]]), scene.beside[APART][0], by=keeper, at=NOW)
        fresh = Session(person_id=keeper.id, proven_at=NOW)
        opening.open_values([cedar], Field.CONTACT, scene.beside[OPENED][0], by=keeper, session=fresh, at=NOW)
        _leave_traces(scene)
    bring(scene.cast, as_csv(row(1), row(2, time_zone="Nowhere")))


def _leave_traces(scene: Scene) -> None:
    """One of each thing besides that an address can name: of Cedar, or asked for by her coordinator."""
    place, by = _place(scene, "cedar").id, scene.cast.coordinator.id
    owner = find_recipient(scene.cast.cedar.id)
    assert owner is not None
    wish = vault.seal_for(owner, scene.beside[WISH][0], place=REQUEST)
    wanted = {"node_id": "m1-timed", "wanted_on": (NOW + 20 * DAY).date(), "asked_at": NOW, "state": RequestState.OPEN}
    fact = {"kind": FactKind.ATTENDED, "session": 1, "on": NOW.date(), "by_id": by, "at": NOW}
    key = {"credential_id": b"credential", "public_key": b"key", "sign_count": 0, "added_on": NOW.date()}
    db.session.add_all(
        [
            TimeRequest(public_id=new_id(), enrolment_id=place, reason=wish, **wanted),
            FactRow(public_id=new_id(), enrolment_id=place, **fact),
            Passkey(public_id=new_id(), person_id=scene.cast.cedar.id, **key),
            Sending(public_id=new_id(), cohort_id=scene.cast.cohort_key, people=1, asked_by_id=by, asked_at=NOW),
        ]
    )


@pytest.fixture
def scene(app: Flask, cast: Cast, clock: FixedClock) -> Scene:
    """Everybody and everything, written anew for each test and undone after it."""
    app.extensions.pop("catalogues", None)
    return make_scene(app, cast)


@pytest.fixture
def looking_as(app: Flask, scene: Scene) -> Callable[[str], Visitor]:
    """Somebody of the scene before a browser: `anonymous`, a role, or a name of the cast.

    `cast coordinator` is the cast's own, who works for this cohort alone; `coordinator` works for the site as well.
    """

    def look(viewer: str) -> Visitor:
        if viewer == "anonymous":
            return Visitor(app)
        if viewer.startswith(OF_CAST):
            return Visitor(app).signed_in(getattr(scene.cast, viewer.removeprefix(OF_CAST)))
        members = {role.value: member for role, member in scene.viewers.items()}
        return Visitor(app).signed_in(members.get(viewer) or getattr(scene.cast, viewer))

    return look
