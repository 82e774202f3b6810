"""What every app's pages share: the base of lists, and answers that refuse with a reason and a next step."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.generic import ListView

FRAGMENT = "components/refusal.html"


class OfficeListView(LoginRequiredMixin, ListView):  # type: ignore[type-arg]  # no brackets at run time
    """A filtered, paged list at one URL.

    A browser gets `template_name`, which includes `results_template_name`; an htmx request to the same URL
    gets the results alone. Set `required_verb` (deny by default), `filterset_class` if it filters, and an
    `ordering` that ends in "pk", so that no row is on two pages or on none.
    """

    paginate_by = 50
    required_verb: ClassVar[str] = ""
    filterset_class: ClassVar[Any] = None
    results_template_name: ClassVar[str] = ""
    filterset: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Let in a logged-in person who holds `required_verb`. Raises PermissionDenied, naming the verb."""
        if not self.required_verb:
            raise ImproperlyConfigured(
                f"{type(self).__name__} names no required_verb; a list is closed until it does."
            )
        if request.user.is_authenticated and not request.user.can(self.required_verb):
            raise PermissionDenied(f"Your role does not include “{self.required_verb.replace('_', ' ')}”.")
        return super().dispatch(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        """Give the rows, in a total order, that the filters leave; filters with errors leave none out."""
        last = list(self.get_ordering() or [""])[-1]
        if str(last).lstrip("-") != "pk":
            raise ImproperlyConfigured(f"{type(self).__name__} must have an ordering that ends in 'pk'.")
        rows = super().get_queryset()
        if self.filterset_class is None:
            return rows
        self.filterset = self.filterset_class(self.request.GET or None, queryset=rows, request=self.request)
        found: QuerySet[Any] = self.filterset.qs
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the filterset, and the name of the results part for the page to include."""
        return super().get_context_data(
            filterset=self.filterset, results_template=self.results_template_name, **kwargs
        )

    def get_template_names(self) -> list[str]:
        """Name the results part alone for an htmx request, else the whole page."""
        if is_partial(self.request):
            return [self.results_template_name]
        return super().get_template_names()

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Answer, telling caches that the same URL has two forms."""
        response = super().render_to_response(context, **kwargs)
        response["Vary"] = ", ".join(filter(None, [response.get("Vary"), "HX-Request"]))
        return response


def is_partial(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page; a boosted link and the history want the whole."""
    headers = request.headers
    asks = headers.get("HX-Request") == "true"
    whole_page = headers.get("HX-Boosted") == "true" or headers.get("HX-History-Restore-Request") == "true"
    return asks and not whole_page


def refused(
    request: HttpRequest,
    exception: Exception,
    *,
    template_name: str = "errors/refused.html",
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Answer a domain refusal with 422 and its own words; nothing was changed.

    An htmx request gets the message alone. A browser gets `template_name`, usually the form again with what
    was typed, with `refusal` (the message) added to `context`.
    """
    values = {**(context or {}), "refusal": str(exception)}
    return render(request, FRAGMENT if is_partial(request) else template_name, values, status=422)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403: who lacks what, and whom to ask."""
    return _error(request, "errors/403.html", 403, str(exception or ""), "Your role does not include this.")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404, with the search box as the next step."""
    # Django's own Http404 texts name models and queries; only a sentence that a view wrote is fit to show.
    words = str(exception or "")
    reason = words if words.endswith(".") and "matches the given query" not in words else ""
    return _error(request, "errors/404.html", 404, reason, "There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without touching session, user or database, any of which may be what failed."""
    message = "Something failed here. What you were doing may not be saved."
    template = FRAGMENT if is_partial(request) else "errors/500.html"
    return render(None, template, {"refusal": message}, status=500)  # no request: no context processors


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 for a form that is stale or came from elsewhere."""
    message = "This form is out of date: the log-in changed since the page was opened. Open the page again."
    return _error(request, "errors/403.html", 403, message, message)


def _error(request: HttpRequest, template: str, status: int, reason: str, otherwise: str) -> HttpResponse:
    values = {"refusal": reason or otherwise, "attempted_path": request.path}
    return render(request, FRAGMENT if is_partial(request) else template, values, status=status)
