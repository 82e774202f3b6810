"""People, and the system's own user."""

import threading

import pytest
from django.db import connection
from django.test import Client

from core.models import User
from core.users import get_user, system_user
from tests.factories.accounts import make_user


class TestSystemUser:
    def test_is_made_once_and_cannot_log_in(self, db):
        first = system_user()
        assert system_user() == first
        assert (first.username, first.is_system, first.has_usable_password()) == ("schedule", True, False)
        assert not Client().login(username="schedule", password="")
        assert not Client().login(username="schedule", password="!")

    def test_is_one_for_all_who_come_first_at_once(self, committed_db):
        found, gate = [], threading.Barrier(4)

        def ask():
            try:
                gate.wait(10)
                found.append(system_user().pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(found) == 4
        assert set(found) == {User.objects.get(username="schedule").pk}


class TestGetUser:
    def test_gives_the_active_one(self, db):
        ada = make_user("ada")
        assert get_user("ada") == ada
        assert get_user("nobody") is None
        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert get_user("ada") is None


class TestUser:
    def test_goes_by_the_name_people_know(self):
        assert str(User(username="ada", display_name="Ada Reyes")) == "Ada Reyes"
        assert str(User(username="ada")) == "ada"

    @pytest.mark.django_db
    def test_can_what_it_holds(self):
        ada = make_user("ada", "take_payment")
        assert (ada.can("take_payment"), ada.can("approve_void")) == (True, False)
        User.objects.filter(pk=ada.pk).update(is_active=False)
        assert not User.objects.get(pk=ada.pk).can("take_payment")
