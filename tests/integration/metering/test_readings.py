"""Readings recorded, questioned, decided about and superseded; and the same rules by raw SQL."""

import datetime as dt
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from accounts import services as accounts
from core import policy
from core.models import AuditEvent
from core.permissions import PermissionRefused
from core.users import system_user
from metering import proofs, queries, services
from metering.models import Reading, ReadingException
from metering.services.installations import noon
from tests import cast
from tests.factories.accounts import OPENED, make_served, make_user
from tests.factories.metering import (
    make_installation,
    make_monthly_readings,
    make_reading,
    register_of,
)

JULY = dt.date(2025, 7, 1)
AUGUST = dt.date(2025, 8, 1)


@pytest.fixture
def register(db):
    """A register at 170 with half a year of about twelve units a month behind it."""
    served = make_served()
    found = register_of(make_installation(served.service_point, dials="0100"))
    make_monthly_readings(found, 100, [12, 14, 12, 10, 12])
    return found


def codes(recorded: services.RecordedReading) -> list[tuple[str, str]]:
    return [(each.code, each.severity) for each in recorded.exceptions]


def refused_by_database(sql: str, params: list[object]) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(caught.value.__cause__.diag.constraint_name)


class TestRecordReading:
    def test_an_ordinary_one_raises_nothing(self, register):
        recorded = make_reading(register, JULY, "0173")
        assert recorded.exceptions == ()
        assert (recorded.reading.value, recorded.reading.read_date) == (173, JULY)

    def test_refuses_a_letter_naming_its_place(self, register):
        before = Reading.objects.count()
        with pytest.raises(services.DialsNotUnderstood, match='letter "O" at place 3'):
            make_reading(register, JULY, "01O3")
        assert Reading.objects.count() == before

    def test_refuses_more_digits_than_dials(self, register):
        with pytest.raises(services.ReadingBeyondDials, match="4 dials"):
            make_reading(register, JULY, "12345")

    def test_refuses_a_second_one_at_the_same_moment(self, register):
        make_reading(register, JULY, "0173")
        with pytest.raises(services.ReadingAlreadyRecorded, match="0173"):
            make_reading(register, JULY, "0174")

    @pytest.mark.parametrize(
        ("dials", "found"),
        [
            ("0160", [("ZERO", "SEVERE")]),
            ("0161", [("LOW", "SEVERE")]),
            ("0250", [("HIGH", "SEVERE")]),
            ("0150", [("NEGATIVE", "SEVERE")]),
            ("6000", [("HIGH", "SEVERE")]),
        ],
    )
    def test_questions_what_is_out_of_line(self, register, dials, found):
        assert codes(make_reading(register, JULY, dials)) == found

    def test_lets_a_rollover_pass_with_a_warning(self, db):
        served = make_served()
        register = register_of(make_installation(served.service_point, dials="9950"))
        make_reading(register, dt.date(2025, 2, 1), "9990", validate=False)
        recorded = make_reading(register, dt.date(2025, 3, 1), "0025")
        assert codes(recorded) == [("ROLLOVER", "WARNING")]

    def test_keeps_to_what_the_city_decided(self, register):
        policy.set_value(
            parameter="metering.high_factor",
            value="10",
            scope="CLASS",
            scope_key="RESIDENTIAL",
            from_date=OPENED,
            by=system_user(),
        )
        assert codes(make_reading(register, JULY, "0250")) == []

    def test_questions_use_where_service_is_off(self, register):
        point = register.usage_sources.get().service_point
        accounts.set_physical_status(
            service_point=point,
            status="LOCKED",
            from_date=dt.date(2025, 6, 5),
            reason="shut off",
            by=system_user(),
        )
        assert codes(make_reading(register, JULY, "0173")) == [("USE_WHEN_OFF", "SEVERE")]

    def test_a_reread_a_day_later_says_nothing_about_habits(self, register):
        make_reading(register, JULY, "0173")
        assert make_reading(register, JULY + dt.timedelta(days=1), "0173").exceptions == ()

    def test_the_first_reading_of_a_meter_opens_it(self, db):
        served = make_served()
        register = register_of(make_installation(served.service_point, dials="0100"))
        assert not ReadingException.objects.filter(register=register).exists()

    def test_writes_who_recorded_it(self, register):
        make_reading(register, JULY, "0173")
        event = AuditEvent.objects.filter(code="metering.reading.recorded").latest("pk")
        assert (event.actor, event.data["dials"]) == (system_user(), "0173")


