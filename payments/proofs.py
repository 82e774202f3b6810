"""What must hold of receipts, asked of the database in one go each."""

from core.proofs import Violations, from_sql, proof


@proof("receipt numbers of each drawer run from 1 without a gap, up to the last number taken")
def receipt_numbers() -> Violations:
    """Numbers are unique and above zero, so that as many as the highest means none is missing."""
    return from_sql(
        """
        SELECT format('drawer %%s: %%s receipts, highest number %%s, last number taken %%s',
                      d.code, count(r.id), coalesce(max(r.number), 0), coalesce(max(s.last_value), 0))
        FROM payments_drawer d
        LEFT JOIN payments_receipt r ON r.drawer_id = d.id
        LEFT JOIN core_numbersequence s ON s.series = 'receipt:' || d.code
        GROUP BY d.id, d.code
        HAVING count(r.id) <> coalesce(max(r.number), 0)
            OR coalesce(max(r.number), 0) <> coalesce(max(s.last_value), 0)
        ORDER BY d.code
        """
    )


@proof(
    "every receipt's total is that of its lines, of its tenders and of the cash its entry puts in the drawer"
)
def receipt_totals() -> Violations:
    """The receipt, its parts and the ledger tell the same sum."""
    return from_sql(
        """
        SELECT format('receipt %%s-%%s: total %%s, lines %%s, tenders %%s, entry %%s',
                      d.code, r.number, r.total_amount, l.total, t.total, p.total)
        FROM payments_receipt r
        JOIN payments_drawer d ON d.id = r.drawer_id
        LEFT JOIN (SELECT receipt_id, sum(amount) AS total FROM payments_receiptline GROUP BY receipt_id) l
            ON l.receipt_id = r.id
        LEFT JOIN (SELECT receipt_id, sum(amount) AS total, sum(change_amount) AS change
                   FROM payments_tender GROUP BY receipt_id) t ON t.receipt_id = r.id
        LEFT JOIN (SELECT p.entry_id, sum(p.amount) AS total
                   FROM ledger_posting p JOIN ledger_glaccount g ON g.id = p.gl_account_id
                   WHERE g.code = '1010' AND p.side = 'D' GROUP BY p.entry_id) p ON p.entry_id = r.entry_id
        WHERE l.total IS DISTINCT FROM r.total_amount OR t.total IS DISTINCT FROM r.total_amount
           OR t.change IS DISTINCT FROM r.change_amount OR p.total IS DISTINCT FROM r.total_amount
        ORDER BY d.code, r.number
        """
    )


@proof("every account line of a receipt is the ledger's credit to that account in the receipt's entry")
def receipt_credits() -> Violations:
    """What the receipt says an account paid is what the ledger credited it."""
    return from_sql(
        """
        SELECT format('receipt %%s-%%s: line of %%s on account %%s, credit of %%s on account %%s',
                      d.code, r.number, l.amount, l.account_id, c.amount, c.account_id)
        FROM payments_receiptline l
        JOIN payments_receipt r ON r.id = l.receipt_id
        JOIN payments_drawer d ON d.id = r.drawer_id
        JOIN ledger_credit c ON c.id = l.credit_id
        WHERE c.amount <> l.amount OR c.account_id <> l.account_id OR c.entry_id <> r.entry_id
        ORDER BY d.code, r.number, l.id
        """
    )


@proof("every void reverses its receipt's entry, by a second person, and nothing else reverses a receipt")
def voids() -> Violations:
    """A void without its reversal, a reversal without its void, or a void by one person alone."""
    return from_sql(
        """
        SELECT format('receipt %%s-%%s: void %%s, reversal %%s', d.code, r.number, v.id, e.id)
        FROM payments_receipt r
        JOIN payments_drawer d ON d.id = r.drawer_id
        LEFT JOIN payments_receiptvoid v ON v.receipt_id = r.id
        LEFT JOIN payments_voidrequest q ON q.id = v.request_id
        LEFT JOIN ledger_journalentry e ON e.reverses_id = r.entry_id
        WHERE v.entry_id IS DISTINCT FROM e.id
           OR (v.id IS NOT NULL AND (q.state <> 'APPROVED' OR q.receipt_id <> r.id
                                     OR q.decided_by_id IN (q.requested_by_id, r.received_by_id)))
        ORDER BY d.code, r.number
        """
    )


@proof("every receipt belongs to a drawer session of the same drawer, person and business date")
def receipt_sessions() -> Violations:
    """The session's receipts are the session's."""
    return from_sql(
        """
        SELECT format('receipt %%s-%%s is not of its session %%s', d.code, r.number, s.id)
        FROM payments_receipt r
        JOIN payments_drawer d ON d.id = r.drawer_id
        JOIN payments_drawersession s ON s.id = r.session_id
        WHERE s.drawer_id <> r.drawer_id OR s.user_id <> r.received_by_id OR s.business_date <> r.posting_date
        ORDER BY d.code, r.number
        """
    )
