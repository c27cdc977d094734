"""Passphrases that others would try first."""

from pathlib import Path

import pytest

from lms.accounts import rules
from lms.accounts.errors import PassphraseCommon, PassphraseTooShort
from lms.accounts.rules.common import is_common
from lms.accounts.rules.credentials import check_passphrase

LISTED = [
    line for line in (Path(rules.__file__).parent / "common.txt").read_text().splitlines() if not line.startswith("#")
]


def test_the_3000_that_leaked_most_are_refused():
    """Short ones for their length, the others for being listed."""
    taken = []
    for passphrase in LISTED[:3000]:
        try:
            check_passphrase(passphrase, login="river", has_factor=True)
        except (PassphraseTooShort, PassphraseCommon):
            continue
        taken.append(passphrase)
    assert taken == []


@pytest.mark.parametrize(
    "passphrase",
    [
        "password1",
        "Pass Word 1!",
        "baseball2026",
        "dragondragondragon",
        "password password password",
        "aaaaaaaaaaaaaaaaa",
        "ababababababababab",
        "123456789012345",
        "qwertyuiopasdfgh",
        "mnbvcxzlkjhgfdsapoi",
        "abcdefghijklmnop",
        "Women and ceasefires",
        "women and ceasefires 2026",
        "Oslo mediation course",
        "cessez-le-feu 2026 femmes",
        "وقف إطلاق النار",
        "النساء ووقف إطلاق النار"[0:6] + " وقف إطلاق النار",
        "madar madar madar madar",
        "ｐａｓｓｗｏｒｄ１",
        "WomenAndCeasefires",
        "cessezlefeuetfemmes",
        "النساء ووقف إطلاق النار",
        "abc1232026",
        "🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊🌊",
    ],
)
def test_what_others_try_first_is_refused(passphrase):
    assert is_common(passphrase)


@pytest.mark.parametrize(
    "passphrase",
    [
        "river lantern harvest window",
        "ceasefire river lantern",
        "seven words that nobody would guess",
        "la lampe du jardin est verte",
        "القمر فوق سطح البيت القديم",
        "kofte-tavla-94-limon",
        "Ωκεανός και βουνό",
        "le delta et la mandarine",
        "🌊🏮🌾🪟🍋🐦🧵🪁⛵🌙🔔🧭🪴🎈🐌",
    ],
)
def test_words_of_her_own_are_taken(passphrase):
    assert not is_common(passphrase)


def test_the_refusal_says_so():
    with pytest.raises(PassphraseCommon):
        check_passphrase("Women and ceasefires", login="river", has_factor=False)
