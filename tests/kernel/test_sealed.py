from uuid import UUID

import pytest

from lms.kernel.errors import Misconfigured
from lms.kernel.sealed import CannotOpen, DataKey, KeyRing, Sealed, SealedColumn

ADA, BEA = UUID(int=1), UUID(int=2)
RING = KeyRing.parse(KeyRing.new_line())
KEY = DataKey(ADA, b"k" * 32)
PLACE = "accounts_person.legal_name"


def test_what_was_sealed_opens_again():
    assert KEY.open(KEY.seal("أمل Ŧest", place=PLACE), place=PLACE) == "أمل Ŧest"


def test_a_file_opens_again_to_the_byte():
    data = bytes(range(256)) * 100
    assert KEY.open_bytes(KEY.seal_bytes(data, place=PLACE), place=PLACE) == data
    assert KEY.open_bytes(KEY.seal("name", place=PLACE), place=PLACE) == b"name"


def test_the_same_text_is_never_sealed_alike():
    assert KEY.seal("name", place=PLACE) != KEY.seal("name", place=PLACE)


@pytest.mark.parametrize("position", [0, 1, 12, 13, 20, -1])
def test_a_changed_byte_does_not_open(position):
    box = bytearray(KEY.seal("some name", place=PLACE).box)
    box[position] ^= 1
    with pytest.raises(CannotOpen):
        KEY.open(Sealed(bytes(box)), place=PLACE)


@pytest.mark.parametrize("length", [0, 1, 4, 13, 28])
def test_a_box_that_is_too_short_does_not_open(length):
    box = KEY.seal("some name", place=PLACE).box[:length]
    with pytest.raises(CannotOpen):
        KEY.open(Sealed(box), place=PLACE)


def test_a_value_moved_to_another_column_does_not_open():
    with pytest.raises(CannotOpen):
        KEY.open(KEY.seal("name", place=PLACE), place="accounts_person.contact")


def test_a_value_moved_to_another_person_does_not_open():
    with pytest.raises(CannotOpen):
        DataKey(BEA, KEY.secret).open(KEY.seal("name", place=PLACE), place=PLACE)


def test_a_wrapped_key_belongs_to_one_person():
    key, wrapped = RING.new_data_key(ADA)
    assert RING.unwrap(wrapped, owner=ADA).secret == key.secret
    with pytest.raises(CannotOpen):
        RING.unwrap(wrapped, owner=BEA)


def test_an_older_key_of_the_ring_still_unwraps():
    old = KeyRing.new_line()
    _, wrapped = KeyRing.parse(old).new_data_key(ADA)
    assert KeyRing.parse(f"{KeyRing.new_line()}\n{old}").unwrap(wrapped, owner=ADA)


def test_a_ring_without_the_wrapping_key_opens_nothing():
    _, wrapped = RING.new_data_key(ADA)
    with pytest.raises(CannotOpen):
        KeyRing.parse(KeyRing.new_line()).unwrap(wrapped, owner=ADA)


@pytest.mark.parametrize("text", ["", "abc", "AAAA:zz", "AAAAAA==:AAAA", "é:é"])
def test_a_damaged_ring_is_named_and_not_shown(text):
    with pytest.raises(Misconfigured, match="LMS_DATA_KEYS") as refusal:
        KeyRing.parse(text)
    assert not text or text not in str(refusal.value)


def test_a_sealed_value_shows_nothing_of_itself():
    sealed = KEY.seal("name", place=PLACE)
    assert f"{sealed} {sealed!r}" == "<sealed> <sealed>"


def test_a_sealed_column_refuses_a_plain_string():
    with pytest.raises(TypeError):
        SealedColumn().process_bind_param("plain", None)
