"""Credits that came in since: each is looked at once, and recalls shutoffs whose ground is gone."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from collections_app import queries as collections
from core.models import User
from ledger import services as ledger
from ledger.models import Credit
from serviceorders.models import ClaimedCredit, ServiceOrder
from serviceorders.services.orders import move

OPEN_STATES = (ServiceOrder.State.OPEN, ServiceOrder.State.DISPATCHED)

# Credits of accounts without a shutoff on its way need no second look: they are claimed in one statement.
CLAIM_PLAIN = """
    INSERT INTO serviceorders_claimedcredit (credit_id, recalled_count)
    SELECT credit.id, 0 FROM ledger_credit credit
    WHERE NOT EXISTS (SELECT FROM serviceorders_claimedcredit claimed WHERE claimed.credit_id = credit.id)
      AND NOT EXISTS (SELECT FROM serviceorders_serviceorder o
                      WHERE o.account_id = credit.account_id AND o.kind = 'SHUTOFF' AND o.state IN ('OPEN', 'DISPATCHED'))
    ON CONFLICT (credit_id) DO NOTHING
"""


def claim_credits(*, on_date: dt.date, by: User) -> int:
    """Look at every credit that this app has not seen; recall shutoffs that are no longer owed.

    The claim is an anti-join on the claimed rows, never "since the highest number": a smaller number can commit
    later. Running it again finds nothing. Gives the count of orders recalled.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM_PLAIN)
    waiting = Credit.objects.exclude(pk__in=ClaimedCredit.objects.values("credit_id"))
    recalled = 0
    for credit in waiting.select_related("account").order_by("pk"):
        recalled += _claim(credit, on_date=on_date, by=by)
    return recalled


def _claim(credit: Credit, *, on_date: dt.date, by: User) -> int:
    with transaction.atomic():
        ledger.lock_accounts([credit.account_id])
        if ClaimedCredit.objects.filter(credit=credit).exists():
            return 0
        recalled = 0
        if not collections.shutoff_standing(credit.account, on_date=on_date).is_allowed:
            orders = ServiceOrder.objects.filter(
                account_id=credit.account_id, kind=ServiceOrder.Kind.SHUTOFF, state__in=OPEN_STATES
            )
            for order in orders.select_related("account").order_by("pk"):
                move(
                    order=order,
                    to_state=ServiceOrder.State.RECALLED,
                    by=by,
                    note="the amount that allowed it was paid",
                )
                recalled += 1
        ClaimedCredit.objects.create(credit=credit, recalled_count=recalled)
    return recalled
