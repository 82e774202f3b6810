"""Which known word a misspelt one was meant to be. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def distance(first: str, second: str) -> int:
    """How many letters are wrong: missing, too many, other, or two neighbours swapped (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(second) + 1))
    for place, letter in enumerate(first, start=1):
        before, above, row = row, before, [place]
        for other_place, other in enumerate(second, start=1):
            cost = min(row[-1] + 1, before[other_place] + 1, before[other_place - 1] + (letter != other))
            swapped = (
                place > 1
                and other_place > 1
                and letter == second[other_place - 2]
                and first[place - 2] == other
            )
            if swapped:
                cost = min(cost, above[other_place - 2] + 1)
            row.append(cost)
    return row[-1]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest wrong letters, the first of equals; None if every one has too many wrong.

    A third of the letters may be wrong, at least one.
    """
    most = max(1, len(word) // 3)
    best: tuple[int, str] | None = None
    for candidate in known:
        wrong = distance(word, candidate)
        if wrong <= most and (best is None or wrong < best[0]):
            best = (wrong, candidate)
    return best[1] if best else None
