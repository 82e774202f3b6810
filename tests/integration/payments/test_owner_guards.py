"""Not even the owner of the tables changes a receipt: the triggers speak to every role."""

import psycopg
import pytest

from payments.services import voids
from tests.factories.payments import line, make_debtor, make_till, pay

TABLES = ["payments_receipt", "payments_receiptline", "payments_tender", "payments_receiptvoid"]


def test_the_owner_is_refused_every_change(committed_db: str, owner_connection: psycopg.Connection) -> None:
    till = make_till()
    receipt = pay(till, line(make_debtor(), "61.20"))
    request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
    voids.approve_void(request=request, by=till.supervisor)

    for table in TABLES:
        for act in ("UPDATE {} SET id = id + 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="is refused"):
                owner_connection.execute(act.format(table))
        assert owner_connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
