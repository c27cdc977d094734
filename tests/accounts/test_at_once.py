"""People who sign in at the same moment, really beside one another, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lms.accounts import places
from lms.accounts.models import Person
from lms.accounts.services import credentials, persons
from lms.kernel.db import db, transaction
from tests.at_once import apart
from tests.cast import NOW
from tests.client import Visitor

FLOODING = 6


class Site:
    """An application with a database of its own, in which threads really meet."""

    def __init__(self, app, cast):
        self.app, self.cast = app, cast

    def more_people(self, number):
        """So many people who sign in with the passphrase of one."""
        with self.app.app_context(), transaction():
            like = db.session.get_one(Person, self.cast.cedar.id)
            new = persons.NewPerson(shown_name="Somebody", interface_language="en", time_zone="Asia/Aden")
            for place, person in enumerate(persons.make_people([new] * number, by=None, at=NOW)):
                credentials.share_credentials(person, f"person {place}", like, by=None, at=NOW)
        return [f"person {one}" for one in range(number)]

    def sign_in(self, login, *, visitor=None, before=lambda: None):
        """The status of signing in. before: called when all is ready to be sent."""
        visitor = visitor or Visitor(self.app)
        data = {"csrf_token": visitor.token(), "login": login, "password": self.cast.cedar.passphrase}
        before()
        return visitor.client.post("/en/sign-in", data=data).status_code


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path, worker, monkeypatch):
    monkeypatch.setattr(places, "WAIT_SECONDS", 60)  # on a busy machine a hash takes as long as it likes
    with apart(request.param, tmp_path, worker) as (app, cast):
        yield Site(app, cast)


def test_ten_who_sign_in_at_once_from_one_room_are_all_let_in(site):
    logins, meet = site.more_people(10), threading.Barrier(10)
    with ThreadPoolExecutor(10) as threads:
        coming = [threads.submit(site.sign_in, login, before=lambda: meet.wait(60)) for login in logins]
        assert [one.result(120) for one in coming] == [302] * 10


def test_whoever_goes_on_and_on_over_her_limit_keeps_no_device_out_that_knows_its_person(site):
    """From the same address even, as in a training room."""
    hers, over, statuses = Visitor(site.app), threading.Event(), []
    assert site.sign_in("cedar", visitor=hers) == 302
    stranger = Visitor(site.app)
    for number in range(30):
        stranger.post("accounts.sign_in_post", data={"login": f"junk {number}", "password": "x"}, expect=422)

    def flood(one):
        visitor = Visitor(site.app)
        token = visitor.token()
        while not over.is_set():
            data = {"csrf_token": token, "login": f"junk of {one}", "password": "x"}
            statuses.append(visitor.client.post("/en/sign-in", data=data).status_code)

    with ThreadPoolExecutor(FLOODING) as threads:
        flooding = [threads.submit(flood, one) for one in range(FLOODING)]
        try:
            assert [site.sign_in("cedar", visitor=hers) for _ in range(10)] == [302] * 10
        finally:
            over.set()
        for one in flooding:
            one.result(60)
    assert set(statuses) == {429}
