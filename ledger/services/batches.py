"""Many charges at once, set-based inside the database: the posting of a bill run."""

from __future__ import annotations

from datetime import date

from core import audit
from core.db import require_transaction
from core.models import User
from ledger import chart
from ledger.services.codes import load_codes
from ledger.services.drafts import EntryDraft, refusals_named
from ledger.services.locks import lock_accounts
from ledger.sql import fetch, run


class ChargeBatchRefused(ValueError):
    """Rows of a batch cannot be posted; the message names the first."""


class ChargeBatchPostedBefore(Exception):
    """Some of the documents have their entry already."""


def create_charge_batch_table() -> None:
    """Make this transaction's empty table ``ledger_charge_batch``, gone at its end; the caller fills it with COPY.

    The caller writes document_number, account_id, agreement_id, service, charge_type_id, amount, service_from,
    service_to, batch_key (its own name of the row, unique), and where they apply fund_id (else the service's or the
    type's fund) and parent_key (the batch_key of the charge that this one hangs on). `post_charge_batch` writes
    entry_id and charge_id back.
    """
    require_transaction()
    run("DROP TABLE IF EXISTS pg_temp.ledger_charge_batch")
    run(
        "CREATE TEMP TABLE ledger_charge_batch ("
        " document_number text NOT NULL, account_id bigint NOT NULL, agreement_id bigint, service text NOT NULL,"
        " charge_type_id bigint NOT NULL, fund_id bigint, amount numeric(14, 2) NOT NULL, service_from date,"
        " service_to date, batch_key text NOT NULL, parent_key text, entry_id bigint, charge_id bigint"
        ") ON COMMIT DROP"
    )


def post_charge_batch(
    *, reason: str, effective_date: date, posting_date: date, by: User, due_date: date
) -> int:
    """Post the rows of ``ledger_charge_batch``: an entry a document, a charge a row, two postings a charge.

    Five statements whatever the number of rows. The key of each entry is ``reason:document_number``, so a document is
    posted once. Gives the number of entries. Apply the accounts' open credits afterwards with `allocate`.
    Raises ChargeBatchRefused (an amount not above zero, an unknown type, no fund, a parent_key or batch_key that does
    not fit), ChargeBatchPostedBefore, PeriodNotOpen, CodeUnknown, TransactionRequired.
    """
    require_transaction()
    run("ANALYZE ledger_charge_batch")
    lock_accounts(row[0] for row in fetch("SELECT DISTINCT account_id FROM ledger_charge_batch"))
    _refuse_bad_rows()
    _refuse_posted_documents(reason)
    codes = load_codes()
    receivable_id, _ = codes.gl_account(chart.RECEIVABLE)
    uncollected_id, _ = codes.gl_account(chart.AGENCY_NOT_COLLECTED)
    values = {
        "reason": reason,
        "reason_id": codes.reason(reason),
        "effective_date": effective_date,
        "posting_date": posting_date,
        "due_date": due_date,
        "actor_id": by.pk,
        "receivable_id": receivable_id,
        "uncollected_id": uncollected_id,
    }
    run(_TAKE_KEYS)
    with refusals_named([EntryDraft(reason, effective_date, posting_date, [])]):
        run(_ENTRIES, values)
        charges = run(_CHARGES, values)
        run(_POSTINGS, values)
    [(documents, total)] = fetch(
        "SELECT count(DISTINCT document_number), coalesce(sum(amount), 0) FROM ledger_charge_batch"
    )
    audit.record(
        code="ledger.charges.posted",
        by=by,
        kind="charge batch",
        key=f"{reason} {posting_date:%Y-%m-%d}",
        summary=f"Posted {charges} charges on {documents} documents, {total} in all",
        data={
            "reason": reason,
            "posting_date": posting_date,
            "effective_date": effective_date,
            "due_date": due_date,
        },
    )
    return int(documents)