class TestSupersede:
    def test_keeps_the_old_reading_and_checks_the_new_one(self, register):
        wrong = make_reading(register, JULY, "0250")
        right = services.supersede_reading(reading=wrong.reading, dials="0173", by=system_user())
        wrong.reading.refresh_from_db()
        assert wrong.reading.superseded_by == right.reading
        assert right.exceptions == ()
        decided = ReadingException.objects.get()
        assert (decided.resolution, decided.resolved_by) == ("SUPERSEDED", system_user())

    def test_happens_once(self, register):
        wrong = make_reading(register, JULY, "0250").reading
        services.supersede_reading(reading=wrong, dials="0173", by=system_user())
        with pytest.raises(services.ReadingSuperseded, match="superseded already"):
            services.supersede_reading(reading=wrong, dials="0174", by=system_user())

    @pytest.mark.parametrize("change", ["dials = '0001'", "value = 1", "read_date = '2020-01-01'"])
    def test_the_owner_cannot_edit_a_reading(self, committed_db, owner_connection, change):
        served = make_served()
        make_installation(served.service_point)
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only superseded_by_id"):
            owner_connection.execute(f"UPDATE metering_reading SET {change}")
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            owner_connection.execute("DELETE FROM metering_reading")

    def test_the_application_cannot_edit_one_either(self, register):
        with pytest.raises(Exception, match="permission denied") as caught, transaction.atomic():
            Reading.objects.filter(register=register).update(dials="0001")
        assert "metering_reading" in str(caught.value)

    def test_the_database_refuses_a_second_superseding(self, register):
        wrong = make_reading(register, JULY, "0250").reading
        services.supersede_reading(reading=wrong, dials="0173", by=system_user())
        other = make_reading(register, AUGUST, "0185").reading
        sql = "UPDATE metering_reading SET superseded_by_id = %s WHERE id = %s"
        assert refused_by_database(sql, [other.pk, wrong.pk]) == "metering_reading_superseded_once"

    def test_the_database_refuses_another_registers_reading(self, register):
        other = cast.brown().register.readings.get()
        reading = make_reading(register, JULY, "0173").reading
        sql = "UPDATE metering_reading SET superseded_by_id = %s WHERE id = %s"
        assert refused_by_database(sql, [other.pk, reading.pk]) == "metering_reading_same_register"


class TestResolve:
    def questioned(self, register, dials: str = "0250") -> ReadingException:
        return make_reading(register, JULY, dials).exceptions[0]

    def test_accepting_needs_a_note(self, register):
        exception = self.questioned(register)
        with pytest.raises(services.ResolutionRefused, match="why the reading is right"):
            services.resolve_exception(exception=exception, resolution="ACCEPTED", note=" ", by=system_user())
        done = services.resolve_exception(
            exception=exception, resolution="ACCEPTED", note="Pool was filled", by=system_user()
        )
        assert (done.resolution, done.resolution_note) == ("ACCEPTED", "Pool was filled")
        assert not queries.exceptions_open().exists()

    def test_an_estimate_takes_the_readings_place(self, register):
        exception = self.questioned(register)
        services.resolve_exception(exception=exception, resolution="ESTIMATED", note="", by=system_user())
        live = Reading.objects.filter(register=register, superseded_by__isnull=True).latest("read_at")
        # Sixty units in 151 days, thirty days since the last reading: 11.92, so 12.
        assert (live.kind, live.dials) == ("ESTIMATE", "0172")

    def test_a_correction_is_checked_in_its_turn(self, register):
        exception = self.questioned(register)
        services.resolve_exception(
            exception=exception, resolution="CORRECTED", note="5 was 7", by=system_user(), dials="0270"
        )
        again = queries.exceptions_open().get()
        assert (again.code, again.reading.dials) == ("HIGH", "0270")
        services.resolve_exception(
            exception=again, resolution="REREAD", note="went again", by=system_user(), dials="0173"
        )
        assert not queries.exceptions_open().exists()
        assert proofs.exceptions_complete().examples == ()

    def test_correcting_to_the_same_dials_is_refused(self, register):
        with pytest.raises(services.ResolutionRefused, match="as before"):
            services.resolve_exception(
                exception=self.questioned(register),
                resolution="CORRECTED",
                note="",
                by=system_user(),
                dials="0250",
            )

    def test_letters_in_a_correction_change_nothing(self, register):
        exception = self.questioned(register)
        with pytest.raises(services.DialsNotUnderstood, match='letter "l" at place 2'):
            services.resolve_exception(
                exception=exception, resolution="CORRECTED", note="", by=system_user(), dials="0l73"
            )
        exception.refresh_from_db()
        assert exception.resolved_at is None

    def test_is_decided_once(self, register):
        exception = self.questioned(register)
        services.resolve_exception(exception=exception, resolution="ACCEPTED", note="Leak", by=system_user())
        with pytest.raises(services.ExceptionAlreadyResolved, match="accepted as read"):
            services.resolve_exception(exception=exception, resolution="ESTIMATED", note="", by=system_user())

    def test_needs_the_right(self, register):
        with pytest.raises(PermissionRefused):
            services.resolve_exception(
                exception=self.questioned(register),
                resolution="ACCEPTED",
                note="x",
                by=make_user("guest", "enter_readings"),
            )

    def test_the_database_refuses_half_a_decision(self, register):
        exception = self.questioned(register)
        sql = "UPDATE metering_readingexception SET resolution = 'ACCEPTED' WHERE id = %s"
        assert refused_by_database(sql, [exception.pk]) == "metering_exception_resolved_pair"


