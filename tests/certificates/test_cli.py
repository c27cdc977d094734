"""`lms certificate`: checking a document without a network and without a database."""

import json
import socket
import stat
import string

import pytest

from lms.certificates.cli import verify_file
from lms.certificates.drawing import draw
from lms.certificates.errors import NoFacts, NoKeys, NoLongerValid, NotGenuine, UnknownKey
from lms.certificates.rules.facts import Qr, canonical, limit_to
from lms.certificates.signing import load_keys, published
from lms.kernel.errors import Misconfigured
from tests.certificates.papers import ENGLISH, FACTS, KEYS, TOKEN, keys_of
from tests.test_cli import Operator


@pytest.fixture
def operator(tmp_path):
    return Operator(tmp_path)


@pytest.fixture
def document(tmp_path):
    path = tmp_path / "document.pdf"
    path.write_bytes(draw(ENGLISH))
    return path


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(published(KEYS)))
    return path


@pytest.fixture
def alone(monkeypatch):
    """No network: whoever asks for a connection fails."""

    def refuse(*arguments, **more):
        raise AssertionError("nothing here needs a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_a_document_is_checked_with_published_keys_and_nothing_else(operator, document, keys, alone):
    told = operator.run("certificate", "verify", str(document), "--keys", str(keys))
    assert told.startswith("The signature is genuine.\nCode: 7K2Q-9XH4-MD6T-B3WZ-5NCR-8VJE-1G\nSays: completed\n")
    assert "Course: Women and ceasefires\nYear: 2027\nHours: 40\nIssued: 2027-06-04\nName: Juniper Al-Hajar\n" in told
    assert not operator.data.exists(), "no folder, no database, no key was made for it"


def test_without_published_keys_those_of_the_installation_are_used(operator, tmp_path, alone):
    own = load_keys(operator.data.parent / "data-keys" / "certificate-keys")
    (tmp_path / "token.txt").write_text(str(own.sign(canonical(limit_to(FACTS, Qr.DISCREET)))))
    told = operator.run("certificate", "verify", str(tmp_path / "token.txt"))
    assert "The signature is genuine." in told and "Name: only as a hash" in told and "Course:" not in told


def test_an_installation_without_keys_says_what_to_give(operator, document):
    with pytest.raises(Misconfigured, match="name the published ones by --keys"):
        operator.run("certificate", "verify", str(document))
    assert not list((operator.data.parent / "data-keys").glob("certificate-keys/*")), "none was made in passing"


def test_a_new_key_signs_from_the_next_start_on_and_the_older_one_verifies(operator, tmp_path):
    folder = operator.data.parent / "data-keys" / "certificate-keys"
    old = load_keys(folder)
    (tmp_path / "token.txt").write_text(str(old.sign(canonical(FACTS))))

    told = operator.run("certificate", "new-key")

    assert told == f"Made {folder / '0002.pem'}. It signs from the next start on.\n"
    assert load_keys(folder).sign(canonical(FACTS)).key_id not in old.public
    assert "The signature is genuine." in operator.run("certificate", "verify", str(tmp_path / "token.txt"))


def test_the_first_key_can_be_made_before_the_first_start(operator):
    operator.run("certificate", "new-key")
    [key] = (operator.data.parent / "data-keys" / "certificate-keys").iterdir()
    assert (key.name, stat.S_IMODE(key.stat().st_mode), stat.S_IMODE(key.parent.stat().st_mode)) == (
        "0001.pem", 0o600, 0o700,
    )  # fmt: skip


def test_each_of_fifty_changes_is_refused(operator, tmp_path, keys):
    start, end = TOKEN.index(".", 2) + 1, TOKEN.rindex(".")
    for number in range(50):
        place = start + (end - start) * number // 50
        other = next(letter for letter in string.ascii_letters if letter != TOKEN[place])
        (tmp_path / "x.txt").write_text(TOKEN[:place] + other + TOKEN[place + 1 :])
        with pytest.raises(NotGenuine):
            operator.run("certificate", "verify", str(tmp_path / "x.txt"), "--keys", str(keys))


def test_other_keys_and_other_files_are_refused(operator, document, keys, tmp_path):
    other = tmp_path / "other.json"
    other.write_text(json.dumps(published(keys_of(b"o" * 32))))
    with pytest.raises(UnknownKey):
        operator.run("certificate", "verify", str(document), "--keys", str(other))
    for text in ("{}", "no json", "[" * 100_000):
        other.write_text(text)
        with pytest.raises(NoKeys):
            operator.run("certificate", "verify", str(document), "--keys", str(other))
    with pytest.raises(NoFacts):
        operator.run("certificate", "verify", str(keys), "--keys", str(keys))
    operator.run("certificate", "verify", str(tmp_path / "gone.pdf"), expect=2)


def test_a_code_that_is_not_ours_is_not_withdrawn(operator):
    operator.run("db", "upgrade")
    for code in ("0" * 26, "x"):
        with pytest.raises(NoLongerValid):
            operator.run("certificate", "withdraw", code, "--reason", "A mistake.")
    operator.run("certificate", "withdraw", "0" * 26, expect=2)


def test_each_command_has_an_example():
    assert "Example: lms certificate verify" in (verify_file.epilog or "")
