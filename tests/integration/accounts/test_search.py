"""Accounts found by anything typed, and kept so by the database."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection, transaction

from accounts import proofs, queries, services
from accounts.models import Party, SearchEntry
from core.check_digits import ScanLine, build_scan_line
from core.db import copy_rows
from core.users import system_user
from metering import proofs as metering_proofs
from metering import services as metering
from tests import cast
from tests.factories.accounts import OPENED, make_account, make_cycle, make_party, make_served
from tests.factories.metering import make_installation, make_meter


def numbers(text: str) -> list[str]:
    return [hit.account.number for hit in queries.search(text)]


@pytest.fixture
def town(db):
    return cast.ortiz(), cast.nguyen(), cast.brown()


class TestFindAccount:
    def test_takes_every_way_of_writing_the_number(self, town):
        ortiz = town[0].account
        number = ortiz.number
        for typed in (number, number.lstrip("0"), f"{number[:5]}-{number[5:]}", f" {number} "):
            assert queries.find_account(typed) == ortiz

    def test_takes_a_legacy_number_with_and_without_dashes(self, town):
        assert queries.find_account("12-00345-03") == town[0].account
        assert queries.find_account("120034503") == town[0].account

    def test_takes_the_scan_line_of_a_bill(self, town):
        account = town[1].account
        line = build_scan_line(
            ScanLine(account.number, dt.date(2025, 6, 16), "0001", Decimal("52.37"), Decimal("57.61"))
        )
        assert queries.find_account(line) == account
        assert queries.find_account(line[:-1] + str((int(line[-1]) + 1) % 10)) is None

    @pytest.mark.parametrize("typed", ["", "   ", "99999999999", "Ortiz", "-"])
    def test_gives_none_for_what_names_nothing(self, town, typed):
        assert queries.find_account(typed) is None


class TestSearch:
    @pytest.mark.parametrize(
        "typed",
        [
            "ortiz",
            "ORTIZ",
            "ana ort",
            "Ortiz, Ana",
            "118 elm",
            "elm 118",
            "118 Elm Street",
            "ortiz elm",
            "5550123",
            "555-0123",
            "0123",
            "(918) 555-0123",
            "N5-100118",
            "n5100118",
            "100118",
            "12-00345",
            "or",
        ],
    )
    def test_finds_the_ortiz_account(self, town, typed):
        found = numbers(typed)
        assert found
        assert found[0] == town[0].account.number

    @pytest.mark.parametrize("typed", ["nguyen", "Nguyễn", "ngu", "thi nguyen", "43 oak apt 3", "ng"])
    def test_finds_names_with_and_without_accents(self, town, typed):
        assert numbers(typed) == [town[1].account.number]

    def test_an_exact_number_stands_alone(self, town):
        hits = queries.search(town[0].account.number)
        assert [(hit.account, hit.rank) for hit in hits] == [(town[0].account, 0)]

    def test_a_short_number_is_a_house_number_as_well(self, town):
        short = town[0].account.number.lstrip("0")
        neighbour = make_served("Eve Stone", house_number=short, street_name="Fern")
        hits = queries.search(short)
        assert (hits[0].account, hits[0].rank) == (town[0].account, 0)
        assert neighbour.account in [hit.account for hit in hits]

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [("ngyuen", "nguyen"), ("ortix", "ortiz"), ("browm", "brown"), ("walter browm", "walter brown")],
    )
    def test_offers_the_spelling_of_a_misspelt_name(self, town, typed, meant):
        result = queries.search(typed)
        assert result.suggestion == meant
        assert len(result) == 1

    def test_finds_nothing_for_what_is_nowhere(self, town):
        result = queries.search("zzyzx quorum")
        assert (list(result), result.suggestion) == ([], "")

    @pytest.mark.parametrize(
        "typed", ["%", "_", "' OR 1=1 --", "\\", "100%", "a" * 500, "\u0000x".replace("\u0000", "")]
    )
    def test_takes_signs_as_signs(self, town, typed):
        assert len(queries.search(typed)) <= 3

    def test_a_house_number_is_not_part_of_a_longer_one(self, town):
        other = make_served("Eve Stone", house_number="1438", street_name="Oak")
        assert other.account.number not in numbers("oak 43")
        assert town[1].account.number in numbers("oak 43")

    def test_every_word_must_be_there(self, town):
        assert numbers("ortiz oak") == []

    def test_shows_what_people_wrote(self, town):
        assert queries.search("nguyen")[0].text == "Thị Mai Nguyễn"
        assert queries.search("43 oak")[0].text == "43 Oak Ave Apt 3"

    def test_groups_people_places_and_meters(self, town):
        groups, suggestion = queries.search_groups("n5")
        assert ([group.label for group in groups], suggestion) == (["Meters"], "")
        groups, _ = queries.search_groups("ortiz")
        assert [group.label for group in groups] == ["People"]

    def test_a_misspelling_is_offered_with_the_groups(self, town):
        groups, suggestion = queries.search_groups("ngyuen")
        assert suggestion == "nguyen"
        assert groups[0].hits[0].account == town[1].account

    def test_costs_few_queries(self, town, django_assert_max_num_queries):
        with django_assert_max_num_queries(8):
            queries.search("ortiz")


class TestLives:
    def test_a_closed_account_is_found_and_comes_last(self, db):
        first = make_served("Ana Ortiz")
        role = first.account.roles.get()
        by = system_user()
        services.stop_agreement(agreement=first.agreement, to_date=dt.date(2025, 6, 1), by=by)
        services.end_role(role=role, to_date=dt.date(2025, 6, 1), by=by)
        services.close_account(account=first.account, closed_date=dt.date(2025, 6, 1), by=by)
        second = make_account("Ana Ortiz")
        hits = queries.search("ana ortiz")
        assert [(hit.account, hit.is_current) for hit in hits] == [(second, True), (first.account, False)]

    def test_a_new_name_is_found_and_the_old_one_no_longer(self, db):
        served = make_served("Ana Ortiz")
        services.rename_party(party=served.party, name="Ana Vega", by=system_user())
        assert numbers("vega") == [served.account.number]
        assert not SearchEntry.objects.filter(text__contains="ortiz").exists()

    def test_a_corrected_address_is_found(self, db):
        served = make_served(house_number="118")
        services.correct_premise(premise=served.premise, house_number="120", by=system_user())
        assert numbers("120 elm") == [served.account.number]
        assert numbers("118 elm") == []

    def test_both_tenants_had_the_meter(self, db):
        served = make_served("Ana Ortiz")
        installation = make_installation(served.service_point, meter=make_meter("X-777123"))
        services.stop_agreement(agreement=served.agreement, to_date=dt.date(2025, 6, 1), by=system_user())
        newcomer = make_account("Bo Lind")
        services.start_agreement(
            account=newcomer,
            service_point=served.service_point,
            rate_code="RES",
            from_date=dt.date(2025, 6, 1),
            by=system_user(),
        )
        hits = queries.search("X-777123")
        assert [(hit.account, hit.is_current) for hit in hits] == [(newcomer, True), (served.account, False)]
        metering.remove_meter(
            installation=installation, on_date=dt.date(2025, 7, 1), dials="0150", by=system_user()
        )
        assert not any(hit.is_current for hit in queries.search("X-777123"))

    def test_a_cancelled_agreement_leaves_no_address(self, db):
        account = make_account()
        served = make_served("Other Person")
        services.stop_agreement(agreement=served.agreement, to_date=dt.date(2025, 6, 1), by=system_user())
        pending = services.start_agreement(
            account=account,
            service_point=served.service_point,
            rate_code="RES",
            from_date=dt.date(2025, 6, 1),
            is_pending=True,
            by=system_user(),
        )
        assert account.number in numbers("118 elm")
        services.cancel_agreement(agreement=pending, by=system_user())
        assert account.number not in numbers("118 elm")

    def test_an_entry_goes_with_its_source(self, db):
        served = make_served(phone="918-555-0123")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_contactpoint")
        assert numbers("5550123") == []
        assert proofs.search_entries().count == 0
        assert served.account.number in numbers("118 elm")

    def test_a_load_by_copy_is_searchable_at_once(self, db):
        cycle = make_cycle()
        people = [
            (f"Person{chr(97 + n % 26)} Bulk{chr(97 + n // 26)}", "PERSON", "en", False) for n in range(200)
        ]
        with transaction.atomic():
            copy_rows(Party, ["name", "kind", "language", "is_confidential"], people)
            ids = list(Party.objects.order_by("pk").values_list("pk", flat=True))
            copy_rows(
                "accounts_account",
                ["number", "kind", "cycle_id", "opened_date"],
                [(f"B{n:010d}", "REGULAR", cycle.pk, OPENED) for n in range(200)],
            )
            accounts = dict(cycle.accounts.values_list("number", "pk"))
            copy_rows(
                "accounts_accountrole",
                ["account_id", "party_id", "kind", "is_liable", "from_date"],
                [(accounts[f"B{n:010d}"], ids[n], "HOLDER", True, OPENED) for n in range(200)],
            )
        assert SearchEntry.objects.filter(kind="NAME").count() == 200
        assert numbers("persona bulka") == ["B0000000000"]
        assert queries.search("bulkz").suggestion

    def test_the_entries_equal_their_sources_after_a_life(self, town):
        by = system_user()
        ortiz = town[0]
        services.change_holder(
            account=ortiz.account, party=make_party("Dora Ortiz"), from_date=dt.date(2025, 5, 1), by=by
        )
        services.merge_parties(duplicate=town[2].party, into=town[1].party, by=by)
        services.stop_agreement(agreement=ortiz.water_agreement, to_date=dt.date(2025, 8, 1), by=by)
        services.resume_agreement(agreement=ortiz.water_agreement, by=by)
        services.add_identifier(
            kind="PREMISE_NUMBER", value="P-55", premise=ortiz.premise, from_date=OPENED, by=by
        )
        services.add_identifier(
            kind="CUSTOMER_NUMBER", value="C-77", party=town[1].party, from_date=OPENED, by=by
        )
        assert proofs.search_entries().examples == ()
        assert metering_proofs.search_entries().examples == ()
        assert numbers("P-55") == [ortiz.account.number]
        assert numbers("C77") == [town[1].account.number]


class TestProofs:
    def test_hold_for_the_town(self, town):
        for prove in (
            proofs.one_holder,
            proofs.numbers,
            proofs.agreements_fit,
            proofs.one_at_a_time,
            proofs.search_entries,
        ):
            assert prove().examples == ()

    def test_see_an_account_without_a_holder(self, town):
        town[0].account.roles.all().delete()
        assert proofs.one_holder().examples == (f"Account {town[0].account.number} has 0 holders today",)

    def test_see_an_entry_that_is_missing_and_one_too_many(self, town):
        SearchEntry.objects.filter(account=town[0].account, kind="NAME").delete()
        SearchEntry.objects.filter(account=town[1].account, kind="NAME").update(text="someone else")
        assert proofs.search_entries().count == 3

    def test_see_an_account_number_without_a_check_digit(self, town):
        account = town[2].account
        account.identifiers.all().delete()
        assert proofs.numbers().count == 1

    def test_see_an_agreement_that_outlives_its_account(self, town):
        town[2].account.closed_date = dt.date(2025, 3, 1)
        town[2].account.save(update_fields=["closed_date"])
        assert proofs.agreements_fit().count == 2
