"""Verbs: declared once, described, asked for in words."""

import re
from types import ModuleType

import pytest
from django.apps import apps
from django.http import HttpResponse
from django.test import RequestFactory

from core import permissions
from core.permissions import PermissionRefused
from core.users import system_user
from tests.environment import ROOT
from tests.factories.accounts import make_user


class TestVerbs:
    def test_are_all_described(self):
        for verb, description in permissions.all_verbs().items():
            assert re.fullmatch(r"[a-z]+(_[a-z]+)+", verb), verb
            assert description[0].isupper(), verb
            assert len(description) > len(verb) / 2, verb

    def test_that_the_code_asks_for_are_declared(self):
        asked = set()
        calls = re.compile(r'\b(?:requires\(|check\([\w.]+, |can\(|required_verb = )"([a-z_]+)"')
        for config in apps.get_app_configs():
            folder = ROOT / config.name
            if folder.is_dir():
                for path in folder.rglob("*.py"):
                    asked |= set(calls.findall(path.read_text(encoding="utf-8")))
        assert {"take_payment", "approve_runs", "manage_policy"} <= asked
        assert asked - permissions.all_verbs().keys() == set()

    def test_declared_by_two_apps_are_refused(self, monkeypatch):
        twin = ModuleType("twin")
        twin.PERMISSIONS = {"view_audit": "Again"}
        monkeypatch.setattr(permissions, "import_module", lambda name: twin)
        permissions.all_verbs.cache_clear()
        try:
            with pytest.raises(ValueError, match="another app has: view_audit"):
                permissions.all_verbs()
        finally:
            permissions.all_verbs.cache_clear()


@pytest.mark.django_db
class TestCheck:
    def test_passes_who_holds_the_verb(self):
        permissions.check(make_user("ada", "take_payment"), "take_payment")

    def test_refuses_in_words(self):
        with pytest.raises(PermissionRefused) as refusal:
            permissions.check(make_user("ada", name="Ada Reyes"), "run_proofs")
        assert str(refusal.value) == (
            "Ada Reyes may not do this. It needs the right: Run the proof of the books."
        )

    def test_passes_the_schedule(self):
        permissions.check(system_user(), "post_runs")

    def test_refuses_who_left(self):
        ada = make_user("ada", "take_payment")
        ada.is_active = False
        with pytest.raises(PermissionRefused):
            permissions.check(ada, "take_payment")


@pytest.mark.django_db
class TestRequires:
    def test_lets_in_who_may_and_says_which_verb(self):
        @permissions.requires("run_proofs")
        def page(request):
            return HttpResponse("the page")

        request = RequestFactory().get("/")
        request.user = make_user("ivy", "run_proofs")
        assert page(request).content == b"the page"
        assert page.office_verb == "run_proofs"
        request.user = make_user("ada", "take_payment")
        with pytest.raises(PermissionRefused):
            page(request)
