"""Drafts whose facts changed after they were calculated."""

from __future__ import annotations

from django.db import connection

# A draft begins at the reading that the bill before it ended with, though that may have been superseded since; where
# there is no bill before it, the opening reading must stand like the closing one. Readings in doubt are few, so they are
# gathered first, and the run's drafts are gone through once.
_OUTDATED = """
WITH doubtful AS MATERIALIZED (
    SELECT id FROM metering_reading WHERE superseded_by_id IS NOT NULL
    UNION
    SELECT reading_id FROM metering_readingexception
    WHERE severity = 'SEVERE' AND resolved_at IS NULL AND reading_id IS NOT NULL
), drafted AS MATERIALIZED (
    SELECT segment.bill_id, segment.agreement_id, segment.from_date, segment.to_date, segment.usage
    FROM billing_bill bill JOIN billing_billsegment segment ON segment.bill_id = bill.id
    WHERE bill.run_id = %(run)s AND bill.status = 'DRAFT'
), outdated (bill_id) AS (
    SELECT drafted.bill_id
    FROM drafted JOIN accounts_serviceagreement agreement ON agreement.id = drafted.agreement_id
    WHERE agreement.to_date < drafted.to_date OR agreement.status NOT IN ('ACTIVE', 'STOPPED')
    UNION
    SELECT drafted.bill_id
    FROM drafted
    CROSS JOIN LATERAL jsonb_array_elements(drafted.usage) AS used (entry)
    CROSS JOIN LATERAL (VALUES ((used.entry ->> 'to_reading')::bigint, true),
                               ((used.entry ->> 'from_reading')::bigint, false)) AS ends (reading_id, is_last)
    JOIN doubtful ON doubtful.id = ends.reading_id
    WHERE ends.is_last OR NOT EXISTS (
        SELECT FROM billing_billsegment earlier
        WHERE earlier.agreement_id = drafted.agreement_id AND earlier.status = 'LIVE'
          AND earlier.to_date = drafted.from_date)
    UNION
    SELECT bill.id
    FROM billing_billrun run
    JOIN billing_bill bill ON bill.run_id = run.id AND bill.status = 'DRAFT'
    JOIN accounts_billingstatus billing ON billing.account_id = bill.account_id
    WHERE run.id = %(run)s AND billing.status IN ('NO_BILL', 'FINAL_BILLED', 'SUSPENDED')
      AND billing.from_date < run.period_end AND (billing.to_date IS NULL OR billing.to_date >= run.period_end)
)
SELECT item.id FROM billing_billrunitem item JOIN outdated ON outdated.bill_id = item.bill_id
WHERE item.run_id = %(run)s AND item.state = 'CALCULATED' ORDER BY item.ordinal
"""


def outdated_items(*, run_id: int) -> list[int]:
    """The items of a run whose draft would come out otherwise now, in the run's order.

    A reading was superseded or is questioned, the service stopped before the draft's end, or the account is not billed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OUTDATED, {"run": run_id})
        return [row[0] for row in cursor.fetchall()]
