"""E3: a passphrase is long, in any script, none that others try first, hashed slowly; nobody is made to change it."""

import unicodedata

import pytest
from click.testing import CliRunner

from lms.__main__ import Application, lms
from lms.accounts import passphrases
from lms.accounts.errors import PassphraseCommon, PassphraseTooLong, PassphraseTooShort
from lms.accounts.models import Person
from lms.accounts.rules.credentials import check_passphrase
from lms.kernel.db import db
from tests.accounts.test_common import LISTED
from tests.accounts.test_factors import add_app, choose, invited, is_in
from tests.cast import DAY, NOW
from tests.client import Visitor
from tests.security.test_e1_same_answers import CountedTurn

LONG = "a lamp in the old garden"
BEFORE, SHORT, EIGHT = "kofte-tavla-río"[:14], "kofte-t", "kofte-ta"
ANY_SCRIPT = {
    "arabic": "قنديل في الحديقة القديمة",
    "vocalised arabic": "قِنْدِيلٌ فِي الْحَدِيقَةِ",
    "amharic": "በአሮጌው የአትክልት ስፍራ ውስጥ መብራት",
    "french": "une lampe, là-bas, à l’œuvre… déjà",
    "ukrainian": "ліхтар у старому саду",
    "chinese": "老花园里有一盏很亮的灯挂在树上吧",
    "blanks inside": "a  lamp\tin   the old garden",
    "signs of programs": "'; DROP TABLE lamp; -- <b>{{7*7}}</b>",
}
WORDS_OF_THE_PRODUCT = [
    "women and ceasefires 2027",
    "Ceasefire Ceasefire Women",
    "oslo mediation course 2026",
    "madar madar madar 12345",
    "femmes et cessez-le-feu 2027",
    "وقف إطلاق النار 2027",
]


@pytest.fixture
def hashed(monkeypatch):
    turn = CountedTurn()
    monkeypatch.setattr(passphrases, "turn", turn)
    return turn


# --- Three doors


def by_invitation(app, cast, passphrase):
    """Whether somebody who was invited may choose it."""
    phone, code = Visitor(app), invited(app)
    data = {"code": code, "login": "river", "passphrase": passphrase, "again": passphrase}
    return phone.client.post("/en/enrol/accept", data={"csrf_token": phone.token(), **data}).status_code == 302


def by_changing(app, cast, passphrase):
    phone = Visitor(app).signed_in(cast.cedar)
    data = {"login": "river", "passphrase": passphrase, "again": passphrase, "csrf_token": phone.token()}
    return phone.client.post("/en/account/sign-in/passphrase", data=data).status_code == 302


def by_operator(app, cast, passphrase):
    words = ["user", "create", "--shown-name", "River", "--login", "river", "--passphrase", passphrase]
    return CliRunner().invoke(lms, words, obj=Application(made=app)).exit_code == 0