class TestMissing:
    def test_is_raised_once_and_holds_the_place(self, register):
        first = services.raise_missing(register=register, on_date=JULY, by=system_user())
        second = services.raise_missing(register=register, on_date=JULY, by=system_user())
        assert first == second
        point = register.usage_sources.get().service_point
        assert list(queries.holding(point.pk)) == [first]

    def test_is_answered_by_a_reading(self, register):
        services.raise_missing(register=register, on_date=JULY, by=system_user())
        make_reading(register, JULY, "0173")
        assert not queries.exceptions_open().exists()

    def test_is_answered_by_an_estimate(self, register):
        missing = services.raise_missing(register=register, on_date=JULY, by=system_user())
        services.resolve_exception(exception=missing, resolution="ESTIMATED", note="", by=system_user())
        assert register.readings.latest("read_at").kind == "ESTIMATE"

    def test_cannot_be_accepted(self, register):
        missing = services.raise_missing(register=register, on_date=JULY, by=system_user())
        with pytest.raises(services.ResolutionRefused, match="no reading to accept"):
            services.resolve_exception(exception=missing, resolution="ACCEPTED", note="x", by=system_user())

    def test_cannot_be_estimated_without_a_past(self, db):
        served = make_served()
        register = register_of(make_installation(served.service_point))
        missing = services.raise_missing(register=register, on_date=JULY, by=system_user())
        with pytest.raises(services.EstimateWithoutHistory, match="a person must give the use"):
            services.resolve_exception(exception=missing, resolution="ESTIMATED", note="", by=system_user())
        missing.refresh_from_db()
        assert missing.resolved_at is None


class TestInstallations:
    def test_a_meter_is_in_one_place(self, db):
        first, second = make_served("Ana Ortiz"), make_served("Bo Lind", house_number="120")
        installation = make_installation(first.service_point)
        sql = "INSERT INTO metering_installation (meter_id, service_point_id, from_date) VALUES (%s, %s, '2025-05-01')"
        params = [installation.meter_id, second.service_point.pk]
        assert refused_by_database(sql, params) == "metering_installation_one_place"

    def test_a_meter_that_hangs_elsewhere_is_refused(self, db):
        first, second = make_served("Ana Ortiz"), make_served("Bo Lind", house_number="120")
        installation = make_installation(first.service_point)
        with pytest.raises(Exception, match="installed and cannot become installed"):
            make_installation(second.service_point, meter=installation.meter)
        assert second.service_point.installations.count() == 0

    def test_a_service_point_with_a_meter_takes_a_second_only_when_it_is_said(self, db):
        served = make_served()
        make_installation(served.service_point)
        from tests.factories.metering import make_meter

        with pytest.raises(services.InstallationRefused, match="Exchange it"):
            make_installation(served.service_point, meter=make_meter("N5-2"))
        deduct = services.install_meter(
            meter=make_meter("N5-3"),
            service_point=served.service_point,
            on_date=OPENED,
            dials="0000",
            by=system_user(),
            is_additional=True,
        )
        assert deduct.pk

    def test_proofs_hold_and_see_what_is_wrong(self, db):
        household = cast.ortiz()
        for prove in (
            proofs.status_matches_place,
            proofs.one_reading_a_moment,
            proofs.readings_fit,
            proofs.exceptions_complete,
            proofs.search_entries,
        ):
            assert prove().examples == ()
        household.installation.meter.__class__.objects.update(status="RETIRED")
        assert proofs.status_matches_place().count == 1

    def test_a_second_live_reading_at_a_moment_is_seen(self, register):
        reading = make_reading(register, JULY, "0173").reading
        reading.pk = None
        reading.save(force_insert=True)
        assert proofs.one_reading_a_moment().count == 1


