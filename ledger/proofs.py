"""What must hold in the books, asked of the database as a whole."""

from core.proofs import Violations, from_sql, proof

# APPLY counts, UNDO takes away: used in every proof over allocations.
_NET = "sum(CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END)"
_LIVE = "NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = {entry})"


@proof("every entry has postings and balances within each fund")
def entries_balance() -> Violations:
    """Empty entries, and funds of entries whose debits are not their credits."""
    return from_sql(
        """
        SELECT format('entry %%s has no postings', e.id) FROM ledger_journalentry e
        WHERE NOT EXISTS (SELECT FROM ledger_posting p WHERE p.entry_id = e.id)
        UNION ALL
        SELECT format('entry %%s is out by %%s in fund %%s', p.entry_id,
                      sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END), f.code)
        FROM ledger_posting p JOIN ledger_fund f ON f.id = p.fund_id
        GROUP BY p.entry_id, f.code HAVING sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END) <> 0
        """
    )


@proof("the receivable of each account, fund and service is its open charges")
def receivable_is_open_charges() -> Violations:
    """The control account against charges less allocations, from the facts and not from a cache."""
    return from_sql(
        f"""
        SELECT format('account %%s, fund %%s, service %%s: receivable %%s, open charges %%s',
                      n.number, f.code, x.service, sum(x.gl), sum(x.subledger))
        FROM (
            SELECT account_id, fund_id, service, CASE side WHEN 'D' THEN amount ELSE -amount END AS gl, 0 AS subledger
            FROM ledger_posting WHERE control = 'RECEIVABLE'
            UNION ALL
            SELECT c.account_id, c.fund_id, c.service, 0, c.amount FROM ledger_charge c
            WHERE {_LIVE.format(entry="c.entry_id")}
            UNION ALL
            SELECT c.account_id, c.fund_id, c.service, 0, CASE a.act WHEN 'APPLY' THEN -a.amount ELSE a.amount END
            FROM ledger_allocation a JOIN ledger_charge c ON c.id = a.charge_id
        ) x
        JOIN accounts_account n ON n.id = x.account_id JOIN ledger_fund f ON f.id = x.fund_id
        GROUP BY n.number, f.code, x.service HAVING sum(x.gl) <> sum(x.subledger)
        """  # noqa: S608 - fixed parts
    )


@proof("the unapplied credit of each account is its open credits")
def unapplied_is_open_credits() -> Violations:
    """The control account against credits less allocations."""
    return from_sql(
        f"""
        SELECT format('account %%s: unapplied credit %%s, open credits %%s', n.number, sum(x.gl), sum(x.subledger))
        FROM (
            SELECT account_id, CASE side WHEN 'C' THEN amount ELSE -amount END AS gl, 0 AS subledger
            FROM ledger_posting WHERE control = 'UNAPPLIED'
            UNION ALL
            SELECT c.account_id, 0, c.amount FROM ledger_credit c WHERE {_LIVE.format(entry="c.entry_id")}
            UNION ALL
            SELECT c.account_id, 0, CASE a.act WHEN 'APPLY' THEN -a.amount ELSE a.amount END
            FROM ledger_allocation a JOIN ledger_credit c ON c.id = a.credit_id
        ) x
        JOIN accounts_account n ON n.id = x.account_id
        GROUP BY n.number HAVING sum(x.gl) <> sum(x.subledger)
        """  # noqa: S608 - fixed parts
    )


@proof("held money is what came in less what was applied and returned")
def held_is_its_movements() -> Violations:
    """The control account against movements, by account and service; and no deposit below zero."""
    return from_sql(
        f"""
        WITH moved AS (
            SELECT h.id, h.account_id, h.service,
                   sum(CASE WHEN m.kind IN ('RECEIVED', 'INTEREST') THEN m.amount ELSE -m.amount END) AS held
            FROM ledger_heldmovement m JOIN ledger_heldmoney h ON h.id = m.held_money_id
            WHERE {_LIVE.format(entry="m.entry_id")} GROUP BY h.id
        )
        SELECT format('held money %%s is below zero: %%s', id, held) FROM moved WHERE held < 0
        UNION ALL
        SELECT format('account %%s, service %%s: control %%s, held %%s', n.number, x.service, sum(x.gl), sum(x.held))
        FROM (
            SELECT account_id, service, CASE side WHEN 'C' THEN amount ELSE -amount END AS gl, 0 AS held
            FROM ledger_posting WHERE control = 'HELD'
            UNION ALL SELECT account_id, service, 0, held FROM moved
        ) x
        JOIN accounts_account n ON n.id = x.account_id
        GROUP BY n.number, x.service HAVING sum(x.gl) <> sum(x.held)
        """  # noqa: S608 - fixed parts
    )


