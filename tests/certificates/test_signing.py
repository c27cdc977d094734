import base64
import json
import stat
import string
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from lms.certificates.errors import NoKeys, NotGenuine, UnknownKey
from lms.certificates.rules.facts import canonical
from lms.certificates.signing import (
    Token,
    add_key,
    key_id,
    load_keys,
    published,
    read_published,
    verify,
)
from lms.kernel.errors import Misconfigured, Refusal
from tests.certificates.papers import FACTS, KEYS, TOKEN, keys_of

LETTERS = string.ascii_letters + string.digits + "-_"
LETTERS_OF_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
OTHER_KEYS = keys_of(b"o" * 32)
VERSION, KEY, SIGNED_FACTS, SIGNATURE = TOKEN.split(".")
ORDER_OF_THE_CURVE = 2**252 + 27742317777372353535851937790883648493
HOW_IT_BEGAN = (
    "1.56475aa75463474c.eyJjb2RlIjoiN0syUTlYSDRNRDZUQjNXWjVOQ1I4VkpFMUciLCJjb3Vyc2UiOiJXb21lbiBhbmQgY2Vhc2VmaXJlcyIs"
)


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(coded: str) -> bytes:
    return base64.urlsafe_b64decode(coded + "==")


def test_what_was_signed_is_verified():
    assert verify(TOKEN, KEYS.public) == FACTS


def test_the_form_of_a_token_never_changes():
    assert TOKEN.startswith(HOW_IT_BEGAN), "tokens in people's hands look so"
    assert len(TOKEN) < 420, "the square code stays readable"


def test_anybody_can_verify_with_the_published_key_and_no_code_of_ours():
    (entry,) = json.loads(json.dumps(published(KEYS)))["keys"]
    assert (entry["kty"], entry["crv"], entry["kid"]) == ("OKP", "Ed25519", KEY)

    key = Ed25519PublicKey.from_public_bytes(raw(entry["x"]))
    key.verify(raw(SIGNATURE), TOKEN.rpartition(".")[0].encode())

    assert json.loads(raw(SIGNED_FACTS))["name"] == "Juniper Al-Hajar"


@pytest.mark.parametrize("position", range(len(TOKEN)))
def test_one_letter_changed_anywhere_is_refused(position):
    for letter in {"A", "f", "0", ".", LETTERS[(LETTERS.find(TOKEN[position]) + 1) % len(LETTERS)]} - {TOKEN[position]}:
        with pytest.raises((NotGenuine, UnknownKey)):
            verify(TOKEN[:position] + letter + TOKEN[position + 1 :], KEYS.public)


@pytest.mark.parametrize("position", range(len(canonical(FACTS))))
def test_one_letter_of_the_facts_changed_under_an_old_signature_is_refused(position):
    facts = bytearray(canonical(FACTS))
    for change in (1, 2, 32):
        changed = bytes([*facts[:position], facts[position] ^ change, *facts[position + 1 :]])
        with pytest.raises(NotGenuine):
            verify(f"1.{KEY}.{text(changed)}.{SIGNATURE}", KEYS.public)


@given(st.integers(0, len(TOKEN)), st.integers(0, 3), st.text(LETTERS + ".=+/ \n", max_size=3))
def test_letters_lost_or_added_are_refused(position, lost, added):
    changed = TOKEN[:position] + added + TOKEN[position + lost :]
    if changed != TOKEN:
        with pytest.raises((NotGenuine, UnknownKey)):
            verify(changed, KEYS.public)


@given(st.text(max_size=300) | st.text(LETTERS + ".", max_size=300))
def test_whatever_else_is_given_is_refused_calmly(anything):
    with pytest.raises(NotGenuine):
        verify(anything, KEYS.public)


def same_bytes_in_other_letters(coded: str) -> str:
    """Change the bits that base64 leaves unused: a careless decoder reads the same bytes."""
    assert len(coded) % 4 == 2, "four bits are unused"
    other = coded[:-1] + LETTERS_OF_BASE64[LETTERS_OF_BASE64.index(coded[-1]) ^ 1]
    assert raw(other) == raw(coded)
    return other


def test_the_same_signature_in_other_letters_is_refused():
    with pytest.raises(NotGenuine):
        verify(f"1.{KEY}.{SIGNED_FACTS}.{same_bytes_in_other_letters(SIGNATURE)}", KEYS.public)


@pytest.mark.parametrize(
    "changed",
    [
        f"{TOKEN}==",
        f" {TOKEN}",
        f"{TOKEN}\n",
        f"1.{KEY.upper()}.{SIGNED_FACTS}.{SIGNATURE}",
        f"2.{KEY}.{SIGNED_FACTS}.{SIGNATURE}",
        f"1.{KEY}..{SIGNATURE}",
        f"1.{KEY}.{SIGNED_FACTS}.{'A' * 86}",
        f"1.{KEY}.{SIGNATURE}.{SIGNED_FACTS}",
        f"1.{KEY}.{SIGNED_FACTS}A.{SIGNATURE}",
        f"1.{KEY}.{SIGNED_FACTS * 100}.{SIGNATURE}",
        f"1.{KEY}.{SIGNED_FACTS}.{SIGNATURE}.{SIGNATURE}",
        TOKEN.translate(str.maketrans("-_", "+/")) + " ",
    ],
)
def test_another_writing_of_the_same_is_refused(changed):
    with pytest.raises(NotGenuine):
        verify(changed, KEYS.public)


def test_a_signature_moved_by_the_order_of_the_curve_is_refused():
    signature = raw(SIGNATURE)
    moved = int.from_bytes(signature[32:], "little") + ORDER_OF_THE_CURVE
    with pytest.raises(NotGenuine):
        verify(f"1.{KEY}.{SIGNED_FACTS}.{text(signature[:32] + moved.to_bytes(32, 'little'))}", KEYS.public)


