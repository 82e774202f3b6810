"""What a worker does with a run: chunk after chunk until nothing is left, the run is paused, or it is killed."""

from __future__ import annotations

from collections.abc import Callable

from billing.services import calculation, posting, runs
from core.models import User

OnChunk = Callable[[int], None]


def _ignore(_: int) -> None:
    """Nobody watches."""


def calculate(
    *,
    run_id: int,
    worker: str,
    by: User,
    on_chunk: OnChunk = _ignore,
    size: int = calculation.CHUNK_SIZE,
    at_most: int | None = None,
) -> int:
    """Calculate chunks of a run; give the number of accounts this worker did.

    Any number of workers may do so at once. ``at_most`` stops after so many chunks, for callers in a hurry.
    """
    terms = runs.terms_of(run_id=run_id)
    done = chunks = 0
    try:
        while at_most is None or chunks < at_most:
            runs.beat(run_id=run_id, worker=worker)
            result = calculation.calculate_chunk(terms=terms, by=by, size=size)
            if result is None:
                calculation.finish_if_done(run_id=run_id, by=by)
                break
            done += result.items
            chunks += 1
            on_chunk(result.items)
    finally:
        runs.leave(run_id=run_id, worker=worker)
    return done


def post(
    *,
    run_id: int,
    worker: str,
    by: User,
    on_chunk: OnChunk = _ignore,
    size: int = posting.CHUNK_SIZE,
    at_most: int | None = None,
) -> int:
    """Post chunks of a run; give the number of bills this worker posted. Else as `calculate`."""
    terms = runs.terms_of(run_id=run_id)
    done = chunks = 0
    try:
        while at_most is None or chunks < at_most:
            runs.beat(run_id=run_id, worker=worker)
            result = posting.post_chunk(terms=terms, by=by, size=size)
            if result is None:
                posting.finish_if_done(run_id=run_id, by=by)
                break
            done += result.bills
            chunks += 1
            on_chunk(result.bills)
    finally:
        runs.leave(run_id=run_id, worker=worker)
    return done
