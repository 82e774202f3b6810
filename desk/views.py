"""Pages of the desk: home, search, the account on one screen, approvals, the proof of the books."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts import queries as account_queries
from accounts.models import Account
from billing.services import review
from core import approvals as queue
from core import clock, wakeups
from core.approvals import PendingItem
from core.models import AuditEvent, User
from core.permissions import check, requires
from core.views import is_partial
from desk import home as home_page
from desk import panels as account_panels
from desk import search as finder
from desk import timeline as stream
from desk.forms import DecisionForm
from desk.links import link
from ledger import queries as ledger
from payments.views.refusals import VOID_REFUSALS

DECISION_REFUSALS = (
    *VOID_REFUSALS,
    review.ApproverIsMaker,
    review.DraftsOutdated,
    review.FiguresChanged,
    review.RunNotInReview,
    LookupError,
)
STATEMENT_ROWS = 200
AUDIT_ROWS = 100


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """A person's own work: what they may do decides what they see."""
    user = cast(User, request.user)
    today = clock.today()
    context = {"home": home_page.home(user, on_date=today), "greeting": _greeting(user)}
    return render(request, "desk/home.html", context)


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """What a text may mean. Enter or a scan with an exact number opens its page; typing shows groups of rows."""
    user = cast(User, request.user)
    text = request.GET.get("q", "").strip()
    if is_partial(request):
        url = finder.exact_url(text, user=user) if finder.opens_at_once(text) else ""
        if url:
            return HttpResponseClientRedirect(url)
        return render(request, "components/search_results.html", _search_context(text, user))
    url = finder.exact_url(text, user=user)
    if url:
        return redirect(url)
    return render(request, "desk/search.html", _search_context(text, user, most=finder.MOST_ON_A_PAGE))


@requires("view_accounts")
@require_GET
def account(request: HttpRequest, number: str) -> HttpResponse:
    """The account on one screen; ``tab`` shows the statement or the trail, ``kind`` one sort of what happened."""
    found = account_queries.get_account_for(cast(User, request.user), number)
    if is_partial(request):
        return render(request, "desk/_stream.html", _stream_context(request, found))
    return _account_page(request, found)


@requires("view_approvals")
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """Everything that waits for a second person, and the chosen item beside it."""
    return _approvals_page(request, chosen=request.GET.get("item", ""))


@requires("view_approvals")
@require_POST
def decide(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Approve or send back one item. Whoever asked for it is refused by the act itself."""
    user = cast(User, request.user)
    provider = queue.provider(kind)
    if provider is None:
        raise Http404("There is no such kind of approval.")
    check(user, provider.verb)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _approvals_page(request, chosen=f"{kind}:{key}", status=422, form=form)
    act = provider.approve if form.cleaned_data["act"] == "approve" else provider.send_back
    try:
        said = act(key, user, form.cleaned_data["note"].strip())
    except DECISION_REFUSALS as refusal:
        return _approvals_page(request, chosen=f"{kind}:{key}", status=422, form=form, refusal=str(refusal))
    messages.success(request, said)
    return redirect("desk:approvals")


@requires("run_proofs")
@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """The last proof of the books, line by line; POST asks the worker for a new one."""
    if request.method == "POST":
        wakeups.send("proof_wanted")
        messages.info(request, "The proof is on its way. Look again in a minute.")
        return redirect("desk:prove")
    return render(request, "desk/proof.html", {"proof": home_page.last_proof()})


def _greeting(user: User) -> str:
    hour = timezone.localtime(clock.now()).hour
    part = "morning" if hour < 12 else "afternoon" if hour < 17 else "evening"
    return f"Good {part}, {str(user).split()[0]}"


def _search_context(text: str, user: User, *, most: int = finder.MOST) -> dict[str, Any]:
    found = finder.find(text, user=user, on_date=clock.today(), most=most)
    return {"query": text, "groups": found.groups, "suggestion": found.suggestion, "recent": not text}


def _account_page(request: HttpRequest, found: Account) -> HttpResponse:
    today = clock.today()
    tab = request.GET.get("tab", "")
    context: dict[str, Any] = {
        "panels": account_panels.panels(found, on_date=today),
        "account": found,
        "tab": tab if tab in ("statement", "trail") else "",
        "pay_url": f"{link('payments:counter')}?{urlencode({'account': found.number})}",
        "order_url": reverse("serviceorders:request", args=[found.number]),
        "note_url": link("accounts:note", found.number),
        "mailing_url": link("accounts:mailing", found.number),
        "phone_url": link("accounts:phone", found.number),
        "as_of_moment": clock.now(),
    }
    if tab == "statement":
        rows = ledger.statement(found)
        # The newest rows: a statement of thirty years is a paper, not a screen.
        context["statement"] = rows[: -STATEMENT_ROWS - 1 : -1]
        context["statement_count"] = len(rows)
    elif tab == "trail" and cast(User, request.user).can("view_audit"):
        events = AuditEvent.objects.filter(account_number=found.number).select_related("actor")
        context["events"] = events.order_by("-at", "-pk")[:AUDIT_ROWS]
    else:
        context |= _stream_context(request, found)
    return render(request, "desk/account.html", context)


def _stream_context(request: HttpRequest, found: Account) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    after = request.GET.get("after", "")
    page = stream.timeline(found, zone=settings.TIME_ZONE, kind=kind, after=after)
    return {"stream": page, "kinds": stream.KINDS, "kind": kind, "after": after, "account": found}


def _approvals_page(request: HttpRequest, *, chosen: str, status: int = 200, **given: Any) -> HttpResponse:
    user = cast(User, request.user)
    rows = [
        {"id": f"{provider.kind}:{item.key}", "provider": provider, "item": item}
        for provider in queue.providers()
        for item in provider.pending(user)
    ]
    rows.sort(key=lambda row: (cast(PendingItem, row["item"]).made_at, row["id"]))
    here = next((row for row in rows if row["id"] == chosen), None)
    if here is None and not given:
        # The first one that the person can decide, so that a and r do something at once.
        here = next(
            (row for row in rows if cast(PendingItem, row["item"]).can_decide), rows[0] if rows else None
        )
    context = {"rows": rows, "here": here, "form": DecisionForm(), **given}
    return render(request, "desk/approvals.html", context, status=status)
