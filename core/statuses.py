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
    (
        "ok",
        "circle-check",
    ): "ACTIVE POSTED PAID APPROVED ACCEPTED RELEASED RESTORED SETTLED KEPT LIVE VERIFIED NORMAL ON INSTALLED OK",
    ("ok", "checks"): "DONE COMPLETED CLOSED_OUT BALANCED",
    (
        "info",
        "circle-dot",
    ): "OPEN ISSUED CALCULATED REVIEW PRINTED MAILED ASSIGNED DISPATCHED RECEIVED CHECKED IN_STOCK",
    ("info", "progress"): "CALCULATING POSTING PRINTING RUNNING CLAIMED WORKING",
    (
        "wait",
        "clock",
    ): "PENDING WAITING REQUESTED PROPOSED QUEUED DRAFT SCHEDULED ESTIMATED BALANCING UNVERIFIED",
    ("wait", "player-pause"): "PAUSED",
    ("warn", "hand-stop"): "HELD HOLD SUSPENDED SOFT_CLOSED NO_BILL",
    ("warn", "alert-triangle"): "PAST_DUE EXCEPTION SHORT OVER RETURNED UNRESOLVED DUE NOT_DONE",
    ("danger", "circle-x"): "ERROR FAILED REFUSED REJECTED BROKEN DEFAULTED OVERDUE",
    ("danger", "plug-off"): "SHUT_OFF SHUTOFF OFF OFF_AT_VALVE PLUGGED DISCONNECTED",
    ("danger", "arrow-back-up"): "REVERSED VOIDED VOID",
    ("quiet", "lock"): "CLOSED LOCKED SEALED FINAL FINALED FINAL_BILLED",
    ("quiet", "ban"): "CANCELLED CANCELED WITHDRAWN EXPIRED WRITTEN_OFF RECALLED OPTED_OUT",
    (
        "quiet",
        "circle-dashed",
    ): "INACTIVE VACANT ENDED SUPERSEDED NONE MISSING NOT_DUE RETIRED REMOVED STOPPED",
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
