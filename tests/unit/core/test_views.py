"""Refusals and error pages: what, why, next; a part for htmx, a page for a browser."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest
from django.test import RequestFactory

from core import views


@pytest.fixture(autouse=True)
def no_routes(settings: Any) -> None:
    """The frame must stand by itself: whether another app's pages load is that app's test."""
    settings.ROOT_URLCONF = ()


HTMX = {"HTTP_HX_REQUEST": "true"}


def asked(path: str = "/till/", **headers: str) -> HttpRequest:
    request = RequestFactory().get(path, **headers)
    request.user = AnonymousUser()
    return request


class TillInClosing(Exception):
    """Stands for any refusal of the domain."""


class TestIsPartial:
    @pytest.mark.parametrize(
        ("headers", "partial"),
        [
            ({}, False),
            (HTMX, True),
            ({**HTMX, "HTTP_HX_BOOSTED": "true"}, False),
            ({**HTMX, "HTTP_HX_HISTORY_RESTORE_REQUEST": "true"}, False),
        ],
    )
    def test_knows_a_part_from_a_page(self, headers: dict[str, str], *, partial: bool) -> None:
        assert views.is_partial(asked(**headers)) is partial


class TestRefused:
    REASON = TillInClosing("Not posted. The till is in closing. Open another till or ask Ana.")

    def test_answers_htmx_with_the_words_alone(self) -> None:
        answer = views.refused(asked(**HTMX), self.REASON)
        body = answer.content.decode()
        assert answer.status_code == 422
        assert str(self.REASON) in body
        assert "<html" not in body

    def test_answers_a_browser_with_a_page(self) -> None:
        answer = views.refused(asked(), self.REASON)
        body = answer.content.decode()
        assert answer.status_code == 422
        assert str(self.REASON) in body
        assert "<html" in body

    def test_escapes_what_somebody_typed(self) -> None:
        answer = views.refused(asked(**HTMX), TillInClosing("<script>"))
        assert b"<script>" not in answer.content


class TestErrorPages:
    def test_403_says_what_is_missing(self) -> None:
        answer = views.forbidden(asked(), PermissionError("Your role does not include “void receipt”."))
        assert answer.status_code == 403
        assert "void receipt" in answer.content.decode()

    def test_404_keeps_the_names_of_models_to_itself(self) -> None:
        answer = views.not_found(asked("/account/9/"), Http404("No Account matches the given query."))
        body = answer.content.decode()
        assert answer.status_code == 404
        assert "given query" not in body
        assert "/account/9/" in body

    def test_404_shows_a_sentence_that_a_page_wrote(self) -> None:
        answer = views.not_found(asked(), Http404("There is no account 99999-99."))
        assert "There is no account 99999-99." in answer.content.decode()

    def test_500_needs_neither_person_nor_session(self) -> None:
        answer = views.server_error(RequestFactory().get("/"))
        assert answer.status_code == 500
        assert "Go home" in answer.content.decode()

    def test_a_stale_form_is_told_what_to_do(self) -> None:
        answer = views.csrf_failed(asked(), "CSRF token incorrect.")
        body = answer.content.decode()
        assert answer.status_code == 403
        assert "Open the page again" in body
        assert "CSRF token incorrect" not in body


class TestOfficeListView:
    def test_stays_closed_until_it_names_a_permission(self) -> None:
        class Nameless(views.OfficeListView):
            pass

        with pytest.raises(Exception, match="names no required_verb"):
            Nameless.as_view()(asked())

    def test_refuses_a_person_without_the_permission(self) -> None:
        class Closed(views.OfficeListView):
            required_verb = "view_accounts"

        request = asked()
        request.user = self.person(can=False)
        with pytest.raises(Exception, match="does not include “view accounts”"):
            Closed.as_view()(request)

    def test_wants_an_order_in_which_no_two_rows_tie(self) -> None:
        class Untotal(views.OfficeListView):
            required_verb = "view_accounts"
            ordering = ("name",)

        request = asked()
        request.user = self.person(can=True)
        with pytest.raises(Exception, match="ends in 'pk'"):
            Untotal.as_view()(request)

    @staticmethod
    def person(*, can: bool) -> Any:
        class Person:
            is_authenticated = True

            def can(self, verb: str) -> bool:
                return can

        return Person()
