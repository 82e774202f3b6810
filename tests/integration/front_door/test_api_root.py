"""The way in to the programming interface."""

import pytest
from django.test import Client

from tests import cast


@pytest.mark.django_db
class TestApiRoot:
    def test_names_collections_that_answer(self, client: Client) -> None:
        people = cast.people()
        client.force_login(people.ada)
        found = client.get("/api/v1/").json()
        assert {"accounts", "payments", "orders", "schema"} <= found.keys()
        for name in ("accounts", "payments", "orders"):
            assert client.get(found[name]).status_code == 200

    def test_is_closed_to_strangers(self, client: Client) -> None:
        assert client.get("/api/v1/").status_code == 403
