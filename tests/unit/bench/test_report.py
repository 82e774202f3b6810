"""The page of the benchmarks says what was met, what was missed and what did not run."""

from typing import Any

from bench import report

RUN = {
    "accounts": 4000,
    "ratio": 2.4,
    "goal": 4.0,
    "bills_per_second": 914,
    "run_seconds": 4.4,
    "calculate_seconds": 2.9,
    "post_seconds": 1.5,
    "floor_seconds": 1.8,
    "rows": 68_000,
    "queries_a_chunk": 34,
    "memory_mb_last_chunk": 109.0,
}
CITY = {
    "rows": 12,
    "months": 2,
    "bills": 6,
    "amount": "62.50",
    "expected_amount": "62.50",
    "class_months": 4,
    "held": 1,
    "bills_of_nothing": 1,
    "differences": 0,
    "violations": 0,
    "load_seconds": 1.0,
    "bill_seconds": 2.0,
}


def lines_of(failed: dict[str, str] | None = None, **found: Any) -> dict[str, report.Line]:
    return {line.what: line for line in report.lines(found, failed or {}, accounts=4000)}


class TestLines:
    def test_a_ratio_above_its_goal_is_missed(self) -> None:
        slow = {**RUN, "ratio": 4.1}
        [what] = [what for what in lines_of(bill_run=RUN) if "times the floor" in what]
        assert lines_of(bill_run=RUN)[what].verdict == "met"
        assert lines_of(bill_run=slow)[what].verdict == "MISSED"

    def test_memory_and_statements_must_not_grow_with_the_accounts(self) -> None:
        quarter = {**RUN, "accounts": 1000}
        flat = lines_of(bill_run=RUN, bill_run_quarter=quarter)
        assert not any(line.is_missed for line in flat.values())
        grown = {**RUN, "queries_a_chunk": 120, "memory_mb_last_chunk": 300.0}
        missed = [
            what
            for what, line in lines_of(bill_run=grown, bill_run_quarter=quarter).items()
            if line.is_missed
        ]
        assert [what.split()[0] for what in missed] == ["statements", "memory"]

    def test_a_real_city_that_differs_anywhere_is_missed(self) -> None:
        for wrong in ({"differences": 1}, {"violations": 1}, {"amount": "62.49"}):
            assert sum(line.is_missed for line in lines_of(real_city=CITY | wrong).values()) == 1
        assert not any(line.is_missed for line in lines_of(real_city=CITY).values())

    def test_what_did_not_run_is_said_and_missed(self) -> None:
        [line] = lines_of(failed={"real_city": "the disk is full"}).values()
        assert (line.is_missed, line.figure) == (True, "the disk is full")


class TestPage:
    def test_names_the_machine_and_lists_what_is_beside_the_goals(self) -> None:
        found = {"bill_run": {**RUN, "ratio": 4.1}}
        made = report.lines(found, {}, accounts=4000)
        page = report.page(
            made, found, {}, facts={"Processor": "2 cores"}, accounts=4000, seconds={"bill_run": 60.0}
        )
        assert "- Processor: 2 cores" in page
        assert "## Beside the goals" in page
        assert ": 4.1, where the goal is at most 4." in page
        assert "Every goal was met" not in page
