"""What the soak and the storm judge by: growth, backups that hold too little, saves that are sent again."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load import Loaded, load
from benchmarks.server import Database
from benchmarks.soak.__main__ import FAULT_IN_LOG, Outcome, Wanted
from benchmarks.soak.backups import Backup, Copier, fewer
from benchmarks.soak.people import Minute
from benchmarks.soak.standing import missing
from benchmarks.soak.steady import Sample, Sampler, growth_percent, is_flat

HALF_HOUR = 1800.0


def _samples(*, first: float, per_second: float, warm: float = 0.0) -> list[Sample]:
    """What fills by so much in its first third, and grows by so much a second from its beginning."""
    times = [float(second) for second in range(0, int(HALF_HOUR), 10)]
    return [Sample(at, first + warm * min(at / 600, 1) + per_second * at) for at in times]


def test_growth_is_that_of_the_last_two_thirds_as_a_share_of_their_median() -> None:
    found = growth_percent(_samples(first=200, per_second=0.01), HALF_HOUR)
    assert found == pytest.approx(100 * 12 / 212, rel=0.01), "twelve more in twenty minutes, of 212 in their middle"


def test_what_fills_in_the_first_third_and_stays_is_flat() -> None:
    assert is_flat(_samples(first=120, per_second=0, warm=100), HALF_HOUR) is True


def test_what_leaks_three_hundred_bytes_a_request_is_not_flat() -> None:
    leak = 300 * 50 / 2**20
    assert is_flat(_samples(first=230, per_second=leak), HALF_HOUR) is False


def test_a_few_minutes_tell_nothing() -> None:
    assert is_flat(_samples(first=230, per_second=1), 180) is None


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="2 samples"):
        growth_percent([Sample(0, 1), Sample(700, 1), Sample(900, 1)], HALF_HOUR)


@given(st.lists(st.floats(195, 205), min_size=181, max_size=181))
def test_what_is_added_to_every_sample_alike_does_not_make_it_grow(noise: list[float]) -> None:
    samples = [Sample(place * 10.0, value) for place, value in enumerate(noise)]
    risen = [Sample(one.at, one.value + 200) for one in samples]
    first, second = growth_percent(samples, HALF_HOUR), growth_percent(risen, HALF_HOUR)
    assert abs(second) <= abs(first) + 1e-9


def test_a_sampler_looks_at_once_and_until_the_end() -> None:
    seen = iter(range(1_000_000))
    with Sampler(lambda: float(next(seen)), every=0.01) as sampler:
        while len(sampler.samples) < 3:
            pass
    count = len(sampler.samples)
    assert [one.value for one in sampler.samples] == list(range(count))
    assert sampler.most == count - 1
    assert sampler.mean_between(-1, 60) == sampler.median
    assert sampler.mean_between(60, 120) is None


def test_a_minute_is_told_with_its_95th_percentile() -> None:
    minute = Minute(requests=40, saves=[n / 1000 for n in range(1, 21)], faults=1)
    assert minute.told() == {"requests": 40, "saves": 20, "p95_ms": 19.0, "faults": 1}
    assert Minute().told()["p95_ms"] is None


def test_a_backup_that_holds_less_than_was_acknowledged_before_it_is_told() -> None:
    before, acknowledged = {"answers": 100, "hand-ins": 5}, {"answers": 7, "hand-ins": 2}
    assert fewer({"answers": 107, "hand-ins": 9}, before, acknowledged) == []
    assert fewer({"answers": 106, "hand-ins": 7}, before, acknowledged) == ["6 answers of 7 acknowledged"]
    assert len(fewer({}, before, acknowledged)) == 2


@pytest.mark.parametrize(
    "line",
    [
        "2027-03-01 10:00:00,000 ERROR lms.web: unexpected error, code 7K2M: KeyError",
        "Traceback (most recent call last):",
        "2027-03-01 10:00:00,000 WARNING lms.worker: job 7 of kind messaging.message failed: OSError",
    ],
)
def test_an_error_in_a_log_is_seen(line: str) -> None:
    assert FAULT_IN_LOG.search(line)


def test_what_a_log_says_otherwise_is_no_error() -> None:
    assert not FAULT_IN_LOG.search("2027-03-01 10:00:00,000 WARNING lms.web: slow request, code ERRORLESS")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    """Twelve people, three of whom can sign in."""
    return load(tmp_path_factory.mktemp("soak"), people=12, pool=3)


def test_a_copy_of_a_database_in_use_is_whole_and_counted(loaded: Loaded, tmp_path: Path) -> None:
    copier = Copier(where=Database(server=None, folder=tmp_path), loaded=loaded, folder=tmp_path)
    with closing(sqlite3.connect(copier.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        before = copier.counts()
        backup = copier.take(before, dict.fromkeys(before, 0))
        writer.execute("ROLLBACK")
    assert all(before.values())
    assert backup.faults == () and backup.size > 100_000
    assert str(backup).endswith("whole")
    assert copier.take(before, {"answers": 1}).faults == ("0 answers of 1 acknowledged",)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_cannot_be_taken_is_told(loaded: Loaded, tmp_path: Path) -> None:
    nowhere = replace(loaded, data_dir=tmp_path / "nowhere")
    copier = Copier(where=Database(server=None, folder=tmp_path), loaded=nowhere, folder=tmp_path)
    (fault,) = copier.take({}, {}).faults
    assert fault.startswith("failed: ") and fault.endswith("unable to open database file")


def _attempts(connection: sqlite3.Connection, which: str) -> list[str]:
    """Two attempts of which this is so."""
    rows = connection.execute(f"SELECT public_id FROM assessments_attempt WHERE {which} LIMIT 2").fetchall()
    return [str(UUID(row[0])) for row in rows]


def test_what_does_not_stand_is_missed(loaded: Loaded) -> None:
    with closing(sqlite3.connect(loaded.database_url.removeprefix("sqlite:///"))) as connection:
        quiz, other = _attempts(connection, "kind = 'quiz' AND handed_in_at IS NOT NULL")
        marked, nobody = _attempts(connection, "total IS NOT NULL")[0], str(uuid4())
        assert missing(loaded, {"kept": [], "handed_in": [quiz, other], "marked": [marked]}) == []
        lost = UUID(other).hex
        connection.execute("UPDATE assessments_attempt SET handed_in_at = NULL WHERE public_id = ?", (lost,))
        connection.commit()
    kept = [{"login": "pool1", "attempt": of, "number": 1, "fields": []} for of in (quiz, nobody)]
    told = {"kept": kept, "handed_in": [quiz, other, nobody], "marked": [quiz, nobody]}
    assert len(missing(loaded, told)) == 6


def _outcome(*, errors: int = 0, backups: tuple[Backup, ...] | None = None, leak: float = 0) -> Outcome:
    memory = Sampler(lambda: 0.0, 10)
    memory.samples = _samples(first=230 * 2**20, per_second=leak)
    told = {
        "acknowledged": {"attempts": 2, "answers": 20, "hand-ins": 1}, "kept": [{}], "marked": [], "faults": [],
        "statuses": {"200": 1000}, "saves": 20, "p95_ms": 30.0, "errors": errors, "seconds": HALF_HOUR, "own_cpu": 90.0,
    }  # fmt: skip
    return Outcome(
        kind="sqlite",
        asked=Wanted(people=24, seconds=HALF_HOUR, backup_seconds=300, thinking=6),
        told=told,
        memory=memory,
        wal=memory,
        database_bytes=0,
        backups=(Backup(seconds=1, size=1, faults=()),) if backups is None else backups,
        missing=(),
        faults_in_logs=(),
        others_percent=0.0,
    )


def test_a_soak_holds_when_nothing_went_wrong() -> None:
    assert _outcome().holds
    assert str(_outcome()).endswith(": holds")


@pytest.mark.parametrize(
    "broken",
    [
        {"errors": 1},
        {"leak": 20_000.0},
        {"backups": ()},
        {"backups": (Backup(seconds=1, size=1, faults=("6 answers of 7 acknowledged",)),)},
    ],
    ids=str,
)
def test_a_soak_does_not_hold_when_anything_did(broken: dict[str, Any]) -> None:
    found = _outcome(**broken)
    assert not found.holds
    assert str(found).endswith("DOES NOT HOLD")


def test_what_was_missing_or_in_the_logs_is_held_against_it() -> None:
    whole = _outcome()
    for found in (replace(whole, missing=("something",)), replace(whole, faults_in_logs=("something",))):
        assert not found.holds and found.faults == ["something"]
