"""What must hold of bills and runs, as queries that return what does not."""

from __future__ import annotations

from core.proofs import Violations, from_sql, proof


@proof("every posted bill has one entry of its amount, and none where it is 0.00")
def bills_have_their_entries() -> Violations:
    """A bill and what it did to the receivable agree to the cent."""
    return from_sql(
        """
        WITH posted AS (
            SELECT bill.number, bill.total_amount, bill.entry_id,
                   coalesce(sum(posting.amount) FILTER (WHERE posting.side = 'D'), 0)
                 - coalesce(sum(posting.amount) FILTER (WHERE posting.side = 'C'), 0) AS entered
            FROM billing_bill bill
            LEFT JOIN ledger_posting posting
              ON posting.entry_id = bill.entry_id AND posting.control = 'RECEIVABLE'
            WHERE bill.status <> 'DRAFT' GROUP BY bill.id
        )
        SELECT 'bill ' || number || ' is for ' || total_amount || ', its entry for ' || entered
        FROM posted WHERE total_amount <> entered OR (entry_id IS NULL) <> (total_amount = 0) ORDER BY number
        """
    )


@proof("a bill is the sum of its segments, a segment the sum of its lines")
def bills_add_up() -> Violations:
    """No amount stands on a bill that its lines do not explain."""
    return from_sql(
        """
        WITH lines AS (
            SELECT segment_id, sum(amount) AS amount FROM billing_billline GROUP BY segment_id
        ), segments AS (
            SELECT segment.bill_id, sum(segment.amount) AS amount,
                   count(*) FILTER (WHERE segment.amount <> coalesce(lines.amount, 0)) AS wrong
            FROM billing_billsegment segment LEFT JOIN lines ON lines.segment_id = segment.id
            GROUP BY segment.bill_id
        )
        SELECT 'bill ' || bill.number || ' is for ' || bill.total_amount || ', its segments for '
               || coalesce(segments.amount, 0) || CASE WHEN segments.wrong > 0 THEN ' (lines differ)' ELSE '' END
        FROM billing_bill bill LEFT JOIN segments ON segments.bill_id = bill.id
        WHERE bill.total_amount <> coalesce(segments.amount, 0) OR segments.wrong > 0 ORDER BY bill.number
        """
    )


@proof("a segment's charges in the ledger are its lines by type of charge")
def charges_are_the_lines() -> Violations:
    """What the ledger asks for is what the bill says, type by type."""
    return from_sql(
        """
        WITH lines AS (
            SELECT line.segment_id, line.charge_type_id, sum(line.amount) AS amount
            FROM billing_billline line JOIN billing_billsegment segment ON segment.id = line.segment_id
            JOIN billing_bill bill ON bill.id = segment.bill_id
            WHERE bill.status <> 'DRAFT' GROUP BY 1, 2 HAVING sum(line.amount) <> 0
        ), charges AS (
            SELECT made.segment_id, made.charge_type_id, charge.amount
            FROM billing_segmentcharge made JOIN ledger_charge charge ON charge.id = made.charge_id
        )
        SELECT 'segment ' || coalesce(lines.segment_id, charges.segment_id) || ' has lines of '
               || coalesce(lines.amount, 0) || ' and a charge of ' || coalesce(charges.amount, 0)
        FROM lines FULL JOIN charges USING (segment_id, charge_type_id)
        WHERE lines.amount IS DISTINCT FROM charges.amount ORDER BY 1
        """
    )


@proof("live segments tile each agreement from its first day without gap or overlap")
def segments_tile() -> Violations:
    """Each day of service is billed once; what is not billed yet lies at the end."""
    return from_sql(
        """
        WITH ordered AS (
            SELECT segment.agreement_id, segment.from_date, segment.to_date,
                   lag(segment.to_date) OVER (PARTITION BY segment.agreement_id ORDER BY segment.from_date) AS before
            FROM billing_billsegment segment WHERE segment.status = 'LIVE'
        )
        SELECT 'agreement ' || ordered.agreement_id || ': a segment from ' || ordered.from_date || ' follows '
               || coalesce(ordered.before::text, 'the start on ' || agreement.from_date)
        FROM ordered JOIN accounts_serviceagreement agreement ON agreement.id = ordered.agreement_id
        WHERE ordered.from_date <> coalesce(ordered.before, agreement.from_date)
           OR ordered.to_date > agreement.to_date
        ORDER BY ordered.agreement_id, ordered.from_date
        """
    )


