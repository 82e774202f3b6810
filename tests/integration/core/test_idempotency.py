"""The same money request twice gives the first answer; with other figures it is refused."""

import threading
import time
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction

from core import idempotency
from core.db import TransactionRequired
from core.models import IdempotencyKey
from core.users import system_user

BODY = {"account": "1001-2", "amount": Decimal("61.20")}


def answer(key="k1", operation="payment", body=BODY, result=None):
    """A money service in small: the saved answer, or a new one."""
    by = system_user()
    with transaction.atomic():
        saved = idempotency.first_or_saved(key=key, operation=operation, body=body, by=by)
        if saved is not None:
            return saved
        made = result or {"receipt": IdempotencyKey.objects.count() + 1}
        idempotency.save(key=key, operation=operation, body=body, result=made, by=by)
        return made


class TestFirstOrSaved:
    def test_gives_the_first_answer_again(self, db):
        assert answer() == {"receipt": 1}
        assert answer(result={"receipt": 99}) == {"receipt": 1}
        assert IdempotencyKey.objects.count() == 1

    def test_does_not_mind_the_order_of_the_facts(self, db):
        answer()
        assert answer(body=dict(reversed(BODY.items()))) == {"receipt": 1}

    @pytest.mark.parametrize(
        "other", [{"body": {**BODY, "amount": Decimal("61.21")}}, {"operation": "refund"}, {"body": {}}]
    )
    def test_refuses_the_key_with_anything_else(self, db, other):
        answer()
        with pytest.raises(idempotency.IdempotencyKeyReused, match="Nothing was posted now"):
            answer(**other)
        assert IdempotencyKey.objects.count() == 1

    def test_keeps_keys_apart(self, db):
        assert (answer("k1"), answer("k2")) == ({"receipt": 1}, {"receipt": 2})

    def test_refuses_outside_a_transaction(self, committed_db):
        by = system_user()
        with pytest.raises(TransactionRequired):
            idempotency.first_or_saved(key="k1", operation="payment", body=BODY, by=by)
        with pytest.raises(TransactionRequired):
            idempotency.save(key="k1", operation="payment", body=BODY, result={}, by=by)


class TestAtOnce:
    def later(self, got):
        def ask():
            try:
                got.append(answer(result={"receipt": "second"}))
            finally:
                connection.close()

        thread = threading.Thread(target=ask)
        thread.start()
        return thread

    def waiting(self, app_connection, name):
        """Wait until somebody waits for a lock in this database."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            row = app_connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
                [name],
            ).fetchone()
            if row[0]:
                return True
            time.sleep(0.02)
        return False

    @pytest.mark.parametrize(("first_stands", "expected"), [(True, "first"), (False, "second")])
    def test_the_second_waits_for_the_first(self, committed_db, app_connection, first_stands, expected):
        by, got = system_user(), []

        def first():
            with transaction.atomic():
                assert idempotency.first_or_saved(key="k1", operation="payment", body=BODY, by=by) is None
                thread = self.later(got)
                assert self.waiting(app_connection, committed_db)
                assert got == []
                idempotency.save(key="k1", operation="payment", body=BODY, result={"receipt": "first"}, by=by)
                if not first_stands:
                    transaction.set_rollback(True)
            return thread

        first().join(20)
        assert got == [{"receipt": expected}]
        assert IdempotencyKey.objects.get().result == {"receipt": expected}


class TestTheDatabase:
    @pytest.mark.parametrize(
        "act", ["UPDATE core_idempotencykey SET result = '{}'", "DELETE FROM core_idempotencykey"]
    )
    def test_keeps_keys_for_ever(self, committed_db, app_connection, owner_connection, act):
        answer()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(act)
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner_connection.execute(act)
