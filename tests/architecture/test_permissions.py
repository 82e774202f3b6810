"""Who may open what: every address asks for a verb, every verb is in a role, and a table says the answers.

Also what the database was told of the models: their steps and their money.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from core.fields import AmountField, RateField
from core.guards import state_column, triggers_of
from core.permissions import all_verbs
from core.states import reachable, states, trigger_arguments
from desk import roles
from tests import cast

# Addresses that ask for no verb, each with the reason. Everything else must.
OPEN_TO_STRANGERS = {
    "livez": "a supervisor asks whether the process lives",
    "readyz": "a supervisor asks whether it can serve",
    "login": "nobody is logged in yet",
}
OPEN_TO_ALL_STAFF = {
    "logout": "whoever is in may go",
    "desk:home": "shows each person what their verbs allow",
    "desk:search": "finds for each person what their verbs allow",
    "api-root": "names the collections, holds no data",
    "api-schema": "describes the interface, holds no data",
    "api-docs": "shows that description",
}
# Django's own, for staff with the administrator's role.
NOT_OURS = ("admin/",)


@dataclass(frozen=True)
class Address:
    """An address of ours with the name of its view and the verb it declares."""

    route: str
    name: str
    verb: str
    is_guarded_api: bool


def addresses(patterns: list[Any] | None = None, prefix: str = "", space: str = "") -> Iterator[Address]:
    """Every address of the project, walked from the root."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(NOT_OURS):
            continue
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield described(pattern, route, space)


def described(pattern: URLPattern, route: str, space: str) -> Address:
    view = pattern.callback
    verb = getattr(view, "office_verb", "") or getattr(getattr(view, "view_class", None), "required_verb", "")
    classes = getattr(getattr(view, "cls", None), "permission_classes", ())
    own = [each for each in classes if not each.__module__.startswith("rest_framework.")]
    return Address(route=route, name=f"{space}{pattern.name}", verb=verb, is_guarded_api=bool(own))


ADDRESSES = list(addresses())


class TestAddresses:
    def test_there_are_some(self) -> None:
        assert len(ADDRESSES) > 40

    @pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.route or "home")
    def test_asks_for_a_verb_or_is_listed_with_its_reason(self, address: Address) -> None:
        listed = address.name in OPEN_TO_STRANGERS or address.name in OPEN_TO_ALL_STAFF
        assert listed != bool(address.verb or address.is_guarded_api), f"{address.route} ({address.name})"

    @pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.route or "home")
    def test_asks_for_a_verb_that_there_is(self, address: Address) -> None:
        assert not address.verb or address.verb in all_verbs()

    def test_lists_name_no_address_that_is_gone(self) -> None:
        assert (OPEN_TO_STRANGERS.keys() | OPEN_TO_ALL_STAFF.keys()) <= {
            address.name for address in ADDRESSES
        }

    @pytest.mark.django_db
    def test_strangers_are_shown_the_door(self) -> None:
        for address in ADDRESSES:
            if address.name in OPEN_TO_STRANGERS:
                continue
            path = "/" + re.sub(r"<\w+:\w+>|\(\?P<\w+>[^)]*\)", "1", address.route).replace("^", "").replace(
                "$", ""
            )
            answer = Client().get(path)
            if address.route.startswith("api/"):
                assert answer.status_code in (302, 401, 403), path
            elif answer.status_code != 405:
                assert answer.status_code == 302, path
                assert answer["Location"].startswith("/login/"), path


class TestVerbs:
    def test_every_verb_is_in_some_role(self) -> None:
        held = frozenset().union(*(role.verbs for role in roles.ROLES))
        assert all_verbs().keys() - held == set()

    def test_every_role_has_verbs_that_there_are(self) -> None:
        for role in roles.ROLES:
            assert role.verbs - all_verbs().keys() == set(), role.name

    def test_no_role_holds_what_must_stay_apart(self) -> None:
        for role in roles.ROLES:
            for first, second in roles.APART:
                assert not {first, second} <= role.verbs, (role.name, first, second)

    def test_duties_that_stay_apart_are_verbs(self) -> None:
        assert {verb for pair in roles.APART for verb in pair} <= all_verbs().keys()

    def test_the_auditor_holds_no_verb_that_changes_anything(self) -> None:
        assert roles.AUDITOR.verbs - {"run_proofs", "export_reports"} == {
            verb for verb in roles.AUDITOR.verbs if verb.startswith("view_")
        }


