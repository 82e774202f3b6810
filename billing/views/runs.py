"""The run console: runs in a list, one run live, and the acts of its people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from billing import tasks
from billing.filters import RunFilter
from billing.forms import ApproveForm, OpenRunForm, ReasonForm
from billing.models import BillRun
from billing.queries import console, figures
from billing.services import posting, printing, reversal, review, runs
from core import clock
from core.models import User
from core.periods import add_months
from core.permissions import PermissionRefused, requires
from core.states import TransitionRefused
from core.views import OfficeListView, is_partial, refused
from ledger import services as ledger

HELD_SHOWN = 100
BILLS_SHOWN = 10
REFUSALS = (
    TransitionRefused,
    ledger.EntryNotReversible,
    ledger.PeriodNotOpen,
    posting.RunNotApproved,
    reversal.RunNotReversible,
    review.ApproverIsMaker,
    review.DraftsOutdated,
    review.FiguresChanged,
    review.RunHasErrors,
    review.RunNotInReview,
    runs.LaterBillStands,
    runs.RunAlreadyStarted,
    runs.RunNotAtWork,
    runs.RunNotCancellable,
)


class RunList(OfficeListView):
    """Runs, newest first, with a form that opens one."""

    model = BillRun
    required_verb = "view_ledger"
    filterset_class = RunFilter
    template_name = "billing/run_list.html"
    results_template_name = "billing/_run_results.html"
    ordering = ("-period_start", "-pk")
    context_object_name = "runs"

    def get_queryset(self) -> Any:
        """The runs with their cycles and people."""
        return super().get_queryset().select_related("cycle", "made_by", "approved_by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the form for a new run."""
        last_complete = add_months(clock.today(), -1)
        return super().get_context_data(
            form=OpenRunForm(initial={"month": f"{last_complete:%Y-%m}"}), **kwargs
        )


@requires("make_runs")
@require_POST
def open_run(request: HttpRequest) -> HttpResponse:
    """Open the run of a cycle for a month."""
    form = OpenRunForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/open_run.html", {"form": form}, status=422)
    cycle, month = form.cleaned_data["cycle"], form.cleaned_data["month"]
    # A month billed late, or billed again, is dated today: its due date must leave the customer the days to pay.
    bill_date = max(month.end, clock.today())
    try:
        run = runs.open_run(
            cycle=cycle,
            period_start=add_months(month.start, 1 - cycle.months_per_period),
            period_end=month.end,
            bill_date=bill_date,
            due_date=runs.due_date_of(bill_date=bill_date),
            by=cast(User, request.user),
        )
    except (runs.PeriodAlreadyRun, runs.CycleHasNoAccounts) as refusal:
        return refused(request, refusal, template_name="billing/open_run.html", context={"form": form})
    messages.success(request, f"Run {run.number} opened with {run.item_count} accounts.")
    return redirect("billing:run", number=run.number)


@requires("view_ledger")
@require_GET
def run(request: HttpRequest, number: int) -> HttpResponse:
    """One run: where it stands, what it comes to, what is held, who did what."""
    found = console.get_run_for(cast(User, request.user), number)
    if is_partial(request):
        response = render(request, "billing/_run_live.html", _live_context(found))
        if found.state not in console.AT_WORK or found.is_paused:
            # The stage is over: buttons and figures change, so the whole page is asked for.
            response["HX-Refresh"] = "true"
        return response
    return render(request, "billing/run_detail.html", _context(request, found))


@requires("make_runs")
@require_POST
def start(request: HttpRequest, number: int) -> HttpResponse:
    """Calculate, or calculate again what is held."""
    return _act(request, number, runs.start_calculation, "Run {} is being calculated.", send=True)


@requires("make_runs")
@require_POST
def pause(request: HttpRequest, number: int) -> HttpResponse:
    """Let the workers stop after their chunk."""
    return _act(request, number, runs.pause_run, "Run {} paused.")


@requires("make_runs")
@require_POST
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Let a paused run go on."""
    return _act(request, number, runs.resume_run, "Run {} goes on.", send=True)


@requires("make_runs")
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Throw the drafts away."""
    return _act(request, number, runs.cancel_run, "Run {} cancelled.")


@requires("approve_runs")
@require_POST
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """Approve what was shown, its total typed by the approver."""
    found = console.get_run_for(cast(User, request.user), number)
    form = ApproveForm(request.POST, run=found)
    if not form.is_valid():
        return render(
            request, "billing/run_detail.html", _context(request, found, approve_form=form), status=422
        )

    def approve_it(*, run: BillRun, by: User) -> BillRun:
        seen = form.cleaned_data["figures_hash"]
        return review.approve_run(run=run, figures_hash=seen, by=by, on_date=clock.today())

    return _act(request, number, approve_it, "Run {} approved.")


