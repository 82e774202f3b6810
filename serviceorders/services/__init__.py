"""The public face of field work: asking for it, sending it out, completing it, recalling it."""

from serviceorders.services.claims import claim_credits
from serviceorders.services.completion import (
    ReadingNeeded,
    complete,
    could_not,
)
from serviceorders.services.orders import (
    NothingToRestore,
    OrderAlreadyOpen,
    OrderNotMovable,
    ServiceNotTheirs,
    cancel,
    check_shutoff,
    dispatch,
    is_on,
    open_order,
    recall,
    reopen,
    request_order,
    takes_service,
)

__all__ = [
    "NothingToRestore",
    "OrderAlreadyOpen",
    "OrderNotMovable",
    "ReadingNeeded",
    "ServiceNotTheirs",
    "cancel",
    "check_shutoff",
    "claim_credits",
    "complete",
    "could_not",
    "dispatch",
    "is_on",
    "open_order",
    "recall",
    "reopen",
    "request_order",
    "takes_service",
]