# Who may open which page: C clerk, B biller, S supervisor, J crew, I auditor, M administrator.
PAGES = {
    "desk:home": "CBSJIM",
    "desk:search": "CBSJIM",
    "desk:approvals": "SIM",
    "desk:reviews": "SIM",
    "desk:audit": "SIM",
    "desk:policy": "CBSIM",
    "desk:prove": "BSIM",
    "desk:account": "CBSIM",
    "desk:open-account": "CB",
    "desk:stop-service": "CBS",
    "accounts:list": "CBSIM",
    "serviceorders:list": "CBSJI",
    "serviceorders:request": "CBS",
    "reports:index": "CBSI",
    "reports:aging": "CBSI",
    "payments:counter": "C",
    "payments:receipt-list": "CBSI",
    "billing:run-list": "CBSI",
    "metering:exceptions": "BS",
}
PEOPLE = {"C": "ada", "B": "cora", "S": "ben", "J": "joe", "I": "ivy", "M": "max"}
OF_AN_ACCOUNT = {"desk:account", "desk:stop-service", "serviceorders:request"}


@pytest.mark.django_db
class TestMatrix:
    @pytest.mark.parametrize("letter", PEOPLE)
    def test_opens_to_each_role_what_the_table_says(self, letter: str) -> None:
        people = cast.people()
        account = cast.nguyen().account
        client = Client()
        client.force_login(getattr(people, PEOPLE[letter]))
        wrong = []
        for page, allowed in PAGES.items():
            answer = client.get(reverse(page, args=[account.number] if page in OF_AN_ACCOUNT else []))
            expected = 200 if letter in allowed else 403
            if answer.status_code != expected:
                wrong.append(f"{page}: {answer.status_code}, not {expected}")
        assert not wrong, "\n".join(wrong)


def ours() -> list[type[models.Model]]:
    labels = {
        "core",
        "accounts",
        "metering",
        "ledger",
        "billing",
        "payments",
        "collections_app",
        "serviceorders",
    }
    return [model for model in apps.get_models() if model._meta.app_label in labels and model._meta.managed]


MACHINES = [model for model in ours() if hasattr(model, "TRANSITIONS")]


class TestStates:
    def test_there_are_machines(self) -> None:
        assert len(MACHINES) >= 8

    @pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
    def test_every_state_is_reached_from_the_first(self, model: Any) -> None:
        first = str(model._meta.get_field(state_column(model)).default)
        assert reachable(model.TRANSITIONS, first) == states(model.TRANSITIONS)

    @pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
    def test_the_table_and_the_choices_name_the_same_states(self, model: Any) -> None:
        choices = {value for value, _ in model._meta.get_field(state_column(model)).choices}
        assert states(model.TRANSITIONS) == choices

    @pytest.mark.django_db
    @pytest.mark.parametrize("model", MACHINES, ids=lambda model: model.__name__)
    def test_the_database_knows_the_same_steps(self, model: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT encode(tgargs, 'escape') FROM pg_trigger WHERE tgname = 'guard_transitions'"
                " AND tgrelid = %s::regclass",
                [model._meta.db_table],
            )
            row = cursor.fetchone()
        assert row is not None, f"{model.__name__} has no guard of its steps"
        column, *steps = row[0].split("\\000")[:-1]
        assert column == state_column(model)
        assert steps == trigger_arguments(model.TRANSITIONS)

    @pytest.mark.django_db
    @pytest.mark.parametrize("model", [m for m in ours() if triggers_of(m)], ids=lambda model: model.__name__)
    def test_every_guard_that_a_model_declares_is_there(self, model: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [model._meta.db_table],
            )
            there = {row[0] for row in cursor.fetchall()}
        assert triggers_of(model).keys() - there == set()


# Quantities that are neither money nor prices: what a register showed, what was used, how long a proof took.
QUANTITIES = {"Reading.value", "BillSegment.quantity", "ProofRun.seconds"}


class TestMoney:
    @pytest.mark.parametrize("model", ours(), ids=lambda model: model.__name__)
    def test_is_an_amount_or_a_rate_and_never_a_float(self, model: Any) -> None:
        for field in model._meta.concrete_fields:
            assert not isinstance(field, models.FloatField), f"{model.__name__}.{field.name}"
            if isinstance(field, models.DecimalField) and f"{model.__name__}.{field.name}" not in QUANTITIES:
                assert isinstance(field, AmountField | RateField), f"{model.__name__}.{field.name}"

    @pytest.mark.parametrize("model", ours(), ids=lambda model: model.__name__)
    def test_is_called_an_amount(self, model: Any) -> None:
        for field in model._meta.concrete_fields:
            if isinstance(field, AmountField):
                assert field.name.endswith("amount"), f"{model.__name__}.{field.name}"
