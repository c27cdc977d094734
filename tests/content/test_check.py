"""Every fault is found, at its file and line, and nothing else is reported."""

import pytest

from lms.content.check import check_pack
from lms.content.pack import Pack

from .packs import AR, EN, FILES, FR, M1, changed, in_every_language, pack

SVG, FIGURE = f"{M1}/figures/three-designs.svg", f"{M1}/figures/three-designs.yaml"
MODULE, ITEMS, RUBRICS = f"{M1}/module.yaml", f"{M1}/items.yaml", f"{M1}/rubrics.yaml"


def faults(files):
    return [str(fault) for fault in check_pack(pack(files))]


def test_a_sound_pack_has_no_faults():
    assert faults(FILES) == []


# (what is planted, where, the text before, the text after, the only line printed)
PLANTED = [
    ("a tab", "course.yaml", "naming: alias", "naming:\talias", "course.yaml:7: a tab; use blanks"),
]


@pytest.mark.parametrize(("path", "old", "new", "line"), [row[1:] for row in PLANTED], ids=[row[0] for row in PLANTED])
def test_one_planted_fault_is_the_only_one_found(path, old, new, line):
    assert faults(changed(path, old, new)) == [line]