@proof("allocations stay within their charges and credits, and within one account")
def allocations_within_limits() -> Violations:
    """Charges and credits settled beyond their amount or after their reversal; allocations across accounts."""
    return from_sql(
        f"""
        SELECT format('charge %%s of %%s has %%s applied', c.id, c.amount, {_NET})
        FROM ledger_charge c JOIN ledger_allocation a ON a.charge_id = c.id GROUP BY c.id
        HAVING {_NET} < 0 OR {_NET} >
            CASE WHEN EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = c.entry_id) THEN 0 ELSE c.amount END
        UNION ALL
        SELECT format('credit %%s of %%s has %%s applied', c.id, c.amount, {_NET})
        FROM ledger_credit c JOIN ledger_allocation a ON a.credit_id = c.id GROUP BY c.id
        HAVING {_NET} < 0 OR {_NET} >
            CASE WHEN EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = c.entry_id) THEN 0 ELSE c.amount END
        UNION ALL
        SELECT format('allocation %%s joins two accounts', a.id) FROM ledger_allocation a
        JOIN ledger_credit c ON c.id = a.credit_id JOIN ledger_charge h ON h.id = a.charge_id
        WHERE c.account_id <> h.account_id
        """  # noqa: S608 - fixed parts
    )


@proof("each entry's receivable postings are its charges and allocations")
def postings_are_their_documents() -> Violations:
    """Charge by charge and entry by entry; reversals mirror and are left out here."""
    return from_sql(
        """
        SELECT format('entry %%s, charge %%s: posted %%s, charges and allocations say %%s',
                      x.entry_id, x.charge_id, sum(x.posted), sum(x.said))
        FROM (
            SELECT entry_id, charge_id, CASE side WHEN 'D' THEN amount ELSE -amount END AS posted, 0 AS said
            FROM ledger_posting WHERE control = 'RECEIVABLE'
            UNION ALL SELECT entry_id, id, 0, amount FROM ledger_charge
            UNION ALL
            SELECT entry_id, charge_id, 0, CASE act WHEN 'APPLY' THEN -amount ELSE amount END FROM ledger_allocation
        ) x
        JOIN ledger_journalentry e ON e.id = x.entry_id
        WHERE e.reverses_id IS NULL
        GROUP BY x.entry_id, x.charge_id HAVING sum(x.posted) <> sum(x.said)
        """
    )


@proof("a reversal mirrors the entry that it reverses")
def reversals_mirror() -> Violations:
    """What an entry and its reversal leave standing."""
    return from_sql(
        """
        SELECT format('entry %%s is not undone by entry %%s', r.reverses_id, r.id)
        FROM ledger_journalentry r JOIN ledger_posting p ON p.entry_id IN (r.id, r.reverses_id)
        WHERE r.reverses_id IS NOT NULL
        GROUP BY r.id, p.gl_account_id, p.fund_id, p.account_id, p.charge_id
        HAVING sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END) <> 0
        """
    )


@proof("open items equal what their charges have open")
def open_items_equal_source() -> Violations:
    """The cache against charges, reversals, allocations and due dates."""
    return from_sql(
        f"""
        SELECT format('charge %%s: cached %%s due %%s, is %%s due %%s',
                      c.id, i.open_amount, i.due_date, s.open_amount, s.due)
        FROM ledger_charge c
        LEFT JOIN ledger_openitem i ON i.charge_id = c.id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = c.entry_id) THEN 0
                   ELSE c.amount - coalesce((SELECT {_NET} FROM ledger_allocation a WHERE a.charge_id = c.id), 0)
                   END AS open_amount,
                   coalesce((SELECT d.due_date FROM ledger_chargeduedate d WHERE d.charge_id = c.id
                             ORDER BY d.id DESC LIMIT 1), c.due_date) AS due
        ) s
        WHERE (i.open_amount, i.due_date, i.account_id) IS DISTINCT FROM (s.open_amount, s.due, c.account_id)
        """  # noqa: S608 - fixed parts
    )


@proof("daily totals equal the postings")
def daily_totals_equal_source() -> Violations:
    """The cache against postings, by GL account, fund, service and day."""
    return from_sql(
        """
        SELECT format('%%s in fund %%s, service %%s, on %%s: totals %%s, postings %%s',
                      g.code, f.code, x.service, x.day, sum(x.cached), sum(x.posted))
        FROM (
            SELECT gl_account_id, fund_id, service, day, debit_amount - credit_amount AS cached, 0 AS posted,
                   debit_amount AS cached_debit, 0 AS posted_debit
            FROM ledger_dailytotal
            UNION ALL
            SELECT p.gl_account_id, p.fund_id, p.service, e.posting_date, 0,
                   CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END, 0,
                   CASE p.side WHEN 'D' THEN p.amount ELSE 0 END
            FROM ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id
        ) x
        JOIN ledger_glaccount g ON g.id = x.gl_account_id JOIN ledger_fund f ON f.id = x.fund_id
        GROUP BY g.code, f.code, x.service, x.day
        HAVING sum(x.cached) <> sum(x.posted) OR sum(x.cached_debit) <> sum(x.posted_debit)
        """
    )


@proof("nothing is posted outside a period")
def nothing_outside_periods() -> Violations:
    """Entries whose posting date is in no period."""
    return from_sql(
        """
        SELECT format('entry %%s is posted on %%s, which is in no period', e.id, e.posting_date)
        FROM ledger_journalentry e
        WHERE NOT EXISTS (
            SELECT FROM ledger_period p WHERE e.posting_date >= p.start_date AND e.posting_date < p.end_date)
        """
    )
