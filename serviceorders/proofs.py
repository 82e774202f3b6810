"""What must hold of field work."""

from __future__ import annotations

from core.proofs import Violations, from_sql, proof


@proof("service orders: every credit older than five minutes was looked at")
def credits_claimed() -> Violations:
    return from_sql(
        """
        SELECT 'credit ' || credit.id || ' of account ' || account.number
        FROM ledger_credit credit
        JOIN ledger_journalentry entry ON entry.id = credit.entry_id
        JOIN accounts_account account ON account.id = credit.account_id
        WHERE entry.recorded_at < now() - interval '5 minutes'
          AND NOT EXISTS (SELECT FROM serviceorders_claimedcredit claimed WHERE claimed.credit_id = credit.id)
        ORDER BY credit.id
        """
    )


@proof("service orders: the last event of an order says its state")
def events_tell_the_state() -> Violations:
    return from_sql(
        """
        SELECT 'order ' || o.number || ' is ' || o.state || ', its last event says ' || coalesce(last.to_state, 'nothing')
        FROM serviceorders_serviceorder o
        LEFT JOIN LATERAL (SELECT to_state FROM serviceorders_orderevent e WHERE e.order_id = o.id
                           ORDER BY e.id DESC LIMIT 1) last ON true
        WHERE last.to_state IS DISTINCT FROM o.state
        ORDER BY o.number
        """
    )


@proof("service orders: a completed shutoff or restore is the physical status of its day")
def completed_orders_show() -> Violations:
    return from_sql(
        """
        SELECT 'order ' || o.number
        FROM serviceorders_serviceorder o
        WHERE o.state = 'COMPLETED' AND o.kind IN ('SHUTOFF', 'RESTORE')
          AND NOT EXISTS (SELECT FROM accounts_physicalstatus s
                          WHERE s.service_point_id = o.service_point_id AND s.reason = 'order ' || o.number)
        ORDER BY o.number
        """
    )
