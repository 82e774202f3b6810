"""Accounts through their services, and the same rules by raw SQL."""

import datetime as dt

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts import queries, services
from accounts.models import (
    Account,
    AccountRole,
    ContactPoint,
    Identifier,
    MailingAddress,
    Note,
    PhysicalStatus,
    ServiceAgreement,
)
from core.check_digits import is_valid
from core.models import AuditEvent
from core.permissions import PermissionRefused
from core.states import TransitionRefused
from core.users import system_user
from tests.factories.accounts import (
    OPENED,
    make_account,
    make_agreement,
    make_party,
    make_premise,
    make_served,
    make_service_point,
    make_user,
)

MARCH = dt.date(2025, 3, 1)
JUNE = dt.date(2025, 6, 1)
JULY = dt.date(2025, 7, 1)


def refused_by_database(sql: str, params: list[object]) -> str:
    """The name of the constraint that refuses the statement."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(caught.value.__cause__.diag.constraint_name)


class TestOpenAccount:
    def test_gives_an_eleven_digit_number_with_its_check_digit(self, db):
        first, second = make_account(), make_account("Bo Ortiz")
        assert [len(each.number) for each in (first, second)] == [11, 11]
        assert is_valid(first.number)
        assert is_valid(second.number)
        assert int(second.number[:-1]) == int(first.number[:-1]) + 1

    def test_makes_the_number_an_identifier_and_the_party_the_holder(self, db):
        account = make_account("Ana Ortiz")
        assert Identifier.objects.get(account=account).value == account.number
        role = queries.holder_on(account, on_date=OPENED)
        assert (role.party.name, role.is_liable) == ("Ana Ortiz", True)
        assert queries.account_class_on(account, on_date=OPENED) == "RESIDENTIAL"

    def test_writes_who_did_it(self, db):
        account = make_account()
        event = AuditEvent.objects.get(code="accounts.account.opened")
        assert (event.actor, event.account_number) == (system_user(), account.number)

    def test_refuses_a_person_without_the_right_and_changes_nothing(self, db):
        party, cycle = make_party(), make_account().cycle
        before = Account.objects.count()
        with pytest.raises(PermissionRefused, match="Open and close accounts"):
            services.open_account(
                holder=party, cycle=cycle, opened_date=OPENED, by=make_user("guest", "view_accounts")
            )
        assert Account.objects.count() == before

    def test_the_database_refuses_the_same_number_twice(self, db):
        account = make_account()
        sql = "INSERT INTO accounts_account (number, kind, cycle_id, opened_date) VALUES (%s, 'REGULAR', %s, %s)"
        refused_by_database(sql, [account.number, account.cycle_id, OPENED])


class TestHolders:
    def test_a_second_holder_at_one_time_is_refused(self, db):
        account, other = make_account(), make_party("Bo Ortiz")
        with pytest.raises(services.HolderOverlaps, match="has a holder"):
            services.add_role(account=account, party=other, kind="HOLDER", from_date=JUNE, by=system_user())
        assert account.roles.count() == 1

    def test_the_database_refuses_a_second_holder(self, db):
        account, other = make_account(), make_party("Bo Ortiz")
        sql = (
            "INSERT INTO accounts_accountrole (account_id, party_id, kind, is_liable, from_date)"
            " VALUES (%s, %s, 'HOLDER', true, %s)"
        )
        assert refused_by_database(sql, [account.pk, other.pk, JUNE]) == "accounts_accountrole_one_holder"

    def test_the_database_refuses_a_holder_who_owes_nothing(self, db):
        account = make_account()
        sql = "UPDATE accounts_accountrole SET is_liable = false WHERE account_id = %s"
        assert refused_by_database(sql, [account.pk]) == "accounts_accountrole_holder_liable"

    def test_the_name_changes_from_a_date(self, db):
        account, widow = make_account("Carl Ortiz"), make_party("Dora Ortiz")
        services.change_holder(account=account, party=widow, from_date=JUNE, by=system_user())
        before = queries.holder_on(account, on_date=JUNE - dt.timedelta(days=1))
        after = queries.holder_on(account, on_date=JUNE)
        assert (before.party.name, after.party.name) == ("Carl Ortiz", "Dora Ortiz")

    def test_others_may_be_liable_beside_the_holder(self, db):
        account = make_account()
        co_holder = services.add_role(
            account=account, party=make_party("Bo"), kind="CO_HOLDER", from_date=JUNE, by=system_user()
        )
        copy = services.add_role(
            account=account, party=make_party("Cy"), kind="COPY_TO", from_date=JUNE, by=system_user()
        )
        assert (co_holder.is_liable, copy.is_liable) == (True, False)

    def test_the_same_role_twice_is_refused(self, db):
        account, agent = make_account(), make_party("Agency")
        services.add_role(account=account, party=agent, kind="AGENT", from_date=JUNE, by=system_user())
        with pytest.raises(services.RoleOverlaps, match="already"):
            services.add_role(account=account, party=agent, kind="AGENT", from_date=JULY, by=system_user())

    def test_a_role_cannot_end_before_it_began(self, db):
        role = AccountRole.objects.get(account=make_account())
        with pytest.raises(services.RoleOverlaps, match="later day"):
            services.end_role(role=role, to_date=OPENED, by=system_user())


class TestAgreements:
    def test_another_account_on_the_same_days_is_refused_naming_it(self, db):
        served = make_served()
        newcomer = make_account("New Tenant")
        with pytest.raises(services.AgreementOverlaps, match=served.account.number):
            make_agreement(newcomer, served.service_point, from_date=JUNE)
        assert ServiceAgreement.objects.count() == 1

    def test_the_database_refuses_the_overlap(self, db):
        served = make_served()
        newcomer = make_account("New Tenant")
        sql = (
            "INSERT INTO accounts_serviceagreement"
            " (account_id, service_point_id, service, rate_code, status, from_date)"
            " VALUES (%s, %s, 'WATER', 'RES', 'ACTIVE', %s)"
        )
        params = [newcomer.pk, served.service_point.pk, JUNE]
        assert refused_by_database(sql, params) == "accounts_agreement_one_at_a_time"

    def test_the_next_tenant_starts_the_day_the_last_one_stops(self, db):
        served = make_served()
        services.stop_agreement(agreement=served.agreement, to_date=JUNE, by=system_user())
        agreement = make_agreement(make_account("New Tenant"), served.service_point, from_date=JUNE)
        assert agreement.status == "ACTIVE"

    def test_a_cancelled_one_leaves_the_place_free(self, db):
        account, point = make_account(), make_service_point()
        pending = services.start_agreement(
            account=account,
            service_point=point,
            rate_code="RES",
            from_date=JUNE,
            is_pending=True,
            by=system_user(),
        )
        services.cancel_agreement(agreement=pending, by=system_user())
        assert make_agreement(make_account("New Tenant"), point, from_date=JUNE).pk

    def test_a_stop_is_taken_back_unless_somebody_else_moved_in(self, db):
        served = make_served()
        services.stop_agreement(agreement=served.agreement, to_date=JUNE, by=system_user())
        resumed = services.resume_agreement(agreement=served.agreement, by=system_user())
        assert (resumed.status, resumed.to_date) == ("ACTIVE", None)
        services.stop_agreement(agreement=served.agreement, to_date=JUNE, by=system_user())
        newcomer = make_account("New Tenant")
        make_agreement(newcomer, served.service_point, from_date=JUNE)
        with pytest.raises(services.AgreementOverlaps, match=newcomer.number):
            services.resume_agreement(agreement=served.agreement, by=system_user())

    def test_a_stopped_one_cannot_be_stopped_again(self, db):
        served = make_served()
        services.stop_agreement(agreement=served.agreement, to_date=JUNE, by=system_user())
        with pytest.raises(TransitionRefused, match="stopped"):
            services.stop_agreement(agreement=served.agreement, to_date=JULY, by=system_user())

    def test_the_database_refuses_a_step_that_the_table_does_not_have(self, db):
        served = make_served()
        sql = "UPDATE accounts_serviceagreement SET status = 'PENDING' WHERE id = %s"
        assert refused_by_database(sql, [served.agreement.pk]) == "accounts_serviceagreement_transitions"

    def test_service_cannot_start_before_the_account(self, db):
        with pytest.raises(services.AgreementsDatesRefused, match="opened on 2025-01-01"):
            make_agreement(make_account(), from_date=OPENED - dt.timedelta(days=1))

    def test_service_cannot_stop_on_the_day_it_starts(self, db):
        served = make_served()
        with pytest.raises(services.AgreementsDatesRefused, match="later day"):
            services.stop_agreement(agreement=served.agreement, to_date=OPENED, by=system_user())

    def test_an_account_that_takes_service_cannot_be_closed(self, db):
        served = make_served()
        with pytest.raises(services.AccountStillServed, match="still takes water"):
            services.close_account(account=served.account, closed_date=JUNE, by=system_user())
        services.stop_agreement(agreement=served.agreement, to_date=JUNE, by=system_user())
        closed = services.close_account(account=served.account, closed_date=JUNE, by=system_user())
        assert closed.closed_date == JUNE


class TestMailingAddress:
    def change(self, account: Account, lines: str, from_date: dt.date, **more: object) -> MailingAddress:
        return services.change_mailing_address(
            account=account, addressee="Ana Ortiz", lines=lines, from_date=from_date, by=system_user(), **more
        )

    def where(self, account: Account, day: dt.date) -> str:
        found = queries.mailing_address_on(account, on_date=day)
        return found.lines if found else ""

    def test_changes_from_a_future_date_and_ends_the_one_before(self, db):
        account = make_account(mailing_lines="1 Old Rd")
        self.change(account, "2 New Rd", JUNE)
        assert self.where(account, JUNE - dt.timedelta(days=1)) == "1 Old Rd"
        assert self.where(account, JUNE) == "2 New Rd"

    def test_one_entered_for_later_stays(self, db):
        account = make_account(mailing_lines="1 Old Rd")
        self.change(account, "3 Later Rd", JULY)
        self.change(account, "2 New Rd", JUNE)
        assert [self.where(account, day) for day in (MARCH, JUNE, JULY)] == [
            "1 Old Rd",
            "2 New Rd",
            "3 Later Rd",
        ]

    def test_a_seasonal_one_gives_way_to_the_one_before(self, db):
        account = make_account(mailing_lines="1 Home Rd")
        self.change(account, "9 Beach Rd", JUNE, to_date=JULY)
        assert [self.where(account, day) for day in (MARCH, JUNE, JULY)] == [
            "1 Home Rd",
            "9 Beach Rd",
            "1 Home Rd",
        ]

    def test_a_second_change_from_the_same_day_corrects_the_first(self, db):
        account = make_account(mailing_lines="1 Old Rd")
        self.change(account, "2 Nwe Rd", JUNE)
        self.change(account, "2 New Rd", JUNE)
        assert self.where(account, JUNE) == "2 New Rd"
        assert account.mailing_addresses.count() == 2
        last = AuditEvent.objects.filter(code="accounts.mailing.changed").latest("pk")
        assert (last.data["before"], last.data["after"]) == ("2 Nwe Rd", "2 New Rd")

    @pytest.mark.parametrize(
        ("lines", "words"),
        [("  \n ", "no lines"), ("a\nb\nc\nd\ne\nf", "6 lines")],
    )
    def test_refuses_what_no_envelope_shows(self, db, lines, words):
        account = make_account(mailing_lines="1 Old Rd")
        with pytest.raises(services.MailingAddressRefused, match=words):
            self.change(account, lines, JUNE)
        assert self.where(account, JUNE) == "1 Old Rd"

    def test_the_database_refuses_two_at_one_time(self, db):
        account = make_account(mailing_lines="1 Old Rd")
        sql = (
            "INSERT INTO accounts_mailingaddress (account_id, addressee, lines, from_date, source)"
            " VALUES (%s, 'A', 'B', %s, '')"
        )
        assert refused_by_database(sql, [account.pk, JUNE]) == "accounts_mailingaddress_no_overlap"

    def test_refuses_a_person_without_the_right(self, db):
        account = make_account(mailing_lines="1 Old Rd")
        with pytest.raises(PermissionRefused):
            services.change_mailing_address(
                account=account,
                addressee="A",
                lines="B",
                from_date=JUNE,
                by=make_user("guest", "view_accounts"),
            )
        assert account.mailing_addresses.count() == 1


class TestIdentifiers:
    def test_a_number_is_never_given_twice(self, db):
        first, second = make_account(), make_account("Bo")
        by = system_user()
        services.add_identifier(kind="LEGACY_ACCOUNT", value="12-34", account=first, from_date=OPENED, by=by)
        with pytest.raises(services.IdentifierTaken, match="12-34 is already in use"):
            services.add_identifier(
                kind="LEGACY_ACCOUNT", value="12-34", account=second, from_date=OPENED, by=by
            )
        assert second.identifiers.count() == 1

    def test_the_database_refuses_a_number_that_names_two_things(self, db):
        account, premise = make_account(), make_premise()
        sql = (
            "INSERT INTO accounts_identifier (kind, value, account_id, premise_id, from_date)"
            " VALUES ('LEGACY_ACCOUNT', '77', %s, %s, %s)"
        )
        params = [account.pk, premise.pk, OPENED]
        assert refused_by_database(sql, params) == "accounts_identifier_one_target"


class TestDatedFacts:
    def test_a_determinant_takes_over_from_the_one_before(self, db):
        point, by = make_service_point(), system_user()
        for value, day in (("1", OPENED), ("2", JUNE)):
            services.set_determinant(
                service_point=point,
                kind="dwelling_units",
                value=value,
                from_date=day,
                source="permit",
                by=by,
            )
        rows = list(point.determinants.order_by("from_date").values_list("value", "from_date", "to_date"))
        assert rows == [("1", OPENED, JUNE), ("2", JUNE, None)]
        with pytest.raises(services.DeterminantOverlaps, match="later date"):
            services.set_determinant(
                service_point=point, kind="dwelling_units", value="3", from_date=JUNE, source="x", by=by
            )

    def test_the_database_refuses_a_determinant_of_nothing(self, db):
        sql = (
            "INSERT INTO accounts_determinant (kind, value, unit, from_date, source)"
            " VALUES ('eru', '1', '', '2025-01-01', 'x')"
        )
        assert refused_by_database(sql, []) == "accounts_determinant_one_owner"

    def test_off_in_the_morning_and_on_in_the_afternoon(self, db):
        point, by = make_service_point(), system_user()
        for status in ("ON", "LOCKED", "ON"):
            services.set_physical_status(
                service_point=point, status=status, from_date=JUNE, reason="shutoff and paid", by=by
            )
        assert PhysicalStatus.objects.filter(service_point=point).count() == 3
        assert PhysicalStatus.objects.get(service_point=point, to_date__isnull=True).status == "ON"
        with pytest.raises(services.PremiseRefused, match="before that"):
            services.set_physical_status(
                service_point=point, status="LOCKED", from_date=MARCH, reason="late slip", by=by
            )

    def test_a_class_from_the_same_day_twice_is_refused(self, db):
        account = make_account()
        with pytest.raises(services.DatesRunBackwards, match="later date"):
            services.set_class(
                account=account, purpose="CUSTOMER", value="COMMERCIAL", from_date=OPENED, by=system_user()
            )
        assert queries.account_class_on(account, on_date=JUNE) == "RESIDENTIAL"


class TestContactPoints:
    @pytest.mark.parametrize(("kind", "value"), [("PHONE", "555"), ("EMAIL", "ana at example")])
    def test_refuses_what_reaches_nobody(self, db, kind, value):
        party = make_party()
        with pytest.raises(services.ContactPointRefused):
            services.add_contact_point(
                party=party, kind=kind, value=value, from_date=OPENED, by=system_user()
            )
        assert not ContactPoint.objects.exists()

    def test_a_new_phone_ends_the_old_one(self, db):
        party = make_party(phone="918-555-0100")
        services.replace_phone(party=party, value="918-555-0200", from_date=JUNE, by=system_user())
        rows = party.contact_points.order_by("from_date").values_list("digits", "to_date")
        assert list(rows) == [("9185550100", JUNE), ("9185550200", None)]


class TestNotes:
    def test_an_empty_note_is_refused(self, db):
        with pytest.raises(services.NoteEmpty):
            services.add_note(account=make_account(), text="  ", by=system_user())

    @pytest.mark.parametrize("sql", ["UPDATE accounts_note SET text = 'x'", "DELETE FROM accounts_note"])
    def test_the_database_refuses_to_change_a_note(self, db, sql):
        services.add_note(account=make_account(), text="Called about a leak", by=system_user())
        # The application's role lacks the right; the triggers stand behind it (next test).
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
        assert Note.objects.get().text == "Called about a leak"

    def test_the_owner_is_refused_too(self, committed_db, owner_connection):
        services.add_note(account=make_account(), text="Called about a leak", by=system_user())
        for sql in (
            "UPDATE accounts_note SET text = 'x'",
            "DELETE FROM accounts_note",
            "TRUNCATE accounts_note",
        ):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                owner_connection.execute(sql)
