"""Work of the ledger that nobody waits for."""

from typing import Any

from celery import shared_task

from ledger.sql import run


@shared_task(name="ledger.tasks.compact_daily_totals")
def compact_daily_totals(**_: Any) -> int:
    """Fold the daily totals of each GL account, fund, service and day into one row; give how many rows went.

    One statement, so that no reader ever sees a day twice or not at all; rows of writers not yet committed are left
    for the next time.
    """
    return run(
        """
        WITH several AS (
            SELECT gl_account_id, fund_id, service, day FROM ledger_dailytotal
            GROUP BY gl_account_id, fund_id, service, day HAVING count(*) > 1
        ), gone AS (
            DELETE FROM ledger_dailytotal t USING several s
            WHERE (t.gl_account_id, t.fund_id, t.service, t.day) = (s.gl_account_id, s.fund_id, s.service, s.day)
            RETURNING t.*
        ), folded AS (
            INSERT INTO ledger_dailytotal (gl_account_id, fund_id, service, day, debit_amount, credit_amount)
            SELECT gl_account_id, fund_id, service, day, sum(debit_amount), sum(credit_amount) FROM gone
            GROUP BY gl_account_id, fund_id, service, day
        )
        SELECT 1 FROM gone
        """
    )
