"""Large cohorts of the demo: realistic progress, answers and marks for thousands, in bulk and from one seed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any
