"""Several tills at once, on real connections with real commits."""

import threading
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from core import proofs, sequences
from ledger import queries as ledger_queries
from ledger.models import Credit
from payments.models import DrawerSession, Receipt
from payments.services import drawers, receipting, voids
from tests.factories.payments import TUESDAY, Till, line, make_debtor, make_till, owe, pay

pytestmark = pytest.mark.usefixtures("committed_db")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads of their own that begin together; give what each returned or raised, in order."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(at: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(20)
            results[at] = act()
        except Exception as error:  # noqa: BLE001 - handed to the test as a result
            results[at] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(at, act)) for at, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def prove() -> None:
    assert [(each.name, each.examples) for each in proofs.run_all() if each.violations] == []


def test_twenty_sendings_of_one_form_make_one_receipt() -> None:
    till = make_till()
    account = make_debtor(amount="61.20")

    results = at_once(*[lambda: pay(till, line(account, "61.20"), key="the form's key")] * 20)

    assert {str(type(result).__name__) for result in results} == {"Receipt"}, results
    assert len({result.pk for result in results}) == 1
    assert (Receipt.objects.count(), Credit.objects.count()) == (1, 1)
    assert sequences.last_taken(series="receipt:A") == 1
    prove()


def test_two_cashiers_on_one_account_settle_it_once_and_keep_the_rest_as_credit() -> None:
    first, second = make_till("A"), make_till("B", clerk="eve")
    account = make_debtor(amount="61.20")

    results = at_once(lambda: pay(first, line(account, "61.20")), lambda: pay(second, line(account, "61.20")))

    assert all(isinstance(result, Receipt) for result in results), results
    balances = ledger_queries.balances(account, as_of=TUESDAY)
    assert (balances.ledger, balances.unapplied) == (Decimal("-61.20"), Decimal("61.20"))
    prove()


def test_landlords_with_the_same_accounts_in_another_order_do_not_lock_up() -> None:
    first, second = make_till("A"), make_till("B", clerk="eve")
    accounts = [make_debtor(f"Tenant {at}", "10.00", house_number=str(at)) for at in range(1, 7)]

    def pay_all(till: Till, order: list) -> Receipt:
        return pay(till, *[line(account, "5.00") for account in order])

    for _ in range(5):
        results = at_once(lambda: pay_all(first, accounts), lambda: pay_all(second, accounts[::-1]))
        assert all(isinstance(result, Receipt) for result in results), results
    prove()


def test_four_writers_with_rollbacks_leave_no_gap() -> None:
    tills = [make_till("A"), make_till("B", clerk="eve")]
    account = make_debtor(amount="61.20")
    owe(account, "400.00")

    class PaperJam(Exception):
        """The forced failure after the number was taken."""

    def fail_after_number(till: Till) -> None:
        with transaction.atomic():
            sequences.take(series=f"receipt:{till.drawer.code}")
            raise PaperJam

    def write(till: Till, worker: int) -> int:
        done = 0
        for at in range(12):
            try:
                if (at + worker) % 4 == 0:
                    fail_after_number(till)
                pay(till, line(account, "1.00"), key=f"{till.drawer.code}-{worker}-{at}")
                done += 1
            except PaperJam:
                continue
        return done

    results = at_once(*[lambda worker=worker: write(tills[worker % 2], worker) for worker in range(4)])

    assert all(isinstance(result, int) for result in results), results
    for till in tills:
        numbers = sorted(Receipt.objects.filter(drawer=till.drawer).values_list("number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
    assert Receipt.objects.count() == sum(results) == 36
    prove()


def test_a_payment_and_the_count_of_its_drawer_at_once_never_mix() -> None:
    till = make_till()
    account = make_debtor(amount="61.20")

    results = at_once(
        lambda: drawers.start_balancing(session=till.session, by=till.clerk),
        *[lambda: pay(till, line(account, "1.00"))] * 4,
    )

    assert isinstance(results[0], DrawerSession), results
    assert {type(result) for result in results[1:]} <= {Receipt, receipting.DrawerNotOpen}, results
    paid = sum(isinstance(result, Receipt) for result in results)
    assert Receipt.objects.count() == paid
    prove()


def test_two_supervisors_on_one_void_make_one() -> None:
    till = make_till()
    receipt = pay(till, line(make_debtor(), "61.20"))
    request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

    results = at_once(*[lambda: voids.approve_void(request=request, by=till.supervisor)] * 2)

    assert Counter(type(result).__name__ for result in results) == {
        "ReceiptVoid": 1,
        "ReceiptAlreadyVoid": 1,
    }, results
    prove()


def test_two_people_at_one_drawer_open_one_session() -> None:
    till = make_till("B", clerk="eve")
    drawers.start_balancing(session=till.session, by=till.clerk)
    drawers.finish_balancing(session=till.session, by=till.clerk)
    other = make_till("C", clerk="joe")
    drawers.start_balancing(session=other.session, by=other.clerk)
    drawers.finish_balancing(session=other.session, by=other.clerk)

    results = at_once(
        *[
            lambda who=who: drawers.open_session(
                drawer=till.drawer, float_amount=Decimal("0.00"), business_date=TUESDAY, by=who
            )
            for who in (till.clerk, other.clerk)
        ]
    )

    assert Counter(type(result).__name__ for result in results) == {"DrawerSession": 1, "DrawerInUse": 1}, (
        results
    )
