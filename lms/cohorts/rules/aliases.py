"""Aliases: which are still free, in which order they are given, and what somebody may call herself.

Rule: docs/security/threat-model.md 1.2, pseudonyms.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, count, islice, pairwise

from lms.kernel.chance import Draw
from lms.kernel.words import fold_letters, straight_apostrophes, without_arabic_articles

from ..errors import AliasTaken, AliasTellsName, AliasUnfit, NameTaken, NameUnfit

LEAST, MOST = 3, 30
"""Letters at least and characters at most of an alias that somebody chose. Two letters, refused, would be told."""

MOST_DIGITS = 3
"""At the end of an alias; four would be a year of birth, more a telephone number."""

PART_LETTERS = 3
"""So many letters of a name are recognised inside another word."""

CLOSE_LETTERS = 5
"""In a word of so many letters one wrong letter hides nothing."""

LEAST_NAME, MOST_NAME = 2, 60
"""Characters of a name in a course where people go by their names."""


@dataclass(frozen=True, kw_only=True)
class Alias:
    """One thing of the neutral list. names: what it is called, by language."""

    id: str
    names: Mapping[str, str]

    @cached_property
    def folded(self) -> frozenset[str]:
        """The names as they are compared. Kept with the list, which is ours; of what people are called nothing is."""
        return _folded(self.names.values())


_DASHES = re.compile("[\u2010-\u2015\u2212\ufe63\uff0d-]")
_LOOKS = str.maketrans("ıɩɨi1ɑɡɛǝəɔ0ŋɲɓɗɖðƙɣƴʋƒþħŧʉ", "lllllageeeoonnbdddkyyvfphtu")
"""Letters and digits that are taken for another at a glance, one for one; whatever else is Latin is a to z."""

_LATIN = re.compile("[a-z0-9]*")
_ENDING = "0123456789 "


def fold_alias(text: str) -> str:
    """An alias as others see it at a glance: letters and digits folded, those that look alike made one, no joints."""
    bare = "".join(sign for sign in fold_letters(text) if unicodedata.category(sign)[0] in "LMN")
    return fold_letters(bare.translate(_LOOKS)).replace("vv", "w").replace("rn", "m")


def alias_supply(all_aliases: Sequence[Alias], taken: Collection[str], language: str, draw: Draw) -> Iterator[str]:
    """Free aliases in an order by chance, each once and without end: after the last name come `Oak 2`, then `Oak 3`.

    all_aliases: at least one. taken: aliases as they are borne when the supply is made.
    """
    names, borne = _with_forms(all_aliases, language), _folded(taken)
    return chain.from_iterable(draw.shuffled(_free(names, borne, number)) for number in count(1))


def proposals(
    all_aliases: Sequence[Alias],
    taken: Collection[str],
    language: str,
    draw: Draw,
    *,
    legal_name: str | None,
    most: int,
) -> list[str]:
    """Some free aliases that do not lead to a name; the same ones for the same draw while nobody takes them.

    The order is drawn before anything is left out, so that a name taken by somebody else moves no other. Fewer than
    asked for come only where nearly every word would tell the name. legal_name: None where none is kept.
    """
    names, borne = draw.shuffled(_with_forms(all_aliases, language)), _folded(taken)
    rounds = len(borne) // len(names) + 2  # in so many at least one name of each thing is free
    free = chain.from_iterable(_free(names, borne, number) for number in range(1, rounds + 1))
    known = None if legal_name is None else _LegalName(legal_name)
    return list(islice((name for name in free if known is None or not _leads_to(name, known)), most))


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Somebody who is to be given an alias. legal_name: None where none is kept."""

    language: str
    legal_name: str | None


def aliases_for(
    bearers: Sequence[Bearer], all_aliases: Sequence[Alias], taken: Collection[str], draw: Draw
) -> Iterator[str]:
    """One free alias for each, in her language, that does not lead to her name; no thing is given in two languages."""
    key_language = next(iter(all_aliases[0].names))
    things = {alias.names[key_language]: alias for alias in all_aliases}
    supply = alias_supply(all_aliases, taken, key_language, draw)
    put_aside: list[str] = []
    for bearer in bearers:
        candidates, told = chain(put_aside, supply), []
        name = next(candidates)
        while _tells(alias := _in_language(name, things, bearer.language), bearer):
            told.append(name)
            name = next(candidates)
        put_aside = told + [one for one in put_aside if one not in (*told, name)]
        yield alias


def _tells(alias: str, bearer: Bearer) -> bool:
    return bearer.legal_name is not None and tells_name(alias, bearer.legal_name)


def _in_language(name: str, things: Mapping[str, Alias], language: str) -> str:
    """`Oak 2` as it is called in a language, or as it stands where the list does not know the language."""
    thing = name.rstrip(_ENDING)
    return things[thing].names.get(language, thing) + name.removeprefix(thing)


