"""What the city decides: typed parameters declared by apps, dated and cited values kept as rows."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from django.apps import apps
from django.db import transaction
from django.db.models import Q

from core import audit, permissions
from core.db import raising
from core.models import PolicyValue, User

Kind = Literal["decimal", "integer", "boolean", "text", "list"]
GovernedBy = Literal[
    "act date", "service date", "read date", "bill date", "notice date", "signing date", "each day"
]
_KINDS: dict[Kind, str] = {
    "decimal": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
    "text": "a text",
    "list": "a list of texts",
}
Value = Decimal | int | bool | str | list[str]


@dataclass(frozen=True)
class Parameter:
    """One thing a city decides: its type and unit, its default, what it governs and which date picks the value."""

    name: str
    kind: Kind
    default: Value
    unit: str
    governs: str
    governed_by: GovernedBy
    citation: str = ""


class UnknownParameter(KeyError):
    """No app declares a parameter of that name."""


class PolicyValueRefused(ValueError):
    """The value does not fit the parameter, or its dates overlap another value's."""


@functools.cache
def parameters() -> dict[str, Parameter]:
    """Every declared parameter by name."""
    found: dict[str, Parameter] = {}
    for config in apps.get_app_configs():
        # Core's own parameters stand beside this module, which has the name that other apps give theirs.
        name = f"{config.name}.policy" if config.name != "core" else "core.policy_parameters"
        if config.name.split(".")[0] in {"django", "rest_framework"} or find_spec(name) is None:
            continue
        for parameter in import_module(name).PARAMETERS:
            if parameter.name in found:
                raise ValueError(f"The policy parameter {parameter.name} is declared twice.")
            found[parameter.name] = parameter
    return found


def value(
    name: str,
    *,
    on_date: dt.date,
    account_number: str = "",
    customer_class: str = "",
    service: str = "",
) -> Value:
    """The value that holds on ``on_date``: the account's own, else its class's, its service's, the city's, the default.

    Raises ``UnknownParameter`` for a name that no app declares.
    """
    parameter = parameters().get(name)
    if parameter is None:
        raise UnknownParameter(name)
    scopes = {
        PolicyValue.Scope.ACCOUNT: account_number,
        PolicyValue.Scope.CLASS: customer_class,
        PolicyValue.Scope.SERVICE: service,
    }
    wanted = Q(scope=PolicyValue.Scope.CITY)
    for scope, key in scopes.items():
        if key:
            wanted |= Q(scope=scope, scope_key=key)
    rows = PolicyValue.objects.filter(wanted, parameter=name, from_date__lte=on_date).filter(
        Q(to_date__isnull=True) | Q(to_date__gt=on_date)
    )
    by_scope = {row.scope: row for row in rows.order_by("pk")}
    for name_of_scope in ("ACCOUNT", "CLASS", "SERVICE", "CITY"):
        if name_of_scope in by_scope:
            return typed(parameter, by_scope[name_of_scope].value)
    return parameter.default


@dataclass(frozen=True)
class Standing:
    """What holds for the city as a whole: a parameter, its value, and the row that says so (None: the default)."""

    parameter: Parameter
    value: Value
    row: PolicyValue | None


def standing(*, on_date: dt.date) -> list[Standing]:
    """Every parameter with the city's value on ``on_date``, by name; one query for all."""
    in_force = PolicyValue.objects.filter(scope=PolicyValue.Scope.CITY, from_date__lte=on_date).filter(
        Q(to_date__isnull=True) | Q(to_date__gt=on_date)
    )
    rows = {row.parameter: row for row in in_force.order_by("pk")}
    return [
        Standing(
            parameter,
            typed(parameter, rows[name].value) if name in rows else parameter.default,
            rows.get(name),
        )
        for name, parameter in sorted(parameters().items())
    ]


def rows_of(name: str) -> list[PolicyValue]:
    """Every value that was entered for a parameter, by scope, the newest date first, with who entered it."""
    rows = PolicyValue.objects.filter(parameter=name).select_related("entered_by")
    return list(rows.order_by("scope", "scope_key", "-from_date", "-pk"))


def in_words(value: Any) -> str:
    """A value as people read it: yes and no, a list in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(each) for each in value)
    return str(value)


def typed(parameter: Parameter, raw: Any) -> Value:
    """``raw`` as the parameter's type. Raises ``PolicyValueRefused`` when it is not one."""
    refusal = PolicyValueRefused(f"{parameter.name} takes {_KINDS[parameter.kind]}, not “{raw}”.")
    if parameter.kind == "boolean":
        if isinstance(raw, bool):
            return raw
        raise refusal
    if parameter.kind == "list":
        if isinstance(raw, list):
            return [str(each) for each in raw]
        raise refusal
    if parameter.kind == "text":
        if isinstance(raw, str):
            return raw
        raise refusal
    if isinstance(raw, bool | float):
        raise refusal
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        raise refusal from None
    if not number.is_finite():
        raise refusal
    if parameter.kind == "integer":
        if number != number.to_integral_value():
            raise refusal
        return int(number)
    return number


def set_value(
    *,
    parameter: str,
    value: Any,
    from_date: dt.date,
    by: User,
    scope: str = "CITY",
    scope_key: str = "",
    ordinance: str = "",
    source: str = "",
    is_placeholder: bool = False,
) -> PolicyValue:
    """Enter a value from a date on; an open value of the same scope ends there.

    Decimals are given as text or as Decimal, never as float. ``scope`` is CITY, or SERVICE, CLASS or ACCOUNT with
    what it is in ``scope_key``. Raises ``PermissionRefused``, ``UnknownParameter`` or ``PolicyValueRefused``.
    """
    permissions.check(by, "manage_policy")
    declared = parameters().get(parameter)
    if declared is None:
        raise UnknownParameter(parameter)
    value = _stored(typed(declared, value))
    if scope not in PolicyValue.Scope.values or (scope == PolicyValue.Scope.CITY) != (not scope_key):
        raise PolicyValueRefused(
            "Say for whom the value is: the city as a whole, or a service, a class or an account by its name."
        )
    same = PolicyValue.objects.filter(parameter=parameter, scope=scope, scope_key=scope_key)
    overlap = PolicyValueRefused(
        f"{parameter} already has a value from {from_date:%Y-%m-%d} or later. Choose a later date."
    )
    with raising({"core_policyvalue_no_overlap": overlap}), transaction.atomic():
        if same.filter(Q(from_date__gte=from_date) | Q(to_date__gt=from_date)).exists():
            raise overlap
        before = same.filter(to_date__isnull=True).order_by("pk").first()
        same.filter(to_date__isnull=True).update(to_date=from_date)
        row = PolicyValue.objects.create(
            parameter=parameter,
            scope=scope,
            scope_key=scope_key,
            value=value,
            from_date=from_date,
            ordinance=ordinance,
            source=source,
            is_placeholder=is_placeholder,
            entered_by=by,
        )
        _record(row, before)
    return row


def _record(row: PolicyValue, before: PolicyValue | None) -> None:
    audit.record(
        code="core.policy.entered",
        by=row.entered_by,
        kind="policy",
        key=row.parameter,
        summary=f"{row.parameter} is {in_words(row.value)} from {row.from_date:%Y-%m-%d}",
        data={
            "scope": row.scope,
            "scope_key": row.scope_key,
            "ordinance": row.ordinance,
            "before": before.value if before else None,
            "after": row.value,
        },
    )


def _stored(value: Value) -> int | bool | str | list[str]:
    """A value as its row keeps it: decimals as text, so that none becomes a float."""
    return str(value) if isinstance(value, Decimal) else value
