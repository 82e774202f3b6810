"""The audit trail stands or falls with the act, and is never changed."""

import psycopg
import pytest
from django.db import transaction

from core import audit
from core.db import TransactionRequired
from core.models import AuditEvent, User
from core.users import system_user

FACTS = {"code": "payments.receipt.voided", "kind": "receipt", "key": "A-000001", "summary": "Receipt voided"}


class TestRecord:
    def test_writes_who_did_what_to_what(self, db):
        ada = User.objects.create(username="ada")
        event = audit.record(by=ada, account_number="1001-2", data={"before": 1}, **FACTS)
        event.refresh_from_db()
        assert (event.actor, event.code, event.kind, event.key) == (ada, FACTS["code"], "receipt", "A-000001")
        assert (event.account_number, event.summary, event.data) == (
            "1001-2",
            "Receipt voided",
            {"before": 1},
        )
        assert event.at is not None

    def test_cuts_a_long_sentence(self, db):
        event = audit.record(by=None, **{**FACTS, "summary": "x" * 400})
        assert len(event.summary) == 300

    def test_refuses_outside_a_transaction(self, committed_db):
        with pytest.raises(TransactionRequired):
            audit.record(by=None, **FACTS)
        assert not AuditEvent.objects.exists()

    def test_is_gone_when_the_act_is_rolled_back(self, committed_db):
        def act():
            with transaction.atomic():
                audit.record(by=system_user(), **FACTS)
                raise RuntimeError("the act failed")

        with pytest.raises(RuntimeError):
            act()
        assert not AuditEvent.objects.exists()

    def test_lists_one_objects_events_newest_first(self, db):
        for number in range(3):
            audit.record(by=None, **{**FACTS, "summary": f"act {number}"})
        audit.record(by=None, **{**FACTS, "key": "A-000002"})
        found = audit.events_of(kind="receipt", key="A-000001", limit=2)
        assert [event.summary for event in found] == ["act 2", "act 1"]


class TestTheTrail:
    ACTS = (
        "UPDATE core_auditevent SET summary = 'nothing happened'",
        "DELETE FROM core_auditevent",
        "TRUNCATE core_auditevent",
    )

    @pytest.fixture
    def event(self, committed_db):
        with transaction.atomic():
            return audit.record(by=None, **FACTS)

    @pytest.mark.parametrize(
        "act", [*ACTS, "ALTER TABLE core_auditevent DISABLE TRIGGER ALL", "DROP TABLE core_auditevent"]
    )
    def test_is_never_changed_by_the_application(self, event, app_connection, act):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(act)
        assert AuditEvent.objects.get().summary == "Receipt voided"

    @pytest.mark.parametrize("act", ACTS)
    def test_is_never_changed_by_the_owner(self, event, owner_connection, act):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as refusal:
            owner_connection.execute(act)
        assert refusal.value.diag.constraint_name == "core_auditevent_append_only"
        assert AuditEvent.objects.get().summary == "Receipt voided"

    def test_s_guard_cannot_be_set_aside_for_a_session(self, event, app_connection):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute("SET session_replication_role = replica")
