"""Whatever lies in a folder: checking it ends with a list, and what has no faults can be published."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lms.content.check import check_pack
from lms.content.errors import PackRefused
from lms.content.faults import Fault
from lms.content.pack import Pack, digest
from lms.content.services import prepare
from lms.courses.sanitise import clean

from .packs import FILES, pack

paths = st.sampled_from(sorted(FILES))
marks = st.sampled_from([*"{}[]()#*_`<>|-+!&:;'\"\\/ \n\t0aé", "ا", "\u202e", "---\n", "{#x}", "](", "&x ", "*x", "\r"])


@given(paths, st.binary(max_size=200))
def test_any_bytes_in_any_file_end_in_a_list_of_faults(path, content):
    files = {**pack().files, path: content}

    assert all(isinstance(fault, Fault) for fault in check_pack(Pack(files=files)))


@given(paths, st.data())
@settings(max_examples=300)
def test_a_pack_is_either_refused_or_published(path, data):
    text = FILES[path]
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 12))
    mark = data.draw(st.lists(marks, max_size=4).map("".join))
    spoilt = pack({**FILES, path: text[:at] + mark + text[at + cut :]})

    try:
        version = prepare(spoilt)
    except PackRefused as refused:
        lines = {path: len(content.splitlines()) for path, content in spoilt.files.items()}
        assert all(1 <= fault.line <= lines.get(fault.file, 1) for fault in refused.faults)
    else:
        assert all(clean(text.html) == text.html for text in version.modules[0].lessons[0].texts)


files = st.dictionaries(st.text(min_size=1, max_size=3), st.binary(max_size=3), max_size=3)


@given(files, files)
def test_a_digest_names_one_pack(one, other):
    assert (digest(one) == digest(other)) == (one == other)
