"""Catalogues of messages: extract from the source, merge, compile, and check (`make messages`, `make check`).

A catalogue carries no line numbers, dates or names of tools, so that it changes only when a sentence does.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg

ROOT = Path(__file__).parents[2]
OWN_KEYWORDS = ["_l", "_ln:1,2", "lazy", "lazy_gettext", "lazy_counted:1,2", "pgettext:1c,2", "npgettext:1c,2,3"]
KEYWORDS = {**DEFAULT_KEYWORDS, **parse_keywords(OWN_KEYWORDS)}
PLURALS = {
    "en": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ar": (
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3"
        " : n%100>=11 && n%100<=99 ? 4 : 5);"
    ),
}
"""The rules of CLDR, as gettext writes them."""

FORMS_OF_ONE_NUMBER = {"en": {0}, "fr": set(), "ar": {0, 1, 2}}
"""Plural forms that stand for a single number, which may therefore be said in words: "no lesson", "two lessons"."""

COUNTS = frozenset({"num", "days", "minutes", "most", "places", "wanted"})
"""What a sentence with plural forms counts, by the name of its place."""

SOURCE_LANGUAGE = "en"
PLACEHOLDER = re.compile(r"%\((\w+)\)([a-zA-Z])")
STRAY_PERCENT = re.compile(r"%(?!%|\(\w+\)[sd])")
MARKUP = re.compile(r"</?[a-zA-Z]|&\w+;")


@dataclass(frozen=True)
class Files:
    """The two files of a language."""

    language: str
    po: Path
    mo: Path


def files_of(root: Path) -> list[Files]:
    """Where the catalogues of a source tree lie."""
    found = []
    for language in PLURALS:
        folder = root / "translations" / language / "LC_MESSAGES"
        found.append(Files(language, folder / "messages.po", folder / "messages.mo"))
    return found


def extract(root: Path) -> polib.POFile:
    """Every sentence of the source, sorted, without places."""
    with (root / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog()
    sentences = extract_from_dir(
        str(root / "lms"), methods, options, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for _, _, sentence, comments, context in sentences:
        catalogue.add(sentence, None, auto_comments=comments, context=context)
    template = polib.POFile()
    for message in catalogue:
        if message.id:
            template.append(_entry(message))
    template.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    return template


def _entry(message: object) -> polib.POEntry:
    one, many = message.id if isinstance(message.id, tuple) else (message.id, "")
    return polib.POEntry(
        msgid=one,
        msgid_plural=many,
        msgctxt=message.context,
        comment="\n".join(dict.fromkeys(message.auto_comments)),
        flags=["python-format"] if message.python_format else [],
    )


def merged(template: polib.POFile, old: polib.POFile | None, language: str) -> polib.POFile:
    """The template with the translations there are. What is said no more stays below as obsolete, ready to return."""
    known = {_key(entry): entry for entry in old or ()}
    new = polib.POFile(wrapwidth=0)
    new.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    forms = _number_of_forms(language)
    for entry in template:
        before = known.pop(_key(entry), polib.POEntry())
        new.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                msgctxt=entry.msgctxt,
                comment=entry.comment,
                tcomment=before.tcomment,
                flags=entry.flags + [flag for flag in before.flags if flag == "fuzzy"],
                msgstr="" if entry.msgid_plural else before.msgstr,
                msgstr_plural={n: before.msgstr_plural.get(n, "") for n in range(forms)} if entry.msgid_plural else {},
            )
        )
    for gone in sorted(known.values(), key=lambda entry: entry.msgid):
        if gone.translated() or gone.obsolete:
            gone.obsolete, gone.comment = True, ""
            new.append(gone)
    return new


def _key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgid, entry.msgid_plural, entry.msgctxt or ""


def _number_of_forms(language: str) -> int:
    return int(re.search(r"nplurals=(\d)", PLURALS[language])[1])


def write(root: Path) -> list[str]:
    """Bring all catalogues up to date; one line per language says what is left to translate."""
    template, told = extract(root), []
    for files in files_of(root):
        old = polib.pofile(str(files.po), wrapwidth=0) if files.po.exists() else None
        new = merged(template, old, files.language)
        files.po.parent.mkdir(parents=True, exist_ok=True)
        files.po.write_text(_text(new), encoding="utf-8")
        files.mo.write_bytes(new.to_binary())
        empty = sum(not entry.translated() for entry in new if not entry.obsolete)
        told.append(f"{files.language}: {len(template)} sentences, {empty} without translation")
    return told


def _text(catalogue: polib.POFile) -> str:
    return f"{catalogue}".rstrip("\n") + "\n"


def faults(root: Path) -> Iterator[str]:
    """Everything that is wrong with the catalogues of a source tree."""
    template = extract(root)
    for entry in template:
        if MARKUP.search(entry.msgid + entry.msgid_plural):
            yield f"source: markup inside a sentence: {entry.msgid!r}"
    for files in files_of(root):
        where = files.po.relative_to(root)
        if not files.po.exists():
            yield f"{where}: missing; run: make messages"
            continue
        catalogue = polib.pofile(str(files.po), wrapwidth=0)
        if files.po.read_text(encoding="utf-8") != _text(merged(template, catalogue, files.language)):
            yield f"{where}: out of date with the source; run: make messages"
        if catalogue.metadata.get("Plural-Forms") != PLURALS[files.language]:
            yield f"{where}: wrong plural rule; it must be {PLURALS[files.language]}"
        if not files.mo.exists() or files.mo.read_bytes() != catalogue.to_binary():
            yield f"{where.with_suffix('.mo')}: stale; run: make messages"
        for entry in catalogue:
            if not entry.obsolete:
                yield from (f"{where}: {fault}: {entry.msgid!r}" for fault in _faults_of(entry, files.language))


def _faults_of(entry: polib.POEntry, language: str) -> Iterator[str]:
    if entry.fuzzy:
        yield "fuzzy"
    forms = entry.msgstr_plural if entry.msgid_plural else {0: entry.msgstr}
    if language != SOURCE_LANGUAGE and not all(text.strip() for text in forms.values()):
        yield "empty"
    if entry.msgid_plural and len(forms) != _number_of_forms(language):
        yield f"has {len(forms)} plural forms instead of {_number_of_forms(language)}"
    wanted = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
    for number, text in forms.items():
        if not text:
            continue
        count_may_be_words = bool(entry.msgid_plural) and number in FORMS_OF_ONE_NUMBER[language]
        needed = {one for one in wanted if one[0] not in COUNTS} if count_may_be_words else wanted
        found = set(PLACEHOLDER.findall(text))
        if not needed <= found <= wanted:
            yield f"placeholders differ (form {number}: {_names(found)} instead of {_names(wanted)})"
        if wanted and STRAY_PERCENT.search(text.replace("%%", "")):
            yield f"a percent sign that is no placeholder (form {number})"
        if MARKUP.search(text):
            yield "markup inside a sentence"


def _names(placeholders: set[tuple[str, str]]) -> str:
    return ", ".join(sorted(name for name, _ in placeholders)) or "none"


def main() -> None:
    """Write the catalogues, or check them."""
    parser = argparse.ArgumentParser(prog="python -m tests.tools.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; name every fault and exit with 1")
    parser.add_argument("--root", type=Path, default=ROOT, help="the source tree")
    told = parser.parse_args()
    if not told.check:
        print("\n".join(write(told.root)))
        return
    found = list(faults(told.root))
    print("\n".join(found) or "Catalogues are complete and compiled.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
