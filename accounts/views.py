"""Pages of accounts: the list, and what is written on one account from its own page."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import queries, services
from accounts.filters import AccountFilter
from accounts.forms import MailingForm, NoteForm, PhoneForm
from accounts.models import Account
from core import clock
from core.models import User
from core.permissions import requires
from core.views import OfficeListView, refused

TEMPLATE = "accounts/form.html"


class Page(NamedTuple):
    """What the page of an act is called, its icon, and the words on its button."""

    title: str
    icon: str
    verb: str


class AccountList(OfficeListView):
    """Accounts with their holders and service addresses."""

    model = Account
    required_verb = "view_accounts"
    filterset_class = AccountFilter
    ordering = ("number", "pk")
    template_name = "accounts/list.html"
    results_template_name = "accounts/_results.html"
    context_object_name = "accounts"

    def get_queryset(self) -> QuerySet[Any]:
        """Every account; the filters narrow it down."""
        self.queryset = queries.account_for_list()
        return super().get_queryset()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the service address of each account on the page."""
        context = super().get_context_data(**kwargs)
        context["accounts"] = queries.with_places(context["accounts"])
        return context


@requires("write_notes")
@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, number: str) -> HttpResponse:
    """Write a note on an account."""
    user = cast(User, request.user)
    account = queries.get_account_for(user, number)
    form = NoteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.add_note(
            account=account,
            text=form.cleaned_data["text"],
            is_pinned=form.cleaned_data["is_pinned"],
            by=user,
        )
        messages.success(request, "Note written.")
        return redirect(account.get_absolute_url())
    return _page(request, account, form, Page("Write a note", "note", "Write the note"))


@requires("edit_accounts")
@require_http_methods(["GET", "POST"])
def mailing(request: HttpRequest, number: str) -> HttpResponse:
    """Send the account's mail elsewhere from a date on."""
    user = cast(User, request.user)
    account = queries.get_account_for(user, number)
    present = queries.mailing_address_on(account, on_date=clock.today())
    initial = {
        "from_date": clock.today(),
        "addressee": present.addressee if present else "",
        "lines": present.lines if present else "",
    }
    form = MailingForm(request.POST or None, initial=initial)
    page = Page("Change the mailing address", "mail", "Change the address")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = services.change_mailing_address(
                account=account,
                addressee=data["addressee"],
                lines=data["lines"],
                from_date=data["from_date"],
                to_date=data["to_date"],
                source=data["source"],
                by=user,
            )
        except services.MailingAddressRefused as refusal:
            return refused(request, refusal, template_name=TEMPLATE, context=_context(account, form, page))
        day = row.from_date
        messages.success(request, f"Mail goes to the new address from {day:%a %b} {day.day}, {day.year}.")
        return redirect(account.get_absolute_url())
    return _page(request, account, form, page)


@requires("edit_accounts")
@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest, number: str) -> HttpResponse:
    """Give the account's holder another phone number from a date on."""
    user = cast(User, request.user)
    account = queries.get_account_for(user, number)
    form = PhoneForm(request.POST or None, initial={"from_date": clock.today()})
    page = Page("Change the phone number", "phone", "Change the phone")
    if request.method == "POST" and form.is_valid():
        try:
            point = services.change_phone(
                account=account,
                value=form.cleaned_data["value"],
                from_date=form.cleaned_data["from_date"],
                by=user,
            )
        except services.ContactPointRefused as refusal:
            return refused(request, refusal, template_name=TEMPLATE, context=_context(account, form, page))
        messages.success(request, f"{point.party.name} is reached at {point.value}.")
        return redirect(account.get_absolute_url())
    return _page(request, account, form, page)


def _context(account: Account, form: Form, page: Page) -> dict[str, Any]:
    role = queries.holder_on(account, on_date=clock.today())
    return {
        "account": account,
        "holder_name": role.party.name if role else "",
        "form": form,
        "title": page.title,
        "icon": page.icon,
        "verb": page.verb,
        "trail": [
            {"label": account.number, "url": account.get_absolute_url()},
            {"label": page.title, "url": ""},
        ],
    }


def _page(request: HttpRequest, account: Account, form: Form, page: Page) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, TEMPLATE, _context(account, form, page), status=status)