@requires("approve_runs")
@require_POST
def send_back(request: HttpRequest, number: int) -> HttpResponse:
    """Say why the run is not approved."""
    return _with_reason(
        request,
        number,
        lambda run, by, reason: review.send_back(run=run, note=reason, by=by),
        "Run {} sent back to its maker.",
    )


@requires("post_runs")
@require_POST
def post(request: HttpRequest, number: int) -> HttpResponse:
    """Post the approved run."""
    return _act(request, number, posting.start_posting, "Run {} is being posted.", send=True)


@requires("print_bills")
@require_POST
def print_bills(request: HttpRequest, number: int) -> HttpResponse:
    """Let the worker print what is not printed yet."""
    found = console.get_run_for(cast(User, request.user), number)
    if found.state not in (BillRun.State.POSTED, BillRun.State.PRINTING, BillRun.State.DONE):
        return refused(
            request, posting.RunNotApproved(f"Run {number} is not posted: it has no bills to print.")
        )
    tasks.send(tasks.print_run, run_id=found.pk)
    messages.success(request, f"The bills of run {number} are being printed.")
    return redirect("billing:run", number=number)


@requires("reverse_runs")
@require_POST
def reverse(request: HttpRequest, number: int) -> HttpResponse:
    """Take a posted run back by contra entries."""
    today = clock.today()
    return _with_reason(
        request,
        number,
        lambda run, by, reason: reversal.reverse_run(
            run=run, reason=reason, effective_date=max(today, run.bill_date), posting_date=today, by=by
        ),
        "Run {} reversed.",
    )


def _act(
    request: HttpRequest,
    number: int,
    service: Callable[..., BillRun],
    words: str,
    *,
    send: bool = False,
) -> HttpResponse:
    found = console.get_run_for(cast(User, request.user), number)
    try:
        done = service(run=found, by=cast(User, request.user))
    except PermissionRefused:
        raise
    except REFUSALS as refusal:
        # A run may have moved under the hand that was refused: its page shows where it stands now.
        found.refresh_from_db()
        return refused(
            request, refusal, template_name="billing/run_detail.html", context=_context(request, found)
        )
    if send:
        tasks.send_help(done)
    messages.success(request, words.format(number))
    return redirect("billing:run", number=number)


def _with_reason(
    request: HttpRequest, number: int, service: Callable[[BillRun, User, str], object], words: str
) -> HttpResponse:
    form = ReasonForm(request.POST)
    found = console.get_run_for(cast(User, request.user), number)
    if not form.is_valid():
        return render(
            request, "billing/run_detail.html", _context(request, found, reason_form=form), status=422
        )

    def with_reason(*, run: BillRun, by: User) -> BillRun:
        service(run, by, form.cleaned_data["reason"])
        return run

    return _act(request, number, with_reason, words)


def _live_context(found: BillRun) -> dict[str, Any]:
    progress = figures.progress_of(run_id=found.pk)
    done, total = progress.looked_at, progress.total
    if found.state == BillRun.State.PRINTING:
        done, total = printing.printed_count(found), progress.bills
    elif found.state in (BillRun.State.POSTING, BillRun.State.POSTED, BillRun.State.DONE):
        done, total = progress.posted, progress.bills
    return {
        "run": found,
        "progress": progress,
        "steps": console.steps_of(found, progress),
        "done": done,
        "total": total,
        "left": total - done,
        "at_work": found.state in console.AT_WORK and not found.is_paused,
    }


def _context(request: HttpRequest, found: BillRun, **forms: Any) -> dict[str, Any]:
    user = cast(User, request.user)
    before = figures.run_before(found)
    now_figures = figures.figures(run_id=found.pk)
    before_figures = figures.figures(run_id=before.pk) if before else []
    return {
        **_live_context(found),
        "before": before,
        "rows": figures.compared(now=now_figures, before=before_figures),
        "total_amount": figures.total_of(run_id=found.pk),
        "held_items": console.held_items(run=found, limit=HELD_SHOWN),
        "held_reasons": figures.held_reasons(run_id=found.pk),
        "largest_bills": console.largest_bills(run=found, limit=BILLS_SHOWN),
        "events": console.diary_of(found),
        "approve_form": ApproveForm(run=found, initial={"figures_hash": found.figures_hash}),
        "reason_form": ReasonForm(),
        "can_approve_run": review.can_approve(run=found, by=user, on_date=clock.today()),
        "can_start": found.state in ("OPEN", "REVIEW") and user.can("make_runs"),
        "can_pause": found.state in ("CALCULATING", "POSTING") and user.can("make_runs"),
        "can_cancel": found.state in ("OPEN", "CALCULATING", "REVIEW") and user.can("make_runs"),
        "can_post": found.state == "APPROVED" and user.can("post_runs"),
        "can_print": found.state in ("POSTED", "PRINTING", "DONE") and user.can("print_bills"),
        "can_reverse": found.state in ("POSTED", "DONE") and user.can("reverse_runs"),
        **forms,
    }
