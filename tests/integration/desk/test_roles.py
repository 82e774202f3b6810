"""Roles: one table, synced, with duties that stay apart."""

from itertools import combinations
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from core import permissions
from core.models import AuditEvent, User
from core.permissions import PermissionRefused
from core.users import system_user
from desk import roles
from desk import services as desk
from tests.cast import people
from tests.factories.accounts import make_user


def held_by_group():
    return {
        group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
    }


class TestTheTable:
    def test_names_only_verbs_that_exist(self):
        verbs = permissions.all_verbs().keys()
        for role in roles.ROLES:
            assert role.verbs <= verbs, role.name
        assert {verb for pair in roles.APART for verb in pair} <= verbs

    def test_leaves_no_verb_without_a_role(self):
        assert (
            permissions.all_verbs().keys() - frozenset().union(*(role.verbs for role in roles.ROLES)) == set()
        )

    @pytest.mark.parametrize("role", roles.ROLES, ids=lambda role: role.name)
    def test_holds_no_role_with_a_forbidden_pair(self, role):
        desk.check_duties_apart(role.verbs)
        assert role.description.endswith(".")

    def test_gives_the_auditor_nothing_that_changes_the_books(self):
        assert all(
            verb.startswith(("view_", "export_")) or verb == "run_proofs" for verb in roles.AUDITOR.verbs
        )


@pytest.mark.django_db
class TestSyncRoles:
    def test_brings_the_groups_up_to_the_table(self):
        assert desk.sync_roles() == len(roles.ROLES)
        assert held_by_group() == {role.name: set(role.verbs) for role in roles.ROLES}

    def test_is_harmless_to_repeat(self):
        desk.sync_roles()
        before = (held_by_group(), sorted(Permission.objects.values_list("pk", flat=True)))
        call_command("sync_roles", verbosity=0)
        assert (held_by_group(), sorted(Permission.objects.values_list("pk", flat=True))) == before
        assert User.objects.filter(is_system=True).count() == 1

    def test_takes_back_what_the_table_no_longer_says(self):
        desk.sync_roles()
        clerk = Group.objects.get(name="Clerk")
        clerk.permissions.add(Permission.objects.get(codename="approve_void"))
        old = Permission.objects.create(
            codename="an_old_verb", name="x", content_type=clerk.permissions.all()[0].content_type
        )
        desk.sync_roles()
        assert held_by_group()["Clerk"] == set(roles.CLERK.verbs)
        assert not Permission.objects.filter(pk=old.pk).exists()


@pytest.mark.django_db
class TestGiveRole:
    def test_gives_the_verbs_and_writes_it_down(self):
        staff = people()
        eve = make_user("eve")
        desk.give_role(user=eve, role=roles.CREW, by=staff.max)
        assert User.objects.get(pk=eve.pk).can("complete_orders")
        event = AuditEvent.objects.get(code="desk.role.given", key="eve")
        assert (event.actor, event.summary) == (staff.max, "eve is now Field crew")

    def test_refuses_who_may_not(self):
        staff = people()
        with pytest.raises(PermissionRefused):
            desk.give_role(user=staff.joe, role=roles.CLERK, by=staff.ben)
        assert not User.objects.get(pk=staff.joe.pk).can("take_payment")

    @pytest.mark.parametrize(
        ("first", "second"), list(combinations(roles.ROLES, 2)), ids=lambda role: role.name.replace(" ", "-")
    )
    def test_refuses_just_the_roles_that_make_a_forbidden_pair(self, first, second):
        desk.sync_roles()
        eve, by = make_user("eve"), system_user()
        together = first.verbs | second.verbs
        forbidden = any(one in together and other in together for one, other in roles.APART)
        desk.give_role(user=eve, role=first, by=by)
        if forbidden:
            with pytest.raises(desk.DutiesNotApart, match=r"One person may not hold both: .+; .+"):
                desk.give_role(user=eve, role=second, by=by)
        else:
            desk.give_role(user=eve, role=second, by=by)
        assert eve.groups.count() == (1 if forbidden else 2)

    def test_counts_what_a_person_holds_in_their_own_right(self):
        desk.sync_roles()
        eve = make_user("eve", "approve_void")
        with pytest.raises(desk.DutiesNotApart):
            desk.give_role(user=eve, role=roles.CLERK, by=system_user())
        assert not eve.groups.exists()


@pytest.mark.django_db
class TestDemoPeople:
    @pytest.fixture
    def file(self, settings, tmp_path) -> Path:
        settings.OFFICE_VAR = str(tmp_path / "var")
        return desk.make_demo_people()

    def test_log_in_with_the_password_in_the_file(self, file: Path):
        password = file.read_text().strip()
        assert len(password) >= 15
        assert file.stat().st_mode & 0o077 == 0
        for username, name, initials, role in roles.DEMO_PEOPLE:
            assert Client().login(username=username, password=password), username
            user = User.objects.get(username=username)
            assert (user.display_name, user.initials) == (name, initials)
            assert [group.name for group in user.groups.all()] == [role.name]

    def test_stay_as_they_are_when_made_again(self, file: Path):
        before = file.read_text()
        people_before = list(User.objects.order_by("pk").values("pk", "username", "password"))
        assert desk.make_demo_people() == file
        assert file.read_text() == before
        assert list(User.objects.order_by("pk").values("pk", "username", "password")) == people_before

    def test_get_the_new_password_when_the_file_was_lost(self, file: Path):
        file.unlink()
        password = desk.make_demo_people().read_text().strip()
        assert all(Client().login(username=each[0], password=password) for each in roles.DEMO_PEOPLE)
