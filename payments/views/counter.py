"""The counter: find, look, take the money, next."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries as account_queries
from core import clock
from core.models import User
from core.permissions import requires
from payments import counter as counter_form
from payments import queries
from payments.forms import OpenDrawerForm
from payments.models import DrawerSession
from payments.services import drawers, receipting
from payments.views.refusals import DRAWER_REFUSALS, PAYMENT_REFUSALS


@requires("take_payment")
@require_http_methods(["GET", "POST"])
def counter(request: HttpRequest) -> HttpResponse:
    """The cashier's page. Without an open drawer it offers to open one; POST finds an account or takes the money."""
    session = queries.live_session(cast(User, request.user))
    if session is None:
        if request.method == "POST":
            words = "Nothing was posted: you have no drawer open. Open one, and take the payment again."
            return _drawer_page(request, OpenDrawerForm(), refusal=words, status=422)
        return _drawer_page(request, OpenDrawerForm())
    if session.state != DrawerSession.State.OPEN:
        if request.method == "POST":
            state = session.get_state_display().lower()
            words = f"Nothing was posted: {session.drawer.name} is {state}, and takes no more money."
            messages.error(request, words)
        return redirect("payments:session", pk=session.pk)
    data = request.POST if request.method == "POST" else request.GET
    draft = counter_form.read(data, on_date=clock.today())
    wanted = _typed(data.get("pick_add") or data.get("pick") or data.get("find", ""))
    if wanted:
        return _find(request, session, draft, wanted)
    if request.method == "POST" and not {"drop", "more"} & data.keys():
        return _post(request, session, draft)
    return _page(request, session, draft)


@requires("take_payment")
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """What the typed text may mean, as buttons that put the account on the payment."""
    text = _typed(request.GET.get("find", ""))
    return render(request, "payments/_suggestions.html", {"found": _suggestions(text), "text": text})


@requires("take_payment")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Change, difference, warnings and where the money goes, for the form as typed. Changes nothing."""
    today = clock.today()
    draft = counter_form.read(request.POST, on_date=today)
    context = {"draft": draft, "preview": counter_form.preview(draft, on_date=today)}
    return render(request, "payments/_preview.html", context)


@requires("open_drawer")
@require_POST
def open_drawer(request: HttpRequest) -> HttpResponse:
    """Open a drawer with its float and go to the counter."""
    form = OpenDrawerForm(request.POST)
    if not form.is_valid():
        return _drawer_page(request, form, status=422)
    try:
        drawers.open_session(
            drawer=form.cleaned_data["drawer"],
            float_amount=form.cleaned_data["float_amount"],
            business_date=clock.today(),
            by=cast(User, request.user),
        )
    except DRAWER_REFUSALS as refusal:
        return _drawer_page(request, form, refusal=str(refusal), status=422)
    return redirect("payments:counter")


def _post(request: HttpRequest, session: DrawerSession, draft: counter_form.Draft) -> HttpResponse:
    if not draft.lines:
        words = "Scan a bill, or type a name, address or number first."
        return _page(request, session, draft, refusal=words, status=422)
    for line in draft.lines:
        if not line.typed.strip() and not line.error:
            line.error = "Type the amount to pay."
    if draft.has_errors:
        return _page(request, session, draft, status=422)
    today = clock.today()
    try:
        receipt = receipting.post_payment(
            session=session,
            lines=draft.payment_lines(),
            tenders=draft.tenders(),
            payor=draft.payor,
            effective_date=today,
            posting_date=today,
            idempotency_key=draft.key if draft.is_key_sent else "",
            by=cast(User, request.user),
            note=draft.note,
        )
    except PAYMENT_REFUSALS as refusal:
        return _page(request, session, draft, refusal=str(refusal), status=422)
    return redirect(f"{reverse('payments:counter')}?{urlencode({'posted': receipt.label})}")


def _find(
    request: HttpRequest, session: DrawerSession, draft: counter_form.Draft, wanted: str
) -> HttpResponse:
    """Put the account that was scanned or chosen on the payment; a look-up that is not exact shows what it may mean."""
    account = account_queries.find_account(wanted)
    if account is None:
        receipt = queries.find_receipt(wanted)
        if receipt is not None and not draft.lines:
            return redirect("payments:receipt", label=receipt.label)
        found = _suggestions(wanted)
        return _page(request, session, draft, found=found, text=wanted)
    numbers = [line.account.number for line in draft.lines]
    if account.number in numbers:
        notice = f"{account.number} is on this payment already."
        return _page(request, session, draft, notice=notice)
    if numbers and not draft.is_adding and "pick_add" not in request.POST:
        # A scan during an unfinished payment may be the next customer's: ask, never guess.
        [question] = counter_form.load_lines([account.number], on_date=clock.today())
        return _page(request, session, draft, question=question)
    if not numbers:
        return redirect(f"{reverse('payments:counter')}?{urlencode({'account': account.number})}")
    draft.lines += counter_form.load_lines([account.number], on_date=clock.today())
    added = draft.lines[-1]
    added.amount = added.all_due or None
    added.typed = f"{added.all_due:.2f}" if added.all_due else ""
    return _page(request, session, draft)


def _typed(text: str) -> str:
    return counter_form.clean(text).strip()[:100]


def _suggestions(text: str) -> list[counter_form.Suggestion]:
    """The best matches of a typed text, one an account."""
    if len(text) < 2:
        return []
    accounts = list({hit.account.pk: hit.account for hit in account_queries.search(text, limit=16)}.values())
    return counter_form.suggestions(accounts[:8], on_date=clock.today())


def _page(
    request: HttpRequest,
    session: DrawerSession,
    draft: counter_form.Draft,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    posted = request.GET.get("posted", "")
    context = {
        "session": session,
        "totals": queries.session_totals(session),
        "draft": draft,
        "preview": counter_form.preview(draft, on_date=clock.today()),
        "last": queries.last_receipt(session),
        "posted": posted,
        **extra,
    }
    return render(request, "payments/counter.html", context, status=status)


def _drawer_page(
    request: HttpRequest, form: OpenDrawerForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    return render(request, "payments/open_drawer.html", {"form": form, "refusal": refusal}, status=status)
