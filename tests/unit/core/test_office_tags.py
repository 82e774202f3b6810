"""The words and marks of the templates: what stands on the page for an amount, a date, a status, a key."""

import datetime as dt
import re
import zoneinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Engine, RequestContext
from django.test import RequestFactory
from django.utils import timezone

from core import statuses
from core.context_processors import office
from core.money import MoneyNotInCents
from core.templatetags import office as tags


@pytest.fixture(autouse=True)
def no_routes(settings: Any) -> None:
    """The frame must stand by itself: whether another app's pages load is that app's test."""
    settings.ROOT_URLCONF = ()


NO_AMOUNT = tags.NO_AMOUNT
ROOT = Path(__file__).resolve().parents[3]


def rendered(source: str, path: str = "/", **context: Any) -> str:
    engine = Engine.get_default()
    request = RequestFactory().get(path)
    return engine.from_string("{% load office %}" + source).render(RequestContext(request, context)).strip()


class TestMoneyFilter:
    @pytest.mark.parametrize(
        ("amount", "words"),
        [
            (Decimal("1234.50"), "1,234.50"),
            (Decimal("-12.00"), "12.00 CR"),
            (Decimal("0.00"), "0.00"),
            (None, NO_AMOUNT),
        ],
    )
    def test_writes_the_customers_sign(self, amount: Decimal | None, words: str) -> None:
        assert tags.money_text(amount) == words

    def test_refuses_part_of_a_cent_rather_than_hiding_it(self) -> None:
        with pytest.raises(MoneyNotInCents):
            tags.money_text(Decimal("1.005"))


class TestMoneyTag:
    def test_marks_a_credit_by_word_as_well_as_by_colour(self) -> None:
        page = rendered("{% money amount %}", amount=Decimal("-12.00"))
        assert "money-credit" in page
        assert re.search(r"12\.00 <abbr[^>]*>CR</abbr>", page)

    def test_is_blurred_by_the_incognito_key(self) -> None:
        assert "data-mask" in rendered("{% money amount %}", amount=Decimal("5.00"))

    def test_reads_out_what_the_amount_is(self) -> None:
        page = rendered('{% money amount size="xl" words="past due" %}', amount=Decimal("5.00"))
        assert "visually-hidden" in page
        assert "past due" in page
        assert "money-xl" in page


class TestAsOf:
    def test_writes_a_date_with_its_weekday(self) -> None:
        assert tags.as_of(dt.date(2026, 12, 15)) == "Tue Dec 15, 2026"

    def test_leaves_the_year_out_when_short(self) -> None:
        assert tags.as_of(dt.date(2026, 12, 15), "short") == "Tue Dec 15"

    def test_writes_an_instant_in_local_time(self) -> None:
        moment = dt.datetime(2026, 12, 15, 3, 42, tzinfo=dt.UTC)
        with timezone.override(zoneinfo.ZoneInfo("America/Los_Angeles")):
            assert tags.as_of(moment) == "Mon Dec 14, 2026 7:42 pm"
            assert tags.as_of(moment, "time") == "7:42 pm"

    @pytest.mark.parametrize(("hour", "words"), [(0, "12:05 am"), (12, "12:05 pm"), (13, "1:05 pm")])
    def test_knows_noon_from_midnight(self, hour: int, words: str) -> None:
        assert tags.as_of(dt.datetime(2026, 1, 2, hour, 5), "time") == words

    def test_shows_a_dash_for_no_date(self) -> None:
        assert tags.as_of(None) == NO_AMOUNT


class TestCount:
    @pytest.mark.parametrize(
        ("number", "words"), [(9214, "9,214"), (Decimal("1234.5"), "1,234.5"), (None, NO_AMOUNT)]
    )
    def test_sets_thousands_apart(self, number: Any, words: str) -> None:
        assert tags.count(number) == words


class TestStatusBadge:
    def test_shows_colour_and_word(self) -> None:
        page = rendered('{% status_badge "SHUT_OFF" %}')
        assert "status-danger" in page
        assert "Shut off" in page

    def test_shows_a_code_it_does_not_know_as_its_words(self) -> None:
        page = rendered('{% status_badge "HALF_MADE" %}')
        assert "status-quiet" in page
        assert "Half made" in page

    def test_lets_the_page_say_it_in_its_own_words(self) -> None:
        page = rendered('{% status_badge "HELD" label="No rate" tone="danger" %}')
        assert "No rate" in page
        assert "status-danger" in page

    def test_knows_every_state_and_status_that_a_model_can_have(self) -> None:
        fields = [field for model in apps.get_models() for field in model._meta.fields]
        codes = {
            str(code)
            for field in fields
            if field.name in {"state", "status"} and field.choices
            for code, _ in field.choices
        }
        assert codes - statuses.listed_codes() == set()

    def test_lists_no_code_twice(self) -> None:
        codes = [code for words in statuses._CODES.values() for code in words.split()]
        assert sorted(codes) == sorted(set(codes))


