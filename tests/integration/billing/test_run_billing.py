"""The command that bills months, as scripts rely on it."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.core.management import CommandError, call_command

from accounts.models import AccountClass, ServiceAgreement
from billing.models import Bill, BillRun
from billing.services import posting, review, workers
from core.users import system_user
from ledger.models import JournalEntry
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


def run_billing(*arguments: str) -> tuple[dict[str, Any], int]:
    out = io.StringIO()
    code = 0
    try:
        call_command("run_billing", *arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return json.loads(out.getvalue()), code


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=12, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[100 + n for n in range(12)])
    return city


class TestRunBilling:
    def test_calculates_without_approval(self, city: factory.City) -> None:
        found, code = run_billing("--from", "2015-01", "--to", "2015-01")
        assert code == 0
        assert found["runs"][0]["bills"] == 12
        assert BillRun.objects.get().state == "REVIEW"

    def test_two_worker_processes_make_the_bills_of_one(self, city: factory.City) -> None:
        found, code = run_billing("--from", "2015-01", "--to", "2015-01", "--workers", "2")
        assert code == 0
        assert found["runs"][0]["bills"] == 12
        assert Bill.objects.count() == 12

    def test_refuses_a_month_that_is_none(self) -> None:
        with pytest.raises(CommandError) as refusal:
            run_billing("--from", "2015-13", "--to", "2015-01")
        assert refusal.value.returncode == 2

    def test_posts_when_somebody_else_approves(self, city: factory.City) -> None:
        found, code = run_billing(
            "--from", "2015-01", "--to", "2015-01", "--approve", "--by", city.approver.username
        )
        assert code == 0
        [run] = found["runs"]
        assert (run["period"], run["state"], run["bills"], run["held"]) == ("2015-01", "POSTED", 12, 0)
        assert found["totals"]["bills"] == 12
        assert found["totals"]["amount"] == run["amount"]
        water = next(row for row in run["by_class"] if row["service"] == "water")
        assert (water["class"], water["bills"], water["units"]) == ("RESIDENTIAL", 12, "66")
        assert JournalEntry.objects.count() == 12
        assert BillRun.objects.get().made_by == system_user()

    def test_says_that_a_month_is_posted_already(self, city: factory.City) -> None:
        month = ("--from", "2015-01", "--to", "2015-01", "--approve", "--by", city.approver.username)
        run_billing(*month)
        found, code = run_billing(*month)
        assert code == 0
        assert (found["runs"][0]["bills"], found["totals"]["bills"]) == (0, 0)
        assert "already" in found["runs"][0]["note"]
        assert Bill.objects.count() == 12

    def test_prints_what_is_posted_and_prints_it_again(self, city: factory.City, tmp_path: Path) -> None:
        ServiceAgreement.objects.filter(account__in=city.accounts[2:]).update(rate_code="NONE")
        month = ("--from", "2015-01", "--to", "2015-01", "--approve", "--by", city.approver.username)
        first, code = run_billing(*month, "--print", str(tmp_path / "one"))
        assert code == 0
        again, _ = run_billing(*month, "--print", str(tmp_path / "two"))
        printed = [Path(found["runs"][0]["printed_to"]) for found in (first, again)]
        assert [len(pypdfium2.PdfDocument(file.read_bytes())) for file in printed] == [2, 2]

    def test_counts_the_held_by_their_reasons_and_is_well(self, city: factory.City) -> None:
        ServiceAgreement.objects.filter(pk__in=[each.pk for each in city.agreements[:2]]).update(
            rate_code="NONE"
        )
        AccountClass.objects.filter(account__in=city.accounts[:2]).update(value="OTHER")
        found, code = run_billing(
            "--from", "2015-01", "--to", "2015-01", "--approve", "--by", city.approver.username
        )
        assert code == 0
        assert (found["runs"][0]["bills"], found["runs"][0]["held"]) == (10, 2)
        assert found["runs"][0]["held_reasons"] == {"no rate for class OTHER": 2}

    def test_an_account_in_error_is_exit_1_and_the_run_waits(self, city: factory.City) -> None:
        odd = {"format": 1, "unit": "ccf", "components": [
            {"kind": "fixed", "code": "base", "label": "B", "amount": "1.00", "charge_type": "NOTHING"}]}  # fmt: skip
        factory.make_rate("ODD", odd)
        ServiceAgreement.objects.filter(pk=city.agreements[0].pk).update(rate_code="ODD")
        found, code = run_billing(
            "--from", "2015-01", "--to", "2015-01", "--approve", "--by", city.approver.username
        )
        assert code == 1
        assert found["runs"][0]["errors"] == 1
        assert "in error" in found["runs"][0]["note"]
        assert BillRun.objects.get().state == "REVIEW"
        assert JournalEntry.objects.count() == 0

    def test_goes_on_with_a_run_that_was_cut_off(self, city: factory.City) -> None:
        approve = ("--approve", "--by", city.approver.username)
        run_billing("--from", "2015-01", "--to", "2015-01")
        run = BillRun.objects.get()
        review.approve_run(run=run, figures_hash=run.figures_hash, by=city.approver)
        posting.start_posting(run=run, by=city.approver)
        workers.post(run_id=run.pk, worker="t", by=city.maker, size=5, at_most=1)
        found, code = run_billing("--from", "2015-01", "--to", "2015-01", *approve)
        assert code == 0
        assert found["runs"][0]["bills"] == 12
        assert JournalEntry.objects.count() == 12
        assert BillRun.objects.get().state == "POSTED"

    def test_a_month_without_service_has_no_bills(self, city: factory.City) -> None:
        found, code = run_billing("--from", "2014-11", "--to", "2015-01")
        assert code == 0
        assert [run["bills"] for run in found["runs"]] == [0, 0, 12]

    def test_says_it_all_in_plain_words_too(
        self, city: factory.City, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("run_billing", "--from", "2015-01", "--to", "2015-01")
        said = capsys.readouterr().out.splitlines()
        assert "12 bills" in said[0]
        assert said[-1].startswith("1 runs, 12 bills, ")

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            (("--from", "2015-02", "--to", "2015-01"), 2, "before the first"),
            (("--from", "2015-01", "--to", "2015-01", "--cycle", "X"), 2, "no cycle X"),
            (("--from", "2015-01", "--to", "2015-01", "--approve"), 2, "needs --by"),
            (("--from", "2015-01", "--to", "2015-01", "--approve", "--by", "nobody"), 2, "no user nobody"),
            (("--from", "2015-01", "--to", "2015-01", "--approve", "--by", "clerk"), 1, "may not do this"),
            (("--from", "2015-01", "--to", "2015-01", "--approve", "--by", "schedule"), 1, "somebody else"),
            (("--from", "2015-01", "--to", "2015-01", "--workers", "0"), 2, "from 1 to 64"),
        ],
    )
    def test_refuses_and_changes_nothing(
        self, city: factory.City, arguments: tuple[str, ...], code: int, words: str
    ) -> None:
        factory.make_user("clerk", "view_ledger")
        system_user()
        with pytest.raises(CommandError, match=words) as refusal:
            run_billing(*arguments)
        assert refusal.value.returncode == code
        assert BillRun.objects.count() == 0

    def test_leaves_the_work_to_the_offices_worker_where_one_answers(
        self, city: factory.City, worker: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for stage in ("calculate", "post"):
            monkeypatch.delattr(workers, stage)
        found, code = run_billing(
            "--from", "2015-01", "--to", "2015-01", "--approve", "--by", city.approver.username
        )
        assert code == 0
        assert (found["runs"][0]["bills"], found["runs"][0]["state"]) == (12, "POSTED")
