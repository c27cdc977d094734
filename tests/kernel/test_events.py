from dataclasses import dataclass

import pytest
from flask import Flask

from lms.kernel import events


@dataclass(frozen=True)
class Rang:
    times: int


@dataclass(frozen=True)
class Other:
    pass


@pytest.fixture
def bell():
    app = Flask(__name__)
    with app.app_context():
        yield app


def test_who_subscribed_hears_in_order_and_at_once(bell):
    heard = []
    events.subscribe(bell, Rang, lambda event: heard.append(("first", event.times)))
    events.subscribe(bell, Rang, lambda event: heard.append(("second", event.times)))
    events.publish(Rang(3))
    assert heard == [("first", 3), ("second", 3)]


def test_nobody_hears_what_nobody_asked_for(bell):
    heard = []
    events.publish(Rang(1))
    events.subscribe(bell, Rang, heard.append)
    events.publish(Other())
    assert heard == []


def test_what_a_listener_raises_reaches_whoever_published(bell):
    def refuse(event):
        raise LookupError

    events.subscribe(bell, Rang, refuse)
    with pytest.raises(LookupError):
        events.publish(Rang(1))
