"""What the city decided: who it is for, from when, of which type."""

import datetime as dt
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from core import policy
from core.models import AuditEvent, PolicyValue
from core.permissions import PermissionRefused
from core.policy import Parameter, PolicyValueRefused
from core.users import system_user
from tests.factories.accounts import make_user

NAME = "billing.due_days"
FIRST, LATER = dt.date(2026, 1, 1), dt.date(2026, 7, 1)
DAY = dt.timedelta(days=1)


def enter(value, *, from_date=FIRST, parameter=NAME, **facts):
    facts = {"by": system_user(), **facts}
    return policy.set_value(parameter=parameter, value=value, from_date=from_date, **facts)


def due_days(on_date=LATER, **who):
    return policy.value(NAME, on_date=on_date, **who)


@pytest.mark.django_db
class TestValue:
    def test_is_the_default_until_the_city_decides(self):
        assert due_days() == policy.parameters()[NAME].default == 21

    def test_belongs_to_the_narrowest_scope(self):
        who = {"account_number": "1001-2", "customer_class": "INDUSTRIAL", "service": "WATER"}
        enter("22")
        assert due_days(**who) == 22
        enter("23", scope="SERVICE", scope_key="WATER")
        assert due_days(**who) == 23
        enter("24", scope="CLASS", scope_key="INDUSTRIAL")
        assert due_days(**who) == 24
        enter("25", scope="ACCOUNT", scope_key="1001-2")
        assert due_days(**who) == 25
        others = {"account_number": "1002-0", "customer_class": "RESIDENTIAL", "service": "SEWER"}
        assert due_days(**others) == 22
        assert due_days() == 22

    def test_holds_from_its_date_to_the_day_before_the_next(self):
        enter("22", from_date=FIRST)
        enter("23", from_date=LATER)
        assert [due_days(day) for day in (FIRST - DAY, FIRST, LATER - DAY, LATER)] == [21, 22, 22, 23]

    def test_of_an_unknown_parameter_is_refused(self):
        with pytest.raises(policy.UnknownParameter):
            policy.value("billing.nothing", on_date=FIRST)

    def test_stands_for_all_parameters_in_one_query(self, django_assert_num_queries):
        row = enter("22")
        enter("24", scope="CLASS", scope_key="INDUSTRIAL")
        with django_assert_num_queries(1):
            found = {each.parameter.name: each for each in policy.standing(on_date=LATER)}
        assert set(found) == set(policy.parameters())
        assert (found[NAME].value, found[NAME].row) == (22, row)
        assert found["billing.summer_months"].row is None


def parameter(kind, default=""):
    return Parameter(name="x", kind=kind, default=default, unit="", governs="a test", governed_by="act date")


class TestTyped:
    @pytest.mark.parametrize(
        ("kind", "raw", "expected"),
        [
            ("decimal", "1.50", Decimal("1.50")),
            ("decimal", 2, Decimal(2)),
            ("decimal", Decimal("0.1"), Decimal("0.1")),
            ("integer", "7", 7),
            ("integer", "7.0", 7),
            ("boolean", False, False),
            ("text", "a word", "a word"),
            ("list", ["5", 6], ["5", "6"]),
        ],
    )
    def test_gives_the_parameters_type(self, kind, raw, expected):
        found = policy.typed(parameter(kind), raw)
        assert (found, type(found)) == (expected, type(expected))

    @pytest.mark.parametrize(
        ("kind", "raw"),
        [
            ("decimal", 1.5),
            ("decimal", "much"),
            ("decimal", True),
            ("decimal", "NaN"),
            ("decimal", "Infinity"),
            ("integer", "7.5"),
            ("integer", "Infinity"),
            ("integer", None),
            ("boolean", "yes"),
            ("boolean", 1),
            ("text", None),
            ("text", ["a"]),
            ("list", "5, 6"),
        ],
    )
    def test_refuses_what_is_none(self, kind, raw):
        with pytest.raises(PolicyValueRefused, match=r"^x takes "):
            policy.typed(parameter(kind), raw)

    def test_every_declared_default_is_of_its_type(self):
        for name, declared in policy.parameters().items():
            found = policy.typed(declared, declared.default)
            assert (found, type(found)) == (declared.default, type(declared.default)), name

    def test_core_declares_its_own(self):
        assert {"core.small_office_mode", "core.small_office_limit"} <= policy.parameters().keys()


