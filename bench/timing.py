"""Times and sizes of this process, and what many of them come to."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path


def milliseconds(act: Callable[[], object]) -> float:
    """How long the act takes by the clock on the wall."""
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


def percentile(times: Sequence[float], share: int) -> float:
    """The time that so many percent of the acts do not exceed."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]


def spread(times: Sequence[float]) -> dict[str, float]:
    """The middle and the slow end, in milliseconds."""
    return {"p50_ms": round(percentile(times, 50), 1), "p95_ms": round(percentile(times, 95), 1)}


def resident_mb() -> float:
    """The memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