class TestIcon:
    def test_hides_decoration_from_screen_readers(self) -> None:
        assert 'aria-hidden="true"' in tags.icon("home")

    def test_names_an_icon_that_means_something(self) -> None:
        assert 'aria-label="held"' in tags.icon("home", label="held")

    def test_draws_every_icon_that_templates_and_statuses_name(self) -> None:
        if not tags.icon_names():
            pytest.skip("the front-end libraries are not installed: make setup")
        named = {statuses.look_of(code).icon for code in statuses.listed_codes()}
        for file in (ROOT / "templates").rglob("*.html"):
            text = file.read_text(encoding="utf-8")
            named |= set(re.findall(r'{%\s*icon "([a-z0-9-]+)"', text))
            named |= set(re.findall(r'{%\s*(?:panel|include|status_badge)[^%]*\bicon="([a-z0-9-]+)"', text))
        assert named - tags.icon_names() == set()


class TestQuerystring:
    def test_keeps_the_filters_and_goes_back_to_the_first_page(self) -> None:
        page = rendered("{% querystring_with order='name' %}", "/?q=oak+st&page=4")
        assert page == "?q=oak+st&amp;order=name"

    def test_turns_the_page_and_keeps_the_rest(self) -> None:
        assert rendered("{% querystring_with page=5 %}", "/?q=oak&page=4") == "?q=oak&amp;page=5"

    def test_takes_out_what_is_set_to_nothing(self) -> None:
        assert rendered("{% querystring_with q=None %}", "/?q=oak") == "?"

    def test_escapes_what_came_from_the_address(self) -> None:
        assert "<script" not in rendered("{% querystring_with page=2 %}", "/?q=%3Cscript%3E")


class TestKeys:
    def test_shows_each_stroke_as_a_key(self) -> None:
        hint = tags.keys("g h")
        assert hint.count("<kbd>") == 2
        assert "Ctrl+K" in tags.keys("ctrl+k")


class TestPanel:
    def test_frames_what_stands_inside(self) -> None:
        page = rendered('{% panel title="Use" id="use" %}<p>{{ words }}</p>{% endpanel %}', words="a < b")
        assert "<p>a &lt; b</p>" in page
        assert 'aria-labelledby="use-title"' in page


class TestNavLink:
    def test_leaves_out_a_route_that_is_not_served(self) -> None:
        assert rendered('{% nav_link "nowhere:at-all" "Nowhere" "home" %}') == ""


class TestPermissions:
    class Clerk:
        is_authenticated = True

        def __init__(self) -> None:
            self.asked: list[str] = []

        def can(self, verb: str) -> bool:
            self.asked.append(verb)
            return verb == "take_payment"

    def context(self, user: Any, **cookies: str) -> dict[str, Any]:
        request = RequestFactory().get("/")
        request.COOKIES.update(cookies)
        request.user = user
        return office(request)

    def test_asks_the_person_once_for_each_verb_used(self) -> None:
        clerk = self.Clerk()
        source = (
            "{% if can.take_payment %}till{% endif %}{% if can.take_payment %}!{% endif %}"
            "{% if can.void %}void{% endif %}"
        )
        page = Engine.get_default().from_string(source).render(Context(self.context(clerk)))
        assert page == "till!"
        assert clerk.asked == ["take_payment", "void"]

    def test_gives_a_stranger_nothing(self) -> None:
        assert self.context(AnonymousUser())["can"]["take_payment"] is False

    def test_ignores_a_cookie_with_a_theme_that_does_not_exist(self) -> None:
        assert self.context(AnonymousUser(), office_theme='"><script>')["theme"] == ""
        assert self.context(AnonymousUser(), office_theme="dark")["theme"] == "dark"


class TestPagePolicy:
    def test_no_template_of_a_screen_carries_a_script_or_a_style_of_its_own(self) -> None:
        """The security policy of the pages refuses them in the browser, where nobody would see why."""
        inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|\shx-on", re.IGNORECASE)
        screens = [file for file in (ROOT / "templates").rglob("*.html") if "documents" not in file.parts]
        assert screens
        assert [file.name for file in screens if inline.search(file.read_text(encoding="utf-8"))] == []
