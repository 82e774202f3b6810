"""Numbers without gaps, whatever fails in between and however many take them."""

import threading

import psycopg
import pytest
from django.db import connection, transaction

from core import sequences
from core.db import TransactionRequired


def take(series="A", count=1):
    with transaction.atomic():
        return sequences.take(series=series, count=count)


class TestTake:
    def test_begins_at_one_and_goes_on(self, db):
        assert [take() for _ in range(3)] == [1, 2, 3]

    def test_gives_the_last_of_several(self, db):
        assert (take(count=5), take(), sequences.last_taken(series="A")) == (5, 6, 6)

    def test_keeps_series_apart(self, db):
        assert (take("A"), take("B"), sequences.last_taken(series="C")) == (1, 1, 0)

    @pytest.mark.parametrize("count", [0, -1])
    def test_refuses_to_take_none(self, db, count):
        with pytest.raises(ValueError, match="At least one"):
            take(count=count)

    def test_refuses_outside_a_transaction(self, committed_db):
        with pytest.raises(TransactionRequired):
            sequences.take(series="A")
        assert sequences.last_taken(series="A") == 0


class TestGaps:
    def test_a_rollback_gives_its_number_back(self, committed_db):
        def fail():
            with transaction.atomic():
                assert sequences.take(series="A", count=3) == 4
                raise RuntimeError("the payment failed")

        take()
        with pytest.raises(RuntimeError):
            fail()
        assert take() == 2

    def test_the_second_connection_waits_for_the_first(self, committed_db, app_connection):
        take()
        with transaction.atomic():
            assert sequences.take(series="A") == 2
            app_connection.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                app_connection.execute(
                    "UPDATE core_numbersequence SET last_value = last_value + 1 WHERE series = 'A'"
                )
        assert sequences.last_taken(series="A") == 2

    def test_many_at_once_leave_none_and_repeat_none(self, committed_db):
        taken = []

        def work(name):
            try:
                for turn in range(25):
                    fails = turn % 5 == name
                    with transaction.atomic():
                        number = sequences.take(series="A")
                        transaction.set_rollback(fails)
                    if not fails:
                        taken.append(number)
            finally:
                connection.close()

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(taken) == 80
        assert sorted(taken) == list(range(1, 81))
