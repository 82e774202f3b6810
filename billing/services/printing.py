"""Printing posted bills: exact copies kept once and for ever, and the print file of a run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pikepdf
from django.db import transaction
from django.db.models import Exists, OuterRef

from billing import paper_data
from billing.models import Bill, BillDocument, BillRun
from billing.paper import BillPaper, Printer
from core import audit, documents, permissions, states
from core.db import lock_rows
from core.models import Document, User

CHUNK = 20


class BillNotPosted(Exception):
    """The bill is a draft; only what was posted is printed."""


@lru_cache(maxsize=1)
def printer() -> Printer:
    """The printer of this process: it keeps the fonts and the parsed style sheet."""
    return Printer()


def print_bill(*, bill: Bill, by: User) -> Document:
    """The exact copy of a posted bill, made now if it was never printed, else as it was.

    Raises ``BillNotPosted``.
    """
    permissions.check(by, "print_bills")
    if bill.status == Bill.Status.DRAFT:
        raise BillNotPosted(
            f"Bill {bill.number} is not posted yet. It can be printed once its run is posted."
        )
    with transaction.atomic():
        lock_rows(Bill, [bill.pk])
        printed = BillDocument.objects.filter(bill=bill).select_related("document").first()
        if printed is not None:
            return printed.document
        return _make(paper_data.papers_for([bill.pk]))[0]


def stored_copy(bill: Bill) -> Document | None:
    """The copy that was made of a bill, or None."""
    printed = BillDocument.objects.filter(bill=bill).select_related("document").first()
    return printed.document if printed is not None else None


def print_chunk(*, run: BillRun, by: User, size: int = CHUNK) -> int:
    """Print the next bills of a run that have no copy yet; gives how many. 0: nothing is left for this worker.

    The bills are claimed with SKIP LOCKED for this transaction, so several workers share a run and a killed one
    leaves nothing half-made.
    """
    permissions.check(by, "print_bills")
    with transaction.atomic(durable=True):
        unprinted = (
            Bill.objects.filter(run=run, status=Bill.Status.POSTED)
            .filter(~Exists(BillDocument.objects.filter(bill=OuterRef("pk"))))
            .order_by("pk")
            .select_for_update(skip_locked=True, of=("self",))[:size]
        )
        ids = [bill.pk for bill in unprinted]
        # A bill that another worker printed between the search and the lock has its copy by now.
        done = set(BillDocument.objects.filter(bill_id__in=ids).values_list("bill_id", flat=True))
        ids = [each for each in ids if each not in done]
        if ids:
            _make(paper_data.papers_for(ids))
        return len(ids) + len(done)


def _make(papers: Sequence[tuple[Bill, BillPaper]]) -> list[Document]:
    made = []
    for bill, paper in papers:
        content, pages = printer().render(paper)
        document = documents.store(
            kind="BILL",
            key=bill.number,
            title=f"Bill {bill.number}",
            content=content,
            page_count=pages,
            account_number=bill.account.number,
        )
        BillDocument.objects.create(bill=bill, document=document)
        made.append(document)
    return made


def start_printing(*, run: BillRun, by: User) -> BillRun:
    """Take a posted run to printing; harmless when it prints already."""
    return _move(run=run, to_state=BillRun.State.PRINTING, by=by, words="Printing of run {number} started")


def finish_printing(*, run: BillRun, by: User) -> bool:
    """Take the run to done if every posted bill has its copy; says whether it is done."""
    left = (
        Bill.objects.filter(run=run, status=Bill.Status.POSTED)
        .filter(~Exists(BillDocument.objects.filter(bill=OuterRef("pk"))))
        .exists()
    )
    if left:
        return False
    _move(run=run, to_state=BillRun.State.DONE, by=by, words="Every bill of run {number} is printed")
    return True


def _move(*, run: BillRun, to_state: str, by: User, words: str) -> BillRun:
    with transaction.atomic():
        (locked,) = lock_rows(BillRun, [run.pk])
        if locked.state == to_state or (
            to_state == BillRun.State.PRINTING and locked.state == BillRun.State.DONE
        ):
            return locked
        states.check_transition(BillRun.TRANSITIONS, locked.state, to_state, what=f"Run {locked.number}")
        locked.state = to_state
        locked.save(update_fields=["state"])
        audit.record(
            code=f"billing.run.{to_state.lower()}",
            by=by,
            kind="bill_run",
            key=str(locked.number),
            summary=words.format(number=locked.number),
        )
        return locked


def printed_count(run: BillRun) -> int:
    """How many bills of a run have their copy."""
    return BillDocument.objects.filter(bill__run=run).count()


def print_run_to(*, run: BillRun, folder: Path, by: User) -> tuple[Path, int]:
    """Print what is not printed yet and write the run's print file, bills in the order of their numbers.

    Gives the file and its count of bills. The file is written aside and renamed: a file that is there is whole.
    """
    if run.state == BillRun.State.POSTED:
        start_printing(run=run, by=by)
    while print_chunk(run=run, by=by):
        pass
    run.refresh_from_db()
    if run.state == BillRun.State.PRINTING:
        finish_printing(run=run, by=by)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"bills-run-{run.number}.pdf"
    count = 0
    with pikepdf.new() as together:
        rows = BillDocument.objects.filter(bill__run=run).select_related("document").order_by("bill__number")
        for printed in rows.iterator(chunk_size=200):
            with pikepdf.open(io.BytesIO(documents.read(printed.document))) as one:
                together.pages.extend(one.pages)
            count += 1
        if count:
            temporary = target.with_suffix(".part")
            together.save(temporary)
            temporary.rename(target)
    return target, count
