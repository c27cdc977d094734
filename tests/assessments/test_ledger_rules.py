"""What is finished, and from when somebody is late."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.rules.ledger import finished, late_from

NODES = ["a", "b", "c", "d", "e"]
modules = st.dictionaries(st.sampled_from(["m1", "m2", "m3"]), st.lists(st.sampled_from(NODES), unique=True))
done = st.sets(st.sampled_from(NODES))
moments = st.integers(0, 1000).map(lambda hours: datetime(2027, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
ends = st.dictionaries(st.sampled_from(NODES), moments)


@given(modules, done)
def test_a_module_is_finished_when_nothing_of_it_is_left(modules, done):
    assert finished(modules, done) == [name for name, nodes in modules.items() if nodes and set(nodes) <= done]


@given(modules, done, st.sampled_from(NODES))
def test_doing_more_never_unfinishes(modules, done, one):
    assert set(finished(modules, done)) <= set(finished(modules, done | {one}))


@given(ends, done)
def test_she_is_late_from_the_first_end_of_what_is_left(ends, done):
    left = [end for node_id, end in ends.items() if node_id not in done]

    assert late_from(ends, done) == (min(left) if left else None)


@given(ends, done, st.sampled_from(NODES))
def test_handing_in_never_makes_her_late_earlier(ends, done, one):
    before, after = late_from(ends, done), late_from(ends, done | {one})

    assert after is None or (before is not None and before <= after)
