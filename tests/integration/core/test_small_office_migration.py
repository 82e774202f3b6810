"""What small-office mode adds to the database can be taken away and put back."""

from django.core.management import call_command
from django.db import connection

from tests.factories.payments import line, make_debtor, make_till, pay


def guards():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname IN ('guard_small_office', 'guard_review')"
        )
        return cursor.fetchone()[0]


def test_goes_back_and_forth_over_books_in_use(committed_db):
    pay(make_till(), line(make_debtor(), "61.20"))
    assert guards() == 3
    call_command("migrate", "payments", "0002", verbosity=0)
    call_command("migrate", "billing", "0002", verbosity=0)
    call_command("migrate", "core", "0002", verbosity=0)
    assert guards() == 0
    call_command("migrate", verbosity=0)
    assert guards() == 3
