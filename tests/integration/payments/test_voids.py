"""Voids: a reason, a second person, an open session, once."""

from decimal import Decimal

import pytest

from core.models import AuditEvent
from core.permissions import PermissionRefused
from core.states import TransitionRefused
from ledger import queries as ledger_queries
from payments.approvals import PROVIDERS
from payments.models import Receipt, ReceiptVoid, VoidRequest
from payments.services import drawers, voids
from tests.factories.accounts import make_user
from tests.factories.payments import SUPERVISOR_VERBS, TUESDAY, Till, line, make_debtor, make_till, pay

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of a test"


@pytest.fixture
def till() -> Till:
    return make_till()


@pytest.fixture
def receipt(till: Till) -> Receipt:
    return pay(till, line(make_debtor(), "61.20"))


def balance(receipt: Receipt) -> Decimal:
    account = receipt.lines.get().account
    return ledger_queries.balances(account, as_of=TUESDAY).ledger


class TestApproveVoid:
    def test_reverses_the_entry_and_keeps_the_number(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong account", by=till.clerk)

        void = voids.approve_void(request=request, by=till.supervisor)

        assert void.entry.reverses == receipt.entry
        assert balance(receipt) == Decimal("61.20")
        assert VoidRequest.objects.get().state == "APPROVED"
        assert pay(till, line(make_debtor("Bo Lee", house_number="9"), "1.00")).number == receipt.number + 1
        assert AuditEvent.objects.filter(code="payments.receipt.voided", key=receipt.label).count() == 1

    def test_refuses_who_asked_for_it(self, till: Till, receipt: Receipt) -> None:
        both = make_user("eve", "request_void", *SUPERVISOR_VERBS)
        request = voids.request_void(receipt=receipt, reason="Wrong account", by=both)

        with pytest.raises(voids.OwnVoid):
            voids.approve_void(request=request, by=both)
        with pytest.raises(voids.OwnVoid):
            voids.send_back_void(request=request, by=both, note="no")
        assert not ReceiptVoid.objects.exists()
        assert VoidRequest.objects.get().state == "REQUESTED"

    def test_refuses_who_took_the_money(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=make_user("eve", "request_void"))
        ada = make_user("ada", *SUPERVISOR_VERBS)

        with pytest.raises(voids.OwnVoid, match="took receipt"):
            voids.approve_void(request=request, by=ada)
        assert balance(receipt) == 0

    def test_refuses_who_may_not(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

        with pytest.raises(PermissionRefused):
            voids.approve_void(request=request, by=make_user("eve", "request_void"))

    def test_refuses_twice(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
        voids.approve_void(request=request, by=till.supervisor)

        with pytest.raises(voids.ReceiptAlreadyVoid):
            voids.approve_void(request=request, by=till.supervisor)
        with pytest.raises(voids.ReceiptAlreadyVoid):
            voids.request_void(receipt=receipt, reason="Again", by=till.clerk)
        assert ReceiptVoid.objects.count() == 1


class TestRequestVoid:
    def test_refuses_without_a_reason_and_while_one_waits(self, till: Till, receipt: Receipt) -> None:
        with pytest.raises(voids.VoidReasonMissing):
            voids.request_void(receipt=receipt, reason="  ", by=till.clerk)
        voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
        with pytest.raises(voids.VoidAlreadyAsked):
            voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
        assert VoidRequest.objects.count() == 1

    @pytest.mark.parametrize("state", ["BALANCING", "BALANCED"])
    def test_refuses_once_the_count_has_begun(self, till: Till, receipt: Receipt, state: str) -> None:
        drawers.start_balancing(session=till.session, by=till.clerk)
        if state == "BALANCED":
            drawers.finish_balancing(session=till.session, by=till.clerk)

        with pytest.raises(voids.DrawerNoLongerOpen, match="reversal in the next session"):
            voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
        assert not VoidRequest.objects.exists()


class TestSendBack:
    def test_leaves_the_receipt_and_says_why(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

        voids.send_back_void(request=request, by=till.supervisor, note="The account is right")

        row = VoidRequest.objects.get()
        assert (row.state, row.decided_by, row.decision_note) == (
            "RETURNED",
            till.supervisor,
            "The account is right",
        )
        assert balance(receipt) == 0
        with pytest.raises(TransitionRefused):
            voids.approve_void(request=request, by=till.supervisor)
        assert voids.request_void(receipt=receipt, reason="It was wrong", by=till.clerk).state == "REQUESTED"

    def test_refuses_without_words(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

        with pytest.raises(voids.VoidReasonMissing):
            voids.send_back_void(request=request, by=till.supervisor, note=" ")


class TestVoidAtCounter:
    def void(self, till: Till, receipt: Receipt, *, username: str, password: str = PASSWORD) -> ReceiptVoid:
        return voids.void_at_counter(
            receipt=receipt,
            reason="Wrong amount",
            by=till.clerk,
            approver_username=username,
            approver_password=password,
        )

    def test_voids_with_a_second_persons_password(self, till: Till, receipt: Receipt) -> None:
        void = self.void(till, receipt, username="ben")

        assert (void.request.requested_by, void.request.decided_by) == (till.clerk, till.supervisor)
        assert balance(receipt) == Decimal("61.20")

    def test_decides_a_request_that_waits(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

        assert self.void(till, receipt, username="ben").request == request

    def test_refuses_a_wrong_password_and_keeps_the_attempt(self, till: Till, receipt: Receipt) -> None:
        with pytest.raises(voids.ApproverNotRecognised):
            self.void(till, receipt, username="ben", password="guess")
        assert (
            AuditEvent.objects.filter(code="payments.void.approver_refused", key=receipt.label).count() == 1
        )
        assert not VoidRequest.objects.exists()

    def test_refuses_the_clerks_own_password(self, till: Till, receipt: Receipt) -> None:
        make_user("ada", "approve_void")

        with pytest.raises(voids.OwnVoid):
            self.void(till, receipt, username="ada")
        assert not VoidRequest.objects.exists()

    def test_refuses_somebody_without_the_right(self, till: Till, receipt: Receipt) -> None:
        make_user("eve", "request_void")

        with pytest.raises(PermissionRefused):
            self.void(till, receipt, username="eve")
        assert not ReceiptVoid.objects.exists()


class TestApprovalsQueue:
    def test_shows_the_request_and_decides_it(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
        [provider] = PROVIDERS

        [mine], [bens] = provider.pending(till.clerk), provider.pending(till.supervisor)
        assert not mine.can_decide
        assert mine.why_not.startswith("not you")
        assert (bens.can_decide, bens.amount, bens.reason) == (True, Decimal("61.20"), "Wrong")

        assert receipt.label in provider.approve(str(request.pk), till.supervisor, "")
        assert provider.pending(till.supervisor) == []

    def test_sends_it_back(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

        PROVIDERS[0].send_back(str(request.pk), till.supervisor, "No")

        assert VoidRequest.objects.get().state == "RETURNED"