@proof("every item of a run agrees with its bill")
def items_agree_with_bills() -> Violations:
    """Calculated items have drafts, posted items posted bills, and every bill of a run has its item."""
    return from_sql(
        """
        SELECT 'bill ' || coalesce(bill.number, '?') || ' is ' || coalesce(bill.status, 'missing') || ', its item '
               || coalesce(item.state, 'missing')
        FROM billing_bill bill FULL JOIN billing_billrunitem item ON item.bill_id = bill.id
        WHERE (item.id IS NULL OR item.bill_id IS NOT NULL)
          AND NOT coalesce(
              item.run_id = bill.run_id AND item.account_id = bill.account_id
              AND (item.state = 'CALCULATED' AND bill.status = 'DRAFT'
                   OR item.state = 'POSTED' AND bill.status IN ('POSTED', 'REVERSED')), false)
        ORDER BY bill.number
        """
    )


@proof("drafts stand only in runs that are not posted")
def drafts_have_open_runs() -> Violations:
    """A run that is posted, reversed or cancelled has left no draft behind."""
    return from_sql(
        """
        SELECT 'draft ' || bill.number || ' stands in run ' || run.number || ', which is ' || lower(run.state)
        FROM billing_bill bill JOIN billing_billrun run ON run.id = bill.run_id
        WHERE bill.status = 'DRAFT' AND run.state NOT IN ('CALCULATING', 'REVIEW', 'APPROVED', 'POSTING')
        ORDER BY bill.number
        """
    )


@proof("a cycle's period has one run that is neither cancelled nor reversed")
def runs_are_single() -> Violations:
    """Nobody is billed by two runs for the same time."""
    return from_sql(
        """
        SELECT 'cycle ' || cycle.code || ' has ' || count(*) || ' live runs from ' || run.period_start
        FROM billing_billrun run JOIN accounts_cycle cycle ON cycle.id = run.cycle_id
        WHERE run.kind = 'REGULAR' AND run.state NOT IN ('CANCELLED', 'REVERSED')
        GROUP BY cycle.code, run.period_start HAVING count(*) > 1 ORDER BY 1
        """
    )


@proof("a posted run has no account that still waits to be posted")
def posted_runs_are_whole() -> Violations:
    """Whoever was calculated has been posted."""
    return from_sql(
        """
        SELECT 'run ' || run.number || ' is ' || lower(run.state) || ' with ' || count(*) || ' accounts waiting'
        FROM billing_billrun run JOIN billing_billrunitem item ON item.run_id = run.id
        WHERE run.state IN ('POSTED', 'PRINTING', 'DONE', 'REVERSED') AND item.state IN ('PENDING', 'CALCULATED')
        GROUP BY run.id ORDER BY run.number
        """
    )


@proof("reversed bills have only reversed segments and a reversed entry")
def reversals_are_whole() -> Violations:
    """A bill is reversed in all its parts or not at all."""
    return from_sql(
        """
        SELECT 'bill ' || bill.number || ' is ' || lower(bill.status) || ', a segment of it '
               || lower(segment.status)
        FROM billing_bill bill JOIN billing_billsegment segment ON segment.bill_id = bill.id
        WHERE (bill.status = 'REVERSED') <> (segment.status = 'REVERSED')
        UNION ALL
        SELECT 'bill ' || bill.number || ' is reversed, its entry is not'
        FROM billing_bill bill
        WHERE bill.status = 'REVERSED' AND bill.entry_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM ledger_journalentry contra WHERE contra.reverses_id = bill.entry_id)
        ORDER BY 1
        """
    )
