"""The house's rules that a program can check: no clock below the interface, no signals, names, lengths."""

import ast
import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import signals as model_signals

ROOT = Path(__file__).resolve().parents[2]
APPS = sorted(path.parent.name for path in ROOT.glob("*/apps.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "managers", "lib"}
# Where people and machines come in, and the one module that they ask for the time.
INTERFACES = {"views", "api", "tasks", "admin", "management", "approvals"}
CLOCKS = {ROOT / "core" / "clock.py", ROOT / "core" / "context_processors.py"}
# What tells the time: a call of the name, and for the last two a call without a moment given.
TELLS_TIME = {
    ("timezone", "now"), ("date", "today"), ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"),
    ("clock", "now"), ("clock", "today"), ("time", "time"),
}  # fmt: skip
TELLS_TIME_BY_ITSELF = {("timezone", "localdate"), ("timezone", "localtime")}


def modules() -> Iterator[Path]:
    """Every module of ours that ships, migrations apart: those are history."""
    for name in [*APPS, "scripts"]:
        for path in sorted((ROOT / name).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def is_below_the_interface(path: Path) -> bool:
    parts = {Path(part).stem.split("_")[-1] for part in path.relative_to(ROOT).parts[1:]}
    in_an_app = path.relative_to(ROOT).parts[0] in set(APPS) - {"billing_office"}
    return in_an_app and path not in CLOCKS and not parts & INTERFACES


def clocks_in(tree: ast.Module) -> list[int]:
    """The lines that ask what time it is."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = {(str(node.module).split(".")[-1], alias.name) for alias in node.names}
            if names & (TELLS_TIME | TELLS_TIME_BY_ITSELF) - {("datetime", "now")}:
                found.append(node.lineno)
        elif isinstance(node, ast.Attribute):
            said = (getattr(node.value, "attr", getattr(node.value, "id", "")), node.attr)
            if said in TELLS_TIME:
                found.append(node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            said = (getattr(node.func.value, "id", ""), node.func.attr)
            if said in TELLS_TIME_BY_ITSELF and not node.args and not node.keywords:
                found.append(node.lineno)
    return sorted(found)


def signals_in(tree: ast.Module) -> list[int]:
    """The lines that import or connect signals."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            told = {f"{getattr(node, 'module', '') or ''}.{alias.name}" for alias in node.names}
            if any("signal" in each and not each.startswith(".signal") for each in told) or any(
                "django.dispatch" in each for each in told
            ):
                found.append(node.lineno)
    return found


def long_functions(tree: ast.Module) -> dict[str, int]:
    """The functions that do not fit a screen, with their lines; what a docstring tells callers does not count."""
    return {
        node.name: lines
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := length(node) - docstring_length(node)) > LONGEST_FUNCTION
    }


def length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def docstring_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return length(node.body[0]) if ast.get_docstring(node) is not None else 0


def held(receiver: object) -> object:
    """The function itself, where the signal holds it weakly."""
    return receiver() if isinstance(receiver, weakref.ReferenceType) else receiver


class TestOurModels:
    OURS = [model for model in apps.get_models() if model._meta.app_label in APPS]

    def test_have_no_order_of_their_own(self) -> None:
        assert len(self.OURS) > 50
        assert [model._meta.label for model in self.OURS if model._meta.ordering] == []

    def test_save_and_delete_as_django_does(self) -> None:
        assert [m._meta.label for m in self.OURS if {"save", "delete"} & m.__dict__.keys()] == []

    def test_hear_no_signals_of_ours(self) -> None:
        heard = [
            receiver
            for signal in (model_signals.pre_save, model_signals.post_save, model_signals.post_delete)
            for _, receiver, *_ in signal.receivers
            if getattr(held(receiver), "__module__", "").split(".")[0] in APPS
        ]
        assert heard == []


class TestTheRulesThemselves:
    """A rule that finds nothing anywhere proves nothing."""

    @pytest.mark.parametrize(
        "code",
        [
            "timezone.now()",
            "timezone.localdate()",
            "dt.date.today()",
            "datetime.now(tz)",
            "dt.datetime.now(dt.UTC)",
            "from django.utils.timezone import now",
            "clock.today()",
            "call(default=timezone.now)",
        ],
    )
    def test_hear_a_clock(self, code: str) -> None:
        assert clocks_in(ast.parse(code)) == [1]

    @pytest.mark.parametrize(
        "code",
        ["timezone.localdate(read_at)", "Now()", "run.today", "import datetime as dt", "time.monotonic()"],
    )
    def test_let_a_given_moment_pass(self, code: str) -> None:
        assert clocks_in(ast.parse(code)) == []

    @pytest.mark.parametrize(
        "code",
        [
            "from django.db.models.signals import post_save",
            "from django.db.models import signals",
            "from django.dispatch import receiver",
            "import django.dispatch",
        ],
    )
    def test_see_a_signal(self, code: str) -> None:
        assert signals_in(ast.parse(code)) == [1]

    def test_leave_the_system_s_signals_alone(self) -> None:
        assert signals_in(ast.parse("import signal")) == []

    def test_measure_a_function(self) -> None:
        body = textwrap.indent("pass\n" * LONGEST_FUNCTION, "    ")
        assert long_functions(ast.parse(f"def f():\n{body}")) == {"f": LONGEST_FUNCTION + 1}
        assert long_functions(ast.parse(f"def f():\n{body[:-9]}")) == {}
        assert long_functions(ast.parse(f'def f():\n    """Said\n    at length."""\n{body[:-9]}')) == {}

    def test_know_the_interface(self) -> None:
        for name in (
            "payments/views/counter.py",
            "desk/office_views.py",
            "desk/management/commands/demo.py",
            "core/clock.py",
        ):
            assert not is_below_the_interface(ROOT / name), name
        for name in (
            "payments/services/voids.py",
            "ledger/aging.py",
            "desk/home.py",
            "billing/queries/console.py",
        ):
            assert is_below_the_interface(ROOT / name), name
