"""What the domain may refuse at the counter; a page answers each with its own words and 422."""

from __future__ import annotations

from core.idempotency import IdempotencyKeyReused
from core.permissions import PermissionRefused
from core.states import TransitionRefused
from ledger import services as ledger
from payments.services import drawers, receipting, voids
from payments.tendering import TenderRefused

PAYMENT_REFUSALS = (
    receipting.PaymentRefused,
    TenderRefused,
    IdempotencyKeyReused,
    ledger.PeriodNotOpen,
)
DRAWER_REFUSALS = (
    drawers.DrawerInUse,
    drawers.PersonHasAnotherDrawer,
    drawers.FloatNotAnAmount,
    drawers.SessionNotYours,
    drawers.VoidsUndecided,
    TransitionRefused,
)
VOID_REFUSALS = (
    voids.VoidRefused,
    TransitionRefused,
    PermissionRefused,
    ledger.PeriodNotOpen,
)
