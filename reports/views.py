"""Reports on the screen and as files, by the same address with the same parameters."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core import clock
from core.models import User
from core.permissions import check, requires
from core.views import is_partial
from reports import exports, registry
from reports.registry import Report

PAGE = 100


@requires("view_reports")
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The reports that the person may see."""
    user = cast(User, request.user)
    context = {"reports": [each for each in registry.all_reports() if user.can(each.verb)]}
    return render(request, "reports/index.html", context)


@requires("view_reports")
@require_GET
def report(request: HttpRequest, code: str) -> HttpResponse:
    """One report with its parameters; without any it is as of today."""
    found, form = _asked(request, code)
    context: dict[str, Any] = {"report": found, "form": form, "query": request.GET.urlencode()}
    if not form.is_valid():
        return render(request, "reports/report.html", context, status=422)
    params = form.cleaned_data
    result = found.run(params)
    page = Paginator(result.keys, PAGE).get_page(request.GET.get("page"))
    context |= {
        "result": result,
        "page_obj": page,
        "rows": [
            {"url": row.url, "pairs": list(zip(found.columns, row.cells, strict=True))}
            for row in found.rows(list(page.object_list), params)
        ],
        "totals": list(zip(found.columns, result.totals, strict=True)) if result.totals else [],
        "as_of_moment": clock.now(),
    }
    return render(request, "reports/_results.html" if is_partial(request) else "reports/report.html", context)


@requires("export_reports")
@require_GET
def export(request: HttpRequest, code: str) -> HttpResponse:
    """The same rows as a file; who took it is written down first."""
    found, form = _asked(request, code)
    if not form.is_valid():
        return render(request, "reports/report.html", {"report": found, "form": form}, status=422)
    params = form.cleaned_data
    result = found.run(params)
    exports.record_export(found, result, params, by=cast(User, request.user))
    return HttpResponse(
        exports.csv_text(found, result, params),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{exports.file_name(found, params)}"'},
    )


def _asked(request: HttpRequest, code: str) -> tuple[Report, forms.Form]:
    """The report, if the person may see it, and its form as asked. Raises ``Http404``, ``PermissionRefused``."""
    found = registry.report(code)
    if found is None:
        raise Http404("There is no such report.")
    check(cast(User, request.user), found.verb)
    data = request.GET.copy()
    data.setdefault("as_of", clock.today().isoformat())
    for name, field in found.form.base_fields.items():
        if field.initial is not None:
            data.setdefault(name, str(field.initial))
    return found, found.form(data)