def test_a_signature_by_another_key_is_unknown_and_under_our_name_not_genuine():
    forged = OTHER_KEYS.sign(canonical(FACTS))
    with pytest.raises(UnknownKey):
        verify(str(forged), KEYS.public)
    with pytest.raises(NotGenuine):
        verify(str(replace(forged, key_id=KEY)), KEYS.public)


def test_a_signature_of_one_certificate_does_not_fit_another():
    other = KEYS.sign(canonical(replace(FACTS, name="Fir Al-Hajar")))
    with pytest.raises(NotGenuine):
        verify(str(replace(other, signature=Token.read(TOKEN).signature)), KEYS.public)


def test_our_own_key_signs_nothing_but_canonical_facts():
    for facts in (b"", b"{}", canonical(FACTS) + b" "):
        with pytest.raises(NotGenuine):
            KEYS.sign(facts)


def test_facts_that_our_key_signed_elsewhere_are_not_taken_for_a_certificate():
    unsigned = Token(key_id=KEY, facts=b'{"purpose":"invitation"}', signature=b"")
    signed = replace(unsigned, signature=KEYS.newest.sign(unsigned.signed))
    with pytest.raises(NotGenuine):
        verify(str(signed), KEYS.public)


def test_a_published_list_is_read_again():
    assert read_published(json.loads(json.dumps(published(KEYS)))).keys() == KEYS.public.keys()
    assert verify(TOKEN, read_published(published(KEYS))) == FACTS


OTHER_X = published(OTHER_KEYS)["keys"][0]["x"]


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"keys": None},
        {"keys": [{}]},
        {"keys": ["key"]},
        {"keys": [{"kid": KEY, "x": 5}]},
        {"keys": [{"kid": KEY, "x": "AAAA"}]},
        {"keys": [{"kid": KEY, "x": "not base64"}]},
        {"keys": [{"kid": KEY, "x": OTHER_X}]},
        {"keys": [{"kid": [KEY], "x": OTHER_X}]},
    ],
)
def test_a_list_that_is_none_or_bears_a_false_id_is_refused(said):
    with pytest.raises(NoKeys):
        read_published(said)


def test_the_first_key_is_made_once_and_nobody_else_may_read_it(tmp_path):
    folder = tmp_path / "keys" / "certificate-keys"
    first, second = load_keys(folder), load_keys(folder)
    assert first.public.keys() == second.public.keys()
    assert [path.name for path in folder.iterdir()] == ["0001.pem"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "0001.pem").stat().st_mode) == 0o600


def test_processes_that_start_together_read_one_key(tmp_path):
    with ThreadPoolExecutor(8) as together:
        found = list(together.map(lambda _: load_keys(tmp_path / "keys"), range(16)))
    assert len({tuple(keys.public) for keys in found}) == 1


def test_after_a_rotation_the_new_key_signs_and_the_old_one_still_verifies(tmp_path):
    old = load_keys(tmp_path)
    token = str(old.sign(canonical(FACTS)))

    assert add_key(tmp_path).name == "0002.pem"
    new = load_keys(tmp_path)

    assert verify(token, new.public) == FACTS
    assert new.sign(canonical(FACTS)).key_id == next(iter(new.public)) != next(iter(old.public))
    with pytest.raises(UnknownKey):
        verify(str(new.sign(canonical(FACTS))), old.public)


def test_a_key_of_which_only_the_public_half_is_left_verifies_and_signs_no_more(tmp_path):
    old = load_keys(tmp_path)
    token = str(old.sign(canonical(FACTS)))

    public = old.newest.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "0001.pub").write_bytes(public)
    (tmp_path / "0001.pem").unlink()
    new = load_keys(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["0001.pub", "0002.pem"]
    assert verify(token, new.public) == FACTS
    assert new.sign(canonical(FACTS)).key_id not in old.public


def pem(key: Ed25519PrivateKey, passphrase: bytes | None = None) -> bytes:
    sealing = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing)


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("0001.pem", b""),
        ("0001.pem", b"-----BEGIN PRIVATE KEY-----\nnothing\n-----END PRIVATE KEY-----\n"),
        (
            "0001.pem",
            generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        ),
        ("0001.pem", pem(KEYS.newest, b"secret")),
        ("2027.A.pem", pem(KEYS.newest)),
        ("0001.pub", pem(KEYS.newest)),
        ("0001.pub", KEYS.newest.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    ],
)
def test_a_key_file_that_cannot_be_used_stops_the_start_and_is_named(tmp_path, name, contents):
    (tmp_path / name).write_bytes(contents)
    with pytest.raises(Misconfigured, match=name) as refusal:
        load_keys(tmp_path)
    assert "PRIVATE" not in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_key_file_that_cannot_be_opened_is_named(tmp_path):
    (tmp_path / "0001.pem").mkdir()
    with pytest.raises(Misconfigured, match="0001.pem cannot be read"):
        load_keys(tmp_path)


def test_keys_show_nothing_of_themselves():
    assert "Ed25519" not in repr(KEYS) and str(KEYS.newest.private_bytes_raw()) not in repr(KEYS)


def test_the_id_of_a_key_is_the_beginning_of_its_hash():
    assert key_id(KEYS.newest.public_key()) == KEY and len(bytes.fromhex(KEY)) == 8


@pytest.mark.parametrize("refusal", [NotGenuine, UnknownKey, NoKeys])
def test_each_refusal_says_what_it_means_and_what_to_do(refusal):
    assert issubclass(refusal, Refusal)
    assert len(str(refusal()).split(". ")) >= 2
