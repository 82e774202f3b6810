"""Posting an approved run: set-based inside the database, a transaction a chunk, safe to repeat after any failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.db.models.functions import Now

from billing.models import BillRun, BillRunItem
from billing.queries import facts
from billing.services import review, runs
from core import audit, permissions
from core.db import require_transaction
from core.models import User
from core.money import ZERO
from ledger import queries as ledger_queries
from ledger import services as ledger

CHUNK_SIZE = 1000
REASON = "BILL"


class RunNotApproved(ValueError):
    """Only an approved run is posted."""


@dataclass(frozen=True)
class PostedChunk:
    """How many bills were posted and what they come to."""

    bills: int
    entries: int
    amount: Decimal


def start_posting(*, run: BillRun, by: User) -> BillRun:
    """Let the workers post an approved run.

    A run whose facts changed since goes back to review, and must be calculated and approved again. Raises
    PermissionRefused, RunNotApproved, PeriodNotOpen, DraftsOutdated (the run is in review then).
    """
    permissions.check(by, "post_runs")
    changed: review.DraftsOutdated | None = None
    with transaction.atomic(durable=True):
        locked = runs.lock_run(run.pk)
        if locked.state != BillRun.State.APPROVED:
            raise RunNotApproved(
                f"Run {locked.number} is {locked.get_state_display().lower()}; only an approved run is posted."
            )
        # A month that nobody has opened yet is opened by its first bills; one that is closed stays so.
        ledger.ensure_periods(from_date=locked.bill_date, to_date=locked.bill_date, by=by)
        ledger.check_takes(posting_date=locked.bill_date)
        try:
            review.check_drafts(locked)
        except review.DraftsOutdated as refusal:
            changed = refusal
            review.withdraw_approval(locked, by=by)
        else:
            words = f"Posting of run {locked.number} started"
            runs.move(locked, BillRun.State.POSTING, code="posting", by=by, summary=words)
    if changed is not None:
        raise changed
    return locked


def post_chunk(*, terms: runs.RunTerms, by: User, size: int = CHUNK_SIZE) -> PostedChunk | None:
    """Post the next bills of a run in one transaction; None when there are none to take.

    Bills of 0.00 are issued without an entry. Whatever cannot be posted (a closed period, say) stops the worker with
    the ledger's own refusal and leaves the chunk as it was.
    """
    with transaction.atomic(durable=True):
        items = facts.claim_items(run_id=terms.run_id, state=BillRunItem.State.CALCULATED, size=size)
        if not items or not runs.may_work(run_id=terms.run_id, state=BillRun.State.POSTING):
            return None
        item_ids = [item.id for item in items]
        account_ids = sorted({item.account_id for item in items})
        ledger.lock_accounts(account_ids)
        before = ledger_queries.balances_for(account_ids, as_of=terms.bill_date)
        entries = _post_charges(item_ids, terms, by)
        amount = _issue(item_ids, before)
        ledger.allocate(
            account_ids=account_ids, effective_date=terms.bill_date, posting_date=terms.bill_date, by=by
        )
        result = PostedChunk(bills=len(items), entries=entries, amount=amount)
        audit.record(
            code="billing.run.chunk_posted",
            by=by,
            kind="bill_run",
            key=str(terms.number),
            summary=f"{result.bills} bills posted for {result.amount}",
            data={
                "bills": result.bills,
                "entries": entries,
                "amount": str(amount),
                "first": items[0].ordinal,
                "last": items[-1].ordinal,
            },
        )
    return result


def finish_if_done(*, run_id: int, by: User) -> bool:
    """Declare a run posted when no bill of it waits any more; the last worker to come by does it."""
    with transaction.atomic(durable=True):
        run = runs.lock_run(run_id)
        waiting = run.items.filter(state=BillRunItem.State.CALCULATED).exists()
        if run.state != BillRun.State.POSTING or run.is_paused or waiting:
            return False
        words = f"Run {run.number} is posted"
        runs.move(run, BillRun.State.POSTED, code="posted", by=by, summary=words, posted_at=Now())
    return True


def _post_charges(item_ids: Sequence[int], terms: runs.RunTerms, by: User) -> int:
    """One charge a segment and type of charge, one entry a bill."""
    require_transaction()
    ledger.create_charge_batch_table()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ledger_charge_batch (document_number, account_id, agreement_id, service, charge_type_id,
                                             amount, service_from, service_to, batch_key, parent_key)
            SELECT bill.number, bill.account_id, segment.agreement_id, segment.service, line.charge_type_id,
                   sum(line.amount), segment.from_date, segment.to_date,
                   segment.id || ':' || line.charge_type_id,
                   CASE WHEN type.is_tax THEN (
                       SELECT segment.id || ':' || base.charge_type_id FROM billing_billline base
                       JOIN ledger_chargetype base_type ON base_type.id = base.charge_type_id
                       WHERE base.segment_id = segment.id AND base_type.code = segment.service
                       GROUP BY base.charge_type_id HAVING sum(base.amount) > 0) END
            FROM billing_billrunitem item
            JOIN billing_bill bill ON bill.id = item.bill_id
            JOIN billing_billsegment segment ON segment.bill_id = bill.id
            JOIN billing_billline line ON line.segment_id = segment.id
            JOIN ledger_chargetype type ON type.id = line.charge_type_id
            WHERE item.id = ANY(%s)
            GROUP BY bill.number, bill.account_id, segment.id, line.charge_type_id, type.is_tax
            HAVING sum(line.amount) > 0
            """,
            [list(item_ids)],
        )
        if cursor.rowcount == 0:
            return 0
    entries = ledger.post_charge_batch(
        reason=REASON,
        effective_date=terms.bill_date,
        posting_date=terms.bill_date,
        by=by,
        due_date=terms.due_date,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_segmentcharge (segment_id, charge_type_id, charge_id)"
            " SELECT split_part(batch_key, ':', 1)::bigint, charge_type_id, charge_id FROM ledger_charge_batch"
        )
    return entries


