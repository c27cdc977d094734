import socket
import ssl
import time
from email.message import EmailMessage

import pytest

from lms.messaging import channels
from tests.mailserver import Mood, mail_server, make_certificate


def letter():
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Madar <no-reply@example.org>", "a@example.org", "مدار"
    message["Message-ID"] = "<k1@example.org>"
    message.set_content("There is something new for you.")
    return message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("mail"))


@pytest.fixture
def server(certificate):
    with certificate.trusted(), mail_server(certificate) as running:
        yield running


def test_without_a_mail_server_messages_go_into_a_folder(tmp_path):
    channels.send((tmp_path / "mail box").as_uri(), letter())
    (file,) = (tmp_path / "mail box").iterdir()
    assert file.suffix == ".eml" and b"There is something new" in file.read_bytes()


def test_a_message_leaves_over_tls(server):
    channels.send(server.url, letter())
    (taken,) = server.taken
    assert (taken.key, taken.to) == ("<k1@example.org>", "a@example.org")
    assert taken.text.strip() == "There is something new for you."


def test_a_mail_server_without_tls_gets_nothing(server, monkeypatch):
    monkeypatch.setattr("tests.mailserver._Conversation._ehlo", lambda self, line: self._say("250 here") or True)
    with pytest.raises(OSError, match="STARTTLS"):
        channels.send(server.url, letter())
    assert server.taken == []


def test_a_mail_server_that_nobody_vouches_for_gets_nothing(certificate):
    with mail_server(certificate) as stranger, pytest.raises(ssl.SSLCertVerificationError):
        channels.send(stranger.url, letter())
    assert stranger.taken == []


def test_a_mail_server_of_another_name_gets_nothing(tmp_path):
    other = make_certificate(tmp_path, "mail.example", "192.0.2.1")
    with other.trusted(), mail_server(other) as server, pytest.raises(ssl.SSLCertVerificationError):
        channels.send(server.url, letter())
    assert server.taken == []


def test_a_mail_server_that_is_not_there_is_an_error_at_once():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(ConnectionRefusedError):
        channels.send(url, letter())


def test_a_mail_server_that_asks_to_come_later_is_an_error(server):
    server.mood = Mood.BUSY
    with pytest.raises(OSError):
        channels.send(server.url, letter())
    assert server.taken == []


@pytest.mark.parametrize("mood", [Mood.SILENT, Mood.SLOW, Mood.DRIPPING])
def test_a_mail_server_that_is_half_dead_costs_no_more_than_its_time(server, mood):
    """Far below the minutes that it would cost without a limit, on a machine that has other work."""
    server.mood, server.slow_seconds = mood, 0.2 if mood is Mood.DRIPPING else 0.5
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match="took too long"):
        channels.send(server.url, letter(), within=0.8)
    assert time.monotonic() - begun < 20
    assert server.taken == []


def test_a_half_dead_mail_server_costs_no_more_before_it_speaks_tls(server):
    server.mood = Mood.SILENT
    with pytest.raises(TimeoutError):
        channels.send(f"smtps://127.0.0.1:{server.port}", letter(), within=0.3)


def test_a_message_that_was_taken_has_left_however_the_server_says_goodbye(server):
    server.mood = Mood.RUDE
    channels.send(server.url, letter(), within=1)
    assert len(server.taken) == 1


def test_a_message_that_was_not_acknowledged_has_not_left(server):
    server.mood = Mood.GONE
    with pytest.raises(OSError):
        channels.send(server.url, letter())