def _folded(aliases: Collection[str]) -> frozenset[str]:
    """The aliases as they are compared; a name that many bear with different numbers is folded once."""
    parts = [(name := alias.rstrip(_ENDING), alias.removeprefix(name)) for alias in aliases]
    folded = {part: fold_alias(part) for part in set(chain.from_iterable(parts))}
    return frozenset(folded[name] + folded[ending] for name, ending in parts)


def _with_forms(all_aliases: Sequence[Alias], language: str) -> list[tuple[str, frozenset[str]]]:
    """Each name in the language, and what it is compared by: the folded names in all languages."""
    return [(one.names[language], one.folded) for one in all_aliases]


def _free(names: list[tuple[str, frozenset[str]]], borne: frozenset[str], number: int = 1) -> list[str]:
    """The free ones of the names, from 2 on with the number behind them."""
    ending = "" if number == 1 else f" {number}"
    folded = fold_alias(ending)
    return [name + ending for name, forms in names if borne.isdisjoint(form + folded for form in forms)]


def check_own_alias(typed: str, *, legal_name: str | None, taken: Collection[str], languages: Collection[str]) -> str:
    """The alias that she typed herself, cleaned: one kind of blank, hyphen and apostrophe, no stretched letters.

    legal_name: None where none is kept. taken: aliases as they are borne in the cohort, without her own. languages: of
    the cohort. Raises AliasUnfit, AliasTellsName, AliasTaken, in this order: only what might be an alias is compared
    with her name.
    """
    alias = _cleaned(typed)
    if not _is_fit(alias, languages):
        raise AliasUnfit(least=LEAST, most=MOST, highest=10**MOST_DIGITS - 1)
    if legal_name is not None and tells_name(alias, legal_name):
        raise AliasTellsName
    if fold_alias(alias) in _folded(taken):
        raise AliasTaken
    return alias


def check_shown_name(typed: str, *, taken: Collection[str], languages: Collection[str]) -> str:
    """The name under which she takes part where people go by their names, cleaned. Raises NameUnfit, NameTaken.

    languages: of the cohort, whose people are to read it.
    """
    name = _cleaned(typed)
    shape = "".join(_kind(character) for character in name)
    is_name = LEAST_NAME <= len(name) <= MOST_NAME and _NAME_SHAPE.fullmatch(shape) is not None
    if not is_name or not _is_written_for(languages, name):
        raise NameUnfit(least=LEAST_NAME, most=MOST_NAME)
    if fold_alias(name) in _folded(taken):
        raise NameTaken
    return name


def _cleaned(typed: str) -> str:
    text = straight_apostrophes(unicodedata.normalize("NFKC", straight_apostrophes(typed.strip())))
    return re.sub(" +", " ", _DASHES.sub("-", text).replace("\u0640", "")).strip()


_KINDS = {"Lu": "l", "Ll": "l", "Lt": "l", "Lm": "l", "Lo": "l", "Mn": "m", "Mc": "m", "Nd": "d"}
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks by category that nobody sees."""

_SHAPE = re.compile(rf"(?:lm{{0,2}})+(?:[ '-](?:lm{{0,2}})+)*(?:[ -]?d{{1,{MOST_DIGITS}}})?")
"""Words of letters (l) with their marks (m), single joints between, and perhaps digits (d)."""

_NAME_SHAPE = re.compile(r"(?:lm{0,2})+(?:(?:\.?[ '-]|\.)(?:lm{0,2})+)*\.?")
"""Words of letters with their marks, perhaps shortened by a full stop, single joints between."""


_SCRIPTS = {"ar": "ARABIC"}
"""Of languages that are not written in Latin letters."""


def _is_fit(alias: str, languages: Collection[str]) -> bool:
    shape = "".join(_kind(character) for character in alias)
    is_one = len(alias) <= MOST and shape.count("l") >= LEAST and _SHAPE.fullmatch(shape) is not None
    return is_one and _is_written_for(languages, alias)


def _is_written_for(languages: Collection[str], name: str) -> bool:
    """Whether all letters are of one script, that of one of the languages, and none is an oddity of Latin."""
    scripts = _scripts(name)
    is_theirs = len(scripts) == 1 and scripts <= {_SCRIPTS.get(language, "LATIN") for language in languages}
    return is_theirs and (scripts != {"LATIN"} or _LATIN.fullmatch(fold_alias(name)) is not None)


def _kind(character: str) -> str:
    if character in " '-.":
        return character
    return "x" if _UNSEEN.match(character) else _KINDS.get(unicodedata.category(character), "x")


def _scripts(alias: str) -> set[str]:
    """The scripts of letters and marks. Python knows them only as the first word of a character's name."""
    named = {unicodedata.name(character, "?").split()[0] for character in alias if _kind(character) in "lm"}
    return named - {"COMBINING"}  # these marks belong to any script