DOORS = [by_invitation, by_changing, by_operator]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("passphrase", "is_taken"),
    [
        (BEFORE, False),
        (f"{BEFORE}x", True),
        ("ab cd ef gh " * 10 + "klmnop12", True),
        ("ab cd ef gh " * 10 + "klmnop123", False),
    ],
    ids=["14", "15", "128", "129"],
)
def test_alone_it_has_fifteen_to_a_hundred_and_twenty_eight_characters(app, cast, door, passphrase, is_taken):
    assert len(passphrase) in (14, 15, 128, 129)
    assert door(app, cast, passphrase) is is_taken


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("length", [129, 200, 512, 513, 100_000])
def test_a_longer_one_is_refused_before_it_is_hashed(app, cast, hashed, door, length):
    text = ("lamp garden river window " * (length // 25 + 1))[:length]
    assert door(app, cast, text) is False and hashed.taken == 0


@pytest.mark.parametrize("length", [129, 512, 513, 100_000])
def test_a_longer_one_is_never_hashed_at_sign_in_beyond_one_that_is_empty(app, cast, visitor, monkeypatch, length):
    seen = []
    is_right = passphrases.is_right
    monkeypatch.setattr(
        passphrases, "is_right", lambda typed, stored: seen.append(len(typed)) or is_right(typed, stored)
    )
    visitor.post("accounts.sign_in_post", data={"login": cast.cedar.login, "password": "x" * length}, expect=422)
    assert set(seen) <= {0}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("passphrase", WORDS_OF_THE_PRODUCT)
def test_words_of_the_product_are_refused_at_every_door(app, cast, hashed, door, passphrase):
    assert door(app, cast, passphrase) is False and hashed.taken == 0


@pytest.mark.parametrize(("passphrase", "is_taken"), [(SHORT, False), (EIGHT, True)])
def test_with_a_second_factor_eight_characters_will_do(app, cast, clock, as_participant, passphrase, is_taken):
    add_app(as_participant, clock)
    choose(as_participant, "river", passphrase, expect=302 if is_taken else 422)


def test_without_one_eight_will_not_do(as_participant):
    choose(as_participant, "river", EIGHT, expect=422)


# --- Any script


@pytest.mark.parametrize("passphrase", ANY_SCRIPT.values(), ids=ANY_SCRIPT)
def test_any_script_is_welcome_and_signs_in(app, cast, as_participant, passphrase):
    choose(as_participant, "river", passphrase)
    phone = Visitor(app)
    phone.post("accounts.sign_in_post", data={"login": "river", "password": passphrase})
    assert is_in(phone)
    Visitor(app).post("accounts.sign_in_post", data={"login": "river", "password": passphrase[:-1]}, expect=422)


@pytest.mark.parametrize("chosen", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("passphrase", ["réveillé à l’œuvre déjà", "أُستاذةٌ في الحديقة آمنة", "Ångström i trädgården"])
def test_composed_and_decomposed_letters_sign_in_alike(app, as_participant, passphrase, chosen, typed):
    choose(as_participant, "river", unicodedata.normalize(chosen, passphrase))
    phone = Visitor(app)
    data = {"login": "river", "password": unicodedata.normalize(typed, passphrase)}
    phone.post("accounts.sign_in_post", data=data)
    assert is_in(phone) and unicodedata.normalize("NFC", passphrase) != unicodedata.normalize("NFD", passphrase)


@pytest.mark.parametrize(
    "other", ["A lamp in the old garden", "a lamp in the old garden ", " a lamp in the old garden"]
)
def test_case_and_blanks_count(app, as_participant, other):
    choose(as_participant, "river", LONG)
    Visitor(app).post("accounts.sign_in_post", data={"login": "river", "password": other}, expect=422)


# --- What others try first


def ways_to_write(word):
    """How people make a listed word look like another."""
    yield from (word, word.upper(), word.title(), f" {word} ", f"{word}!", f"{word}{word}", f"{word} {word} {word}")
    yield "-".join(word)
    if not word[-1].isdigit():
        yield from (f"{word}1", f"{word}2027")


def test_the_three_thousand_that_leaked_most_are_refused_however_they_are_written():
    taken = []
    for word in LISTED[:3000]:
        for passphrase in ways_to_write(word):
            try:
                check_passphrase(passphrase, login="river", has_factor=True)
            except (PassphraseCommon, PassphraseTooShort, PassphraseTooLong):
                continue
            taken.append(passphrase)
    assert len(LISTED) >= 3000 and taken == []


def test_nothing_is_asked_of_anybody_to_know_it(app, cast, connections):
    with connections() as seen:
        assert by_changing(app, cast, "password password") is False
        assert by_changing(app, cast, LONG) is True
    assert seen == []


@pytest.mark.parametrize("login", ["a lamp in the garden", "A LAMP in the garden", "ａ lamp in the garden"])
def test_the_sign_in_name_is_no_passphrase(as_participant, login):
    choose(as_participant, login, "a lamp in the garden", expect=422)


# --- Kept


@pytest.mark.parametrize("years", [1, 5, 20])
def test_nobody_is_made_to_change_it(app, cast, clock, years):
    clock.at = NOW + 365 * years * DAY
    phone = Visitor(app)
    data = {"login": cast.cedar.login, "password": cast.cedar.passphrase}
    assert phone.post("accounts.sign_in_post", data=data).location == "/en/today"
    assert is_in(phone)


def test_it_lies_there_as_argon2id_with_a_salt_of_its_own(app, cast, as_participant):
    choose(as_participant, "river", LONG)
    choose(Visitor(app).signed_in(cast.nour), "reed", LONG)
    with app.app_context():
        stored = [db.session.get_one(Person, member.id).passphrase_hash for member in (cast.cedar, cast.nour)]
    assert all(one.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for one in stored)
    assert stored[0] != stored[1] and not any("lamp" in one for one in stored)


def test_no_page_and_no_log_repeats_it(app, as_participant, caplog):
    caplog.set_level("DEBUG")
    pages = [choose(as_participant, "river", LONG[:9], expect=422)]
    pages.append(Visitor(app).post("accounts.sign_in_post", data={"login": "river", "password": LONG}, expect=422))
    assert not any(LONG[:9] in page.text for page in pages) and LONG[:9] not in caplog.text
