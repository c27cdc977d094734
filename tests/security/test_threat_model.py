"""The threat model says which test shows what; each of them is there."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "docs" / "security" / "threat-model.md"
CITED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)


@cache
def names_in(path: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def rows() -> dict[str, str]:
    """The tests of each row of the section about what stands."""
    section = MODEL.read_text().partition("\n## 5. ")[2]
    return {f"{ids} {number}": told for number, (ids, told) in enumerate(ROW.findall(section)[1:])}


def test_every_test_that_the_threat_model_cites_is_there():
    cited = CITED.findall(MODEL.read_text())
    missing = [f"{path}::{name}" for path, name in cited if not (ROOT / path).exists() or name not in names_in(path)]
    assert len(cited) > 60 and missing == []


def test_every_row_of_what_stands_cites_a_test():
    assert len(rows()) > 20
    assert [row for row, told in rows().items() if not CITED.search(told) and "---" not in told] == []


def test_no_test_is_cited_in_another_way():
    told = MODEL.read_text()
    assert len(re.findall(r"tests/[\w/]+\.py::", told)) == len(CITED.findall(told))
