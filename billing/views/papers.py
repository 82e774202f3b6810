"""The paper of a bill: the exact copy, made once."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from billing.queries import console
from billing.services import printing
from core import documents
from core.models import User
from core.permissions import requires
from core.views import refused


@requires("view_accounts")
@require_GET
def bill_pdf(request: HttpRequest, number: str) -> HttpResponse:
    """The bill as it was printed; who may print makes the copy if there is none yet."""
    user = cast(User, request.user)
    bill = console.get_bill_for(user, number)
    try:
        document = printing.stored_copy(bill) or printing.print_bill(bill=bill, by=user)
        content = documents.read(document)
    except (printing.BillNotPosted, documents.DocumentDamaged) as refusal:
        return refused(request, refusal)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="bill-{bill.number}.pdf"'
    return response
