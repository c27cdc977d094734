"""glossary.csv: one row for each term."""

import csv
import io
import re
from collections.abc import Iterator

from .course import Glossary, Term
from .faults import FaultsWithin
from .layout import LANGUAGE
from .schema import ID_RULE, is_id


def read_glossary(text: str, faults: FaultsWithin) -> Glossary | None:
    """Read the glossary; None when its columns make no sense. A row with a fault is reported and left out."""
    rows = list(_rows(text, faults))
    languages = _languages(rows[0][1]) if rows else None
    if languages is None:
        faults.add(1, "the columns must be id, then term_LANGUAGE for each language, then definition_LANGUAGE")
        return None
    terms: dict[str, Term] = {}
    previous = ""
    for line, cells in rows[1:]:
        term = _term(line, cells, languages, faults)
        if term is None:
            continue
        if term.id in terms:
            faults.add(line, f"the term {term.id} occurs twice, first in line {terms[term.id].line}")
        elif term.id < previous:
            faults.add(line, f"{term.id} stands after {previous}; ids stand in alphabetical order")
        previous = max(previous, term.id)
        terms.setdefault(term.id, term)
    return Glossary(languages, terms)


def _rows(text: str, faults: FaultsWithin) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line at which each begins."""
    reader = csv.reader(io.StringIO(text), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        faults.add(line, f"not CSV: {error}")


def _languages(header: list[str]) -> list[str] | None:
    names = [name.removeprefix("term_") for name in header if name.startswith("term_")]
    expected = ["id", *(f"term_{name}" for name in names), *(f"definition_{name}" for name in names)]
    fits = names and header == expected and len(set(names)) == len(names)
    return names if fits and all(re.fullmatch(LANGUAGE, name) for name in names) else None


def _term(line: int, cells: list[str], languages: list[str], faults: FaultsWithin) -> Term | None:
    count = 1 + 2 * len(languages)
    if len(cells) != count:
        faults.add(line, f"{len(cells)} cells instead of {count}")
        return Term(cells[0], line, {}, {}) if cells else None
    name, words, definitions = cells[0], cells[1 : 1 + len(languages)], cells[1 + len(languages) :]
    if not any(cells[1:]):
        faults.add(line, f"{name}: the row is empty")
    if not is_id(name):
        faults.add(line, f"{name!r}: {ID_RULE}")
    if any(cell != cell.strip() for cell in cells):
        faults.add(line, f"{name}: a cell begins or ends with blanks")
    by_language = zip(languages, words, definitions, strict=True)
    for language, word, definition in by_language:
        if bool(word) != bool(definition):
            faults.add(line, f"{name}: {'term' if not word else 'definition'}_{language} is empty")
    return Term(
        id=name,
        line=line,
        terms={language: word for language, word in zip(languages, words, strict=True) if word},
        definitions={language: text for language, text in zip(languages, definitions, strict=True) if text},
    )
