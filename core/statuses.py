"""How a status looks: a word, a tone and an icon for each code that any app uses.

Pure. The tone is a family of colour; it never stands alone: an icon and the word go with it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """A status as shown: `tone` is one of ok, info, wait, warn, danger, quiet."""

    word: str
    tone: str
    icon: str


_CODES: dict[tuple[str, str], str] = {
    ("ok", "circle-check"): "ACTIVE POSTED PAID APPROVED ACCEPTED RELEASED RESTORED SETTLED KEPT PRESENT OK",
    ("ok", "checks"): "DONE COMPLETED CLOSED_OUT BALANCED",
    ("info", "circle-dot"): "OPEN ISSUED CALCULATED REVIEW PRINTED MAILED ASSIGNED DISPATCHED EXPECTED",
    ("info", "progress"): "CALCULATING POSTING PRINTING RUNNING CLAIMED WORKING",
    ("wait", "clock"): "PENDING WAITING REQUESTED PROPOSED QUEUED DRAFT SCHEDULED ESTIMATED",
    ("wait", "player-pause"): "PAUSED",
    ("warn", "hand-stop"): "HELD HOLD SUSPENDED SOFT_CLOSED",
    ("warn", "alert-triangle"): "PAST_DUE EXCEPTION SHORT OVER RETURNED UNRESOLVED DUE",
    ("danger", "circle-x"): "ERROR FAILED REFUSED REJECTED BROKEN DEFAULTED OVERDUE",
    ("danger", "plug-off"): "SHUT_OFF SHUTOFF OFF DISCONNECTED",
    ("danger", "arrow-back-up"): "REVERSED VOIDED VOID",
    ("quiet", "lock"): "CLOSED LOCKED SEALED FINAL FINALED",
    ("quiet", "ban"): "CANCELLED CANCELED WITHDRAWN EXPIRED WRITTEN_OFF",
    ("quiet", "circle-dashed"): "INACTIVE VACANT ENDED SUPERSEDED NONE MISSING",
}
_LOOKS = {code: key for key, codes in _CODES.items() for code in codes.split()}


def look_of(status: object) -> Look:
    """Give the look of a status code; a code that is not listed is quiet and shown as its own words."""
    code = str(getattr(status, "value", status)).upper()
    tone, icon = _LOOKS.get(code, ("quiet", "point"))
    word = code.replace("_", " ").lower()
    return Look(word=word[:1].upper() + word[1:], tone=tone, icon=icon)


def listed_codes() -> frozenset[str]:
    """Give every code that has a look of its own."""
    return frozenset(_LOOKS)