def _refuse_bad_rows() -> None:
    bad = fetch(
        "SELECT b.document_number, b.batch_key, b.amount, t.id IS NULL, t.id IS NOT NULL AND"
        " coalesce(b.fund_id, s.fund_id, t.fund_id) IS NULL, b.parent_key"
        " FROM ledger_charge_batch b LEFT JOIN ledger_chargetype t ON t.id = b.charge_type_id"
        " LEFT JOIN ledger_servicefund s ON s.service = b.service"
        " LEFT JOIN (SELECT batch_key, count(*) AS n FROM ledger_charge_batch GROUP BY 1) own"
        " ON own.batch_key = b.batch_key"
        " LEFT JOIN (SELECT DISTINCT batch_key FROM ledger_charge_batch) parent ON parent.batch_key = b.parent_key"
        " WHERE b.amount <= 0 OR t.id IS NULL OR coalesce(b.fund_id, s.fund_id, t.fund_id) IS NULL OR own.n > 1"
        " OR b.parent_key IS NOT NULL AND parent.batch_key IS NULL ORDER BY 1, 2 LIMIT 1"
    )
    for document, key, amount, no_type, no_fund, parent_key in bad:
        why = f"its batch key is there twice, or its parent {parent_key} is not among the rows"
        if amount <= 0:
            why = f"its amount is {amount}, and a charge is above zero"
        elif no_type:
            why = "its charge type does not exist"
        elif no_fund:
            why = "neither it nor its service or type names a fund"
        raise ChargeBatchRefused(f"Nothing was posted: charge {key} of {document} cannot be: {why}.")


def _refuse_posted_documents(reason: str) -> None:
    posted = [
        row[0]
        for row in fetch(
            "SELECT DISTINCT b.document_number FROM ledger_charge_batch b"
            " JOIN ledger_journalentry e ON e.idempotency_key = %(reason)s || ':' || b.document_number"
            " ORDER BY 1 LIMIT 5",
            {"reason": reason},
        )
    ]
    if posted:
        raise ChargeBatchPostedBefore(
            f"Nothing was posted: {', '.join(posted)} and perhaps more were posted before."
        )


# One pass gives every row its keys and its fund; the rows of one document share an entry.
_TAKE_KEYS = """
UPDATE ledger_charge_batch b SET entry_id = d.entry_id, charge_id = nextval('ledger_charge_id_seq'),
       fund_id = coalesce(b.fund_id, (SELECT s.fund_id FROM ledger_servicefund s WHERE s.service = b.service), t.fund_id)
FROM (SELECT document_number, nextval('ledger_journalentry_id_seq') AS entry_id
      FROM (SELECT DISTINCT document_number FROM ledger_charge_batch ORDER BY 1) AS documents) d, ledger_chargetype t
WHERE d.document_number = b.document_number AND t.id = b.charge_type_id
"""

_ENTRIES = """
INSERT INTO ledger_journalentry
    (id, reason_id, effective_date, posting_date, actor_id, document_number, note, is_adjusting, idempotency_key)
SELECT DISTINCT entry_id, %(reason_id)s::bigint, %(effective_date)s::date, %(posting_date)s::date, %(actor_id)s::bigint,
       document_number, '', false, %(reason)s || ':' || document_number
FROM ledger_charge_batch ORDER BY entry_id
"""

_CHARGES = """
INSERT INTO ledger_charge
    (id, entry_id, account_id, agreement_id, charge_type_id, service, fund_id, agency_id, parent_id, amount,
     service_from, service_to, due_date)
SELECT b.charge_id, b.entry_id, b.account_id, b.agreement_id, b.charge_type_id, b.service, b.fund_id, t.agency_id,
       p.charge_id, b.amount, b.service_from, b.service_to, %(due_date)s::date
FROM ledger_charge_batch b
JOIN ledger_chargetype t ON t.id = b.charge_type_id
LEFT JOIN ledger_charge_batch p ON p.batch_key = b.parent_key
ORDER BY b.charge_id
"""

_POSTINGS = """
INSERT INTO ledger_posting
    (entry_id, gl_account_id, control, fund_id, side, amount, account_id, charge_id, service, agency_id)
SELECT b.entry_id, l.gl_account_id, l.control, b.fund_id, l.side, b.amount, l.account_id, l.charge_id, b.service,
       t.agency_id
FROM ledger_charge_batch b
JOIN ledger_chargetype t ON t.id = b.charge_type_id
JOIN ledger_glaccount g ON g.id = CASE t.basis WHEN 'COLLECTED' THEN %(uncollected_id)s ELSE t.credit_account_id END
CROSS JOIN LATERAL (VALUES
    (%(receivable_id)s::bigint, 'RECEIVABLE', 'D', b.account_id, b.charge_id),
    (g.id, g.control, 'C', NULL::bigint, NULL::bigint)
) l (gl_account_id, control, side, account_id, charge_id)
ORDER BY b.charge_id
"""
