"""What memory does over a run: samples taken beside it, and whether they are flat."""

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

MOST_GROWTH_PERCENT = 5.0
"""Of the median, along the line through the last two thirds of a run.

A run of half an hour answers some 60,000 requests in these twenty minutes, and 5 per cent of 230 MiB are 200 bytes for
each of them: whatever a request left behind, if only a row or a string of a page, would be more. Samples of a server
that does not grow differ by 2 or 3 per cent, as hashes of passphrases and large pages come and go.
"""

LEAST_MINUTES = 10.0
"""Before that people of a soak still meet templates and statements for the first time: growth is told, not judged."""


@dataclass(frozen=True)
class Sample:
    """So much at a moment, in seconds from the start."""

    at: float
    value: float


def growth_percent(samples: Sequence[Sample], length: float) -> float:
    """How much grew along a straight line through what comes after the first third of a run, of the median there.

    length: of the run, in seconds. Raises ValueError where fewer than three samples are left.
    """
    rest = [one for one in samples if one.at >= length / 3]
    if len(rest) < 3:
        raise ValueError(f"{len(rest)} samples in the last two thirds of {length:.0f} s")
    slope = statistics.linear_regression([one.at for one in rest], [one.value for one in rest]).slope
    return 100 * slope * length * 2 / 3 / statistics.median(one.value for one in rest)


def is_flat(samples: Sequence[Sample], length: float) -> bool | None:
    """Whether it does not grow; None where the run was too short to tell. What shrinks does not grow."""
    if length < LEAST_MINUTES * 60:
        return None
    return growth_percent(samples, length) < MOST_GROWTH_PERCENT


@dataclass
class Sampler:
    """Looks at something every few seconds, in a thread of its own, from `with` to its end."""

    looks: Callable[[], float]
    every: float
    samples: list[Sample] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop, self._begun = threading.Event(), time.monotonic()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.samples.append(Sample(time.monotonic() - self._begun, self.looks()))
            if self._stop.wait(self.every):
                return

    @property
    def most(self) -> float:
        """The largest so far."""
        return max((one.value for one in self.samples), default=0.0)

    @property
    def median(self) -> float:
        """The middle of all."""
        return statistics.median(one.value for one in self.samples)

    def mean_between(self, begin: float, end: float) -> float | None:
        """The mean of what was seen between two moments; None when nobody looked."""
        values = [one.value for one in self.samples if begin <= one.at < end]
        return statistics.fmean(values) if values else None