def _issue(item_ids: Sequence[int], before: Mapping[int, ledger_queries.Balances]) -> Decimal:
    """Turn the drafts into bills with what was owed before, what came in since, and what is owed now."""
    account_ids = sorted(before)
    balances = [before[account_id].ledger for account_id in account_ids]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH issued AS (
                SELECT bill.id, bill.number, bill.total_amount, standing.amount AS standing,
                       coalesce(last.due_amount, 0) AS previous
                FROM billing_billrunitem item
                JOIN billing_bill bill ON bill.id = item.bill_id
                JOIN unnest(%(accounts)s::bigint[], %(balances)s::numeric[]) AS standing (account_id, amount)
                  ON standing.account_id = bill.account_id
                LEFT JOIN LATERAL (
                    SELECT earlier.due_amount FROM billing_bill earlier
                    WHERE earlier.account_id = bill.account_id AND earlier.status = 'POSTED'
                    ORDER BY earlier.bill_date DESC, earlier.id DESC LIMIT 1
                ) last ON true
                WHERE item.id = ANY(%(items)s)
            )
            UPDATE billing_bill bill
            SET status = 'POSTED', entry_id = made.entry_id, previous_amount = issued.previous,
                credits_amount = issued.previous - issued.standing, due_amount = issued.standing + issued.total_amount
            FROM issued
            LEFT JOIN (SELECT DISTINCT document_number, entry_id FROM ledger_charge_batch) made
              ON made.document_number = issued.number
            WHERE bill.id = issued.id
            """,
            {"items": list(item_ids), "accounts": account_ids, "balances": balances},
        )
        cursor.execute("UPDATE billing_billrunitem SET state = 'POSTED' WHERE id = ANY(%s)", [list(item_ids)])
        cursor.execute(
            "SELECT coalesce(sum(bill.total_amount), 0) FROM billing_billrunitem item"
            " JOIN billing_bill bill ON bill.id = item.bill_id WHERE item.id = ANY(%s)",
            [list(item_ids)],
        )
        row = cursor.fetchone()
    return Decimal(row[0]) + ZERO
