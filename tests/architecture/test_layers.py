"""The floors, where the import contract cannot see: keys written as text, and forgotten packages."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Field, Model

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# From the top: each floor with the packages on it.
FLOORS = [
    {package.strip() for package in floor.split("|")}
    for contract in CONTRACTS
    if contract["id"] == "floors"
    for floor in contract["layers"]
]
HEIGHT = {package: -depth for depth, floor in enumerate(FLOORS) for package in floor}
# Packages beside the floors: they run around the project.
BESIDE = {"tests", "scripts", "bench"}


def reaches_upward(source: str, target: str) -> bool:
    """Say whether a model of `source` may not point at one of `target`: upward, or at a neighbour."""
    if source == target or target not in HEIGHT:
        return False
    return HEIGHT[target] >= HEIGHT[source]


def our_models() -> Iterator[type[Model]]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in HEIGHT:
            yield model


def relations() -> Iterator[tuple[type[Model], Field]]:
    for model in our_models():
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
            if field.is_relation and field.related_model is not None:
                yield model, field


class TestFloors:
    def test_every_package_is_placed(self) -> None:
        packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
        assert packages - BESIDE == set(HEIGHT)

    def test_every_app_of_ours_is_installed(self) -> None:
        installed = {config.name for config in apps.get_app_configs()}
        assert set(HEIGHT) <= installed

    def test_no_foreign_key_points_upward(self) -> None:
        wrong = [
            f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
            for model, field in relations()
            if reaches_upward(model._meta.app_label, field.related_model._meta.app_label)
        ]
        assert wrong == []

    def test_there_are_foreign_keys_to_look_at(self) -> None:
        assert len(list(relations())) > 50

    @pytest.mark.parametrize(
        ("source", "target", "expected"),
        [
            ("ledger", "accounts", False),
            ("ledger", "billing", True),
            ("billing", "payments", True),
            ("payments", "billing", True),
            ("ledger", "ledger", False),
            ("core", "auth", False),
            ("core", "desk", True),
            ("accounts", "core", False),
        ],
    )
    def test_the_rule_itself(self, source: str, target: str, expected: bool) -> None:
        assert reaches_upward(source, target) is expected

    def test_wiring_and_desk_have_no_models(self) -> None:
        assert [
            model._meta.label for model in our_models() if model._meta.app_label in {"billing_office", "desk"}
        ] == []