@pytest.mark.django_db
class TestSetValue:
    def test_keeps_decimals_exact_and_writes_before_and_after(self):
        enter(Decimal("100.10"), parameter="core.small_office_limit")
        enter("200.00", parameter="core.small_office_limit", from_date=LATER, ordinance="Ord. 7")
        assert [row.value for row in PolicyValue.objects.order_by("pk")] == ["100.10", "200.00"]
        assert policy.value("core.small_office_limit", on_date=FIRST) == Decimal("100.10")
        event = AuditEvent.objects.order_by("-pk")[0]
        assert (event.data["before"], event.data["after"], event.data["ordinance"]) == (
            "100.10",
            "200.00",
            "Ord. 7",
        )

    @pytest.mark.parametrize("from_date", [FIRST, FIRST - DAY])
    def test_refuses_a_date_at_or_before_the_last(self, from_date):
        enter("22")
        with pytest.raises(PolicyValueRefused, match="Choose a later date"):
            enter("23", from_date=from_date)
        assert PolicyValue.objects.get().to_date is None

    def test_refuses_a_date_within_a_value_that_has_ended(self):
        enter("22")
        PolicyValue.objects.update(to_date=LATER)
        with pytest.raises(PolicyValueRefused, match="Choose a later date"):
            enter("23", from_date=LATER - DAY)
        assert enter("23", from_date=LATER).value == 23

    def test_refuses_a_value_of_another_type(self):
        with pytest.raises(PolicyValueRefused):
            enter("soon")
        assert not PolicyValue.objects.exists()

    @pytest.mark.parametrize(
        "who",
        [
            {"scope": "CLASS"},
            {"scope_key": "X"},
            {"scope": "STREET", "scope_key": "Elm"},
            {"scope": "ACCOUNT"},
        ],
    )
    def test_refuses_a_scope_that_names_nobody(self, who):
        with pytest.raises(PolicyValueRefused, match="Say for whom"):
            enter("22", **who)

    def test_refuses_an_unknown_parameter(self):
        with pytest.raises(policy.UnknownParameter):
            enter("22", parameter="billing.nothing")

    def test_refuses_who_may_not(self):
        with pytest.raises(PermissionRefused, match="Enter what the city decided"):
            enter("22", by=make_user("ada", "take_payment"))
        assert not PolicyValue.objects.exists()
        enter("22", by=make_user("ben", "manage_policy"))


@pytest.mark.django_db
class TestTheDatabase:
    INSERT = (
        "INSERT INTO core_policyvalue (parameter, scope, scope_key, value, from_date, ordinance, source,"
        " is_placeholder, entered_by_id) VALUES (%s, %s, %s, '22', %s, '', '', false, %s)"
    )

    def run(self, sql, *params):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)

    def test_refuses_an_overlap(self):
        row = enter("22")
        with pytest.raises(IntegrityError, match="core_policyvalue_no_overlap"):
            self.run(self.INSERT, NAME, "CITY", "", LATER, row.entered_by_id)
        self.run(self.INSERT, NAME, "CLASS", "INDUSTRIAL", LATER, row.entered_by_id)

    def test_refuses_a_scope_that_names_nobody(self):
        by = system_user().pk
        for scope, key in (("CLASS", ""), ("CITY", "X"), ("STREET", "Elm")):
            with pytest.raises(IntegrityError, match="core_policyvalue_scope"):
                self.run(self.INSERT, NAME, scope, key, FIRST, by)

    def test_lets_a_value_end_and_nothing_else(self):
        enter("22")
        for act in ("UPDATE core_policyvalue SET value = '99'", "DELETE FROM core_policyvalue"):
            with pytest.raises(ProgrammingError) as refusal:
                self.run(act)
            assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)
        with pytest.raises(IntegrityError, match="core_policyvalue_dates"):
            self.run("UPDATE core_policyvalue SET to_date = from_date")
        self.run("UPDATE core_policyvalue SET to_date = %s", LATER)