class TestConsumption:
    def test_goes_over_a_rollover_with_the_multiplier(self, db):
        from tests.factories.metering import make_meter

        served = make_served()
        meter = make_meter(dial_count=4, multiplier=Decimal(10))
        register = register_of(make_installation(served.service_point, meter=meter, dials="9990"))
        make_reading(register, dt.date(2025, 2, 1), "0015")
        used = queries.consumption(served.service_point, from_date=OPENED, to_date=dt.date(2025, 2, 1))
        assert (used.quantity, used.unit, used.parts[0].rolled_over) == (250, "CCF", True)

    def test_adds_the_old_and_the_new_meter_of_an_exchange(self, db):
        from tests.factories.metering import make_meter

        served = make_served()
        old = make_installation(served.service_point, dials="0100")
        services.exchange_meter(
            installation=old,
            new_meter=make_meter("N6-1"),
            on_date=dt.date(2025, 1, 16),
            old_dials="0107",
            new_dials="0000",
            by=system_user(),
        )
        new = register_of(served.service_point.installations.get(to_date__isnull=True))
        make_reading(new, dt.date(2025, 2, 1), "0005")
        used = queries.consumption(served.service_point, from_date=OPENED, to_date=dt.date(2025, 2, 1))
        assert [part.quantity for part in used.parts] == [7, 5]
        assert used.quantity == 12
        old.meter.refresh_from_db()
        assert old.meter.status == "IN_STOCK"

    def test_deducts_and_shares(self, db):
        from tests.factories.metering import make_meter

        household = cast.nguyen()
        garden = register_of(
            services.install_meter(
                meter=make_meter("G-1"),
                service_point=household.water,
                on_date=OPENED,
                dials="0000",
                by=system_user(),
                is_additional=True,
            )
        )
        services.add_usage_source(
            service_point=household.sewer,
            register=garden,
            from_date=OPENED,
            sign=-1,
            share=Decimal("0.5"),
            by=system_user(),
        )
        february = dt.date(2025, 2, 1)
        make_reading(household.register, february, "0120")
        make_reading(garden, february, "0008")
        used = queries.consumption(household.sewer, from_date=OPENED, to_date=february)
        assert used.quantity == 20 - 4

    def test_names_the_meter_without_a_reading(self, db):
        household = cast.nguyen()
        with pytest.raises(queries.BoundaryReadingMissing, match="N5-100043 has no reading between"):
            queries.consumption(household.water, from_date=OPENED, to_date=dt.date(2025, 2, 1))

    def test_leaves_superseded_readings_out(self, register):
        point = register.usage_sources.get().service_point
        wrong = make_reading(register, JULY, "0250").reading
        services.supersede_reading(reading=wrong, dials="0173", by=system_user())
        used = queries.consumption(point, from_date=dt.date(2025, 6, 1), to_date=JULY)
        assert used.quantity == 13

    def test_asks_the_database_twice_however_long_the_history(self, register, django_assert_num_queries):
        point = register.usage_sources.get().service_point
        with django_assert_num_queries(2):
            queries.consumption(point, from_date=OPENED, to_date=dt.date(2025, 6, 1))


class TestHistory:
    def test_gives_the_months_with_last_year_beside_them(self, db):
        household = cast.ortiz()
        make_reading(household.register, dt.date(2026, 2, 1), "0214", validate=False)
        months = queries.usage_months(household.water, as_of=dt.date(2026, 2, 28), months=14)
        assert [month.month for month in months][:2] == [dt.date(2025, 1, 1), dt.date(2025, 2, 1)]
        used = [month.quantity for month in months]
        assert used == [6, 7, 6, 8, 9, 14, 15, 14, 9, 7, 6, 6, 7, None]
        assert [month.prior for month in months][-2:] == [6, 7]

    def test_lists_readings_newest_first_with_their_use(self, db):
        household = cast.ortiz()
        rows = queries.readings_history(household.water)
        assert (rows[0].reading.read_date, rows[0].quantity, rows[0].days) == (dt.date(2026, 1, 1), 6, 31)
        assert rows[-1].quantity is None or rows[-1].previous is not None

    def test_is_empty_without_a_meter(self, db):
        assert queries.readings_history(make_served().service_point) == []


class TestMoments:
    def test_a_reading_belongs_to_the_offices_day(self, register):
        late = noon(JULY).replace(hour=23, minute=30)
        recorded = services.record_reading(
            register=register, read_at=late, dials="0173", kind="ACTUAL", source="PHONE", by=system_user()
        )
        assert recorded.reading.read_date == JULY