def tells_name(alias: str, legal_name: str) -> bool:
    """Whether an alias leads to a legal name: holds a part of it, is a part of it, nearly is one, or is its initials.

    Arabic words count with and without their article, and neighbouring parts of a name also as one word. Between Arabic
    and Latin letters words are compared by their consonants, which is how one finds a name that was carried over.
    """
    return _leads_to(alias, _LegalName(legal_name))


class _LegalName:
    """A legal name taken apart, for as long as it is compared with. Nothing of it is kept after that."""

    def __init__(self, name: str) -> None:
        self.words = _words(name)
        self.parts = _with_bare(self.words)
        self.names = self.parts | {one + next_one for one, next_one in pairwise(self.words)}
        self.heard = _heard(self.names)


def _leads_to(alias: str, known: _LegalName) -> bool:
    said, parts, names = _words(alias), known.parts, known.names
    whole = "".join(said)
    pieces = _with_bare([whole, *(word for word in said if len(word) >= PART_LETTERS)])
    return (
        any(len(name) >= PART_LETTERS and name in whole for name in names)
        or any(_is_part(piece, parts, least=PART_LETTERS) for piece in pieces)
        or any(_is_part(piece, names, least=CLOSE_LETTERS) for piece in pieces)
        or any(len(name) >= CLOSE_LETTERS and _is_one_slip(piece, name) for name in names for piece in pieces)
        or any(_are_initials(letters, known.words) for letters in [whole, _single_letters(said), *said])
        or not known.heard.isdisjoint(_heard(pieces, as_other_script=True))
    )


def _words(text: str) -> list[str]:
    """The folded words of a name: letters with their marks, whatever stands between."""
    return "".join(sign if unicodedata.category(sign)[0] in "LM" else " " for sign in fold_letters(text)).split()


def _with_bare(words: Collection[str]) -> set[str]:
    """The words, and those with an Arabic article also without it."""
    return {*words, *(without_arabic_articles(word) for word in words)}


def _is_part(piece: str, names: Collection[str], *, least: int) -> bool:
    return len(piece) >= least and any(piece in name for name in names)


def _is_one_slip(one: str, other: str) -> bool:
    """Whether the words are the same but for one letter: another, missing or too many."""
    shorter, longer = sorted((one, other), key=len)
    same = next((at for at, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[same + (len(shorter) == len(longer)) :] == longer[same + 1 :]


_ARABIC = re.compile("[\u0600-\u06ff]")
_CONSONANTS = str.maketrans("بپتطثجگغحخدذضرزژظسشصچفڤقكلمنه", "bbtttggghxdddrzzzssssffkklmnh")
_PAIRS = {"tch": "s", "dj": "g", "sh": "s", "ch": "s", "kh": "x", "gh": "g", "th": "t", "dh": "d", "ph": "f", "x": "ks"}
_PAIR = re.compile("|".join(_PAIRS))
_ONE_SOUND = str.maketrans("jqcpv", "gkkbf")


def _consonants(word: str) -> str:
    """What is left of a folded word however it was carried over: consonants in rough classes, each once in a row."""
    if _ARABIC.search(word):
        heard = word.translate(_CONSONANTS)
    else:
        heard = _PAIR.sub(lambda pair: _PAIRS[pair[0]], word).translate(_ONE_SOUND)
    return re.sub(r"(.)\1+", r"\1", re.sub("h+$", "", re.sub("[^bdfghklmnrstxz]", "", heard)))


def _heard(words: Collection[str], *, as_other_script: bool = False) -> set[tuple[bool, str]]:
    """The consonants of words that have two or more, and whether a word is Arabic.

    as_other_script: told the other way round, so that words are alike only where one of them is Arabic.
    """
    heard = ((_ARABIC.search(word) is not None, _consonants(word)) for word in words)
    return {(is_arabic is not as_other_script, sounds) for is_arabic, sounds in heard if len(sounds) > 1}


def _single_letters(words: Sequence[str]) -> str:
    return "".join(word for word in words if len(word) == 1)


def _are_initials(letters: str, names: Sequence[str]) -> bool:
    """Whether two letters or more are first letters of the names, forwards or backwards, perhaps not of all."""
    firsts = [{name[0], without_arabic_articles(name)[0]} for name in names]
    return len(letters) > 1 and (_occur_in_turn(letters, firsts) or _occur_in_turn(letters, firsts[::-1]))


def _occur_in_turn(letters: str, firsts: Sequence[Collection[str]]) -> bool:
    left = iter(firsts)
    return all(any(letter in first for first in left) for letter in letters)
