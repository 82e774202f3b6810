"""What the benchmarks found, as lines beside their goals and as docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure; ``is_met`` is None where there is no goal."""

    what: str
    figure: str
    goal: str = ""
    is_met: bool | None = None

    @property
    def is_missed(self) -> bool:
        """Whether there is a goal that the figure does not reach."""
        return self.is_met is False

    @property
    def verdict(self) -> str:
        """A word for the last column."""
        return {None: "", True: "met", False: "MISSED"}[self.is_met]


def lines(found: Found, failed: Mapping[str, str], *, accounts: int) -> list[Line]:
    """Every figure that was measured, in the order of the page."""
    made: list[Line] = []
    for name, write in (
        ("bill_run", _bill_run),
        ("search", _search),
        ("pages", _pages),
        ("payments", _payments),
        ("printing", _printing),
        ("real_city", _real_city),
        ("rates", _rates),
    ):
        if name in found:
            made.extend(write(found))
    made.extend(
        Line(f"{name.replace('_', ' ')} did not run", why[:160], "to run", is_met=False)
        for name, why in failed.items()
    )
    return made


def _at_most(what: str, value: float, goal: float, unit: str = "") -> Line:
    return Line(what, f"{value:g}{unit}", f"at most {goal:g}{unit}", is_met=value <= goal)


def _bill_run(found: Found) -> Iterator[Line]:
    run = found["bill_run"]
    yield _at_most(
        f"bill run of {run['accounts']:,} accounts with 2 services: times the floor",
        run["ratio"],
        run["goal"],
    )
    yield Line(
        "bills a second, calculated and posted by one process",
        f"{run['bills_per_second']:,} ({run['run_seconds']} s: calculated in {run['calculate_seconds']},"
        f" posted in {run['post_seconds']})",
    )
    yield Line("the floor: COPY of the rows it left", f"{run['floor_seconds']} s for {run['rows']:,} rows")
    if "processor_ratio" in run:
        yield Line("times the floor in processor time, ours and the server's", f"{run['processor_ratio']:g}")
    quarter = found.get("bill_run_quarter")
    if quarter:
        same = quarter["queries_a_chunk"]
        yield Line(
            f"statements a chunk, with {quarter['accounts']:,} and {run['accounts']:,} accounts",
            f"{same} and {run['queries_a_chunk']}",
            "the same",
            is_met=run["queries_a_chunk"] <= same + 1,
        )
        first, last = quarter["memory_mb_last_chunk"], run["memory_mb_last_chunk"]
        yield Line(
            "memory of the worker, with the one and the other",
            f"{first:g} and {last:g} MB",
            "flat (within 10 %)",
            is_met=last <= first * 1.1,
        )


def _search(found: Found) -> Iterator[Line]:
    search = found["search"]
    asked = search["questions"]
    yield _at_most(
        f"search among {search['accounts']:,} accounts, all questions, p95",
        search["p95_ms"],
        search["goal_ms"],
        " ms",
    )
    for name in ("two letters", "a misspelt name", "two words, one misspelt"):
        if name in asked:
            yield _at_most(f"search, {name}, p95", asked[name]["p95_ms"], search["goal_ms"], " ms")
    slowest = max(asked, key=lambda name: asked[name]["p95_ms"])
    yield Line("the slowest question", f"{slowest}: {asked[slowest]['p95_ms']:g} ms")


def _pages(found: Found) -> Iterator[Line]:
    pages = found["pages"]
    yield _at_most("account page, queries with session and user", pages["account_queries"], 15)
    yield _at_most("account page, p95", pages["account_p95_ms"], 100, " ms")
    yield Line(
        "account page, p50; with the statement, p95",
        f"{pages['account_p50_ms']:g} ms; {pages['statement_p95_ms']:g} ms",
    )
    yield Line(
        "search box with balances and warnings, p50; p95",
        f"{pages['search_box_p50_ms']:g} ms; {pages['search_box_p95_ms']:g} ms",
    )
    yield _at_most("aging of the city today, p95", pages["aging_p95_ms"], 50, " ms")
    yield Line("aging as of a past day, from the facts", f"{pages['aging_of_a_past_day_ms']:g} ms")


def _payments(found: Found) -> Iterator[Line]:
    paid = found["payments"]
    yield _at_most("payment posted, p95", paid["post_payment"]["p95_ms"], paid["goal_ms"], " ms")
    yield Line(
        "counter: page of a scanned account; form sent to next page, p95",
        f"{paid['page_of_an_account']['p95_ms']:g} ms; {paid['form_sent_to_next_page']['p95_ms']:g} ms",
    )


def _printing(found: Found) -> Iterator[Line]:
    paper = found["printing"]
    yield Line(
        "bills printed a second and core",
        f"{paper['pages_a_second_a_core']:g} ({paper['ms_a_page']:g} ms a page)",
    )
    yield _at_most("times a ReportLab page, fifty a document", paper["times_yardstick"], 25)
    yield Line(
        "ReportLab, fifty a document; one a document",
        f"{paper['reportlab_batch_ms']:g} ms; {paper['reportlab_single_ms']:g} ms a page",
    )
    yield _at_most("memory of a printing worker", paper["memory_mb"], 160, " MB")
    times = paper["two_processes_times"]
    yield Line("two processes print so many times one", f"{times:g}", "at least 1.6", is_met=times >= 1.6)
    yield Line("size of a bill", f"{paper['kb_a_page']:g} kB")


def _real_city(found: Found) -> Iterator[Line]:
    city = found["real_city"]
    yield Line(
        "real city: class-months that differ from the separate calculation",
        f"{city['differences']} of {city['class_months']}",
        "none",
        is_met=city["differences"] == 0 and city["amount"] == city["expected_amount"],
    )
    yield Line(
        "real city: violations that `prove` finds",
        f"{city['violations']}",
        "none",
        is_met=city["violations"] == 0,
    )
    yield Line(
        f"real city: {city['rows']:,} uses loaded; {city['months']} months billed",
        f"{city['load_seconds']:g} s; {city['bill_seconds']:g} s for {city['bills']:,} bills of {city['amount']},"
        f" {city['held']} held, {city['bills_of_nothing']:,} of 0.00",
    )


def _rates(found: Found) -> Iterator[Line]:
    speeds = found["rates"]
    everyday = speeds["fixed, tiered and tax"]["warm"]
    yield Line("rate engine, a fixed charge, tiers and a tax: bills a second and core", f"{everyday:,}")


def as_text(made: Sequence[Line]) -> str:
    """The lines for a terminal."""
    width = max((len(line.what) for line in made), default=0)
    return "\n".join(
        f"{line.what:<{width}}  {line.figure}{f'   ({line.goal}: {line.verdict})' if line.goal else ''}"
        for line in made
    )


def page(
    made: Sequence[Line],
    found: Found,
    failed: Mapping[str, str],
    *,
    facts: Mapping[str, str],
    accounts: int,
    seconds: Mapping[str, float],
) -> str:
    """The text of docs/benchmarks.md."""
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; do not edit. Repeat it with `make bench` (20,000 accounts) or `make bench FULL=1`",
        "(100,000). It starts servers of its own, measures floors in the same run, and leaves nothing behind.",
        "",
        f"Measured on {dt.datetime.now(dt.UTC).date()} with {accounts:,} accounts,",
        f"in {sum(seconds.values()) / 60:.0f} minutes:",
        "",
        *(f"- {name}: {value}" for name, value in facts.items()),
        "",
        "On a machine that does other work, or on other disks, times move together: trust the ratios first.",
        "",
        "| what | figure | goal | |",
        "|---|---|---|---|",
        *(f"| {line.what} | {line.figure} | {line.goal} | {line.verdict} |" for line in made),
        "",
        *_beside_the_goals(made, failed),
        *_questions(found),
        *_shapes(found),
        HOW,
    ]
    return "\n".join(parts)


def _beside_the_goals(made: Sequence[Line], failed: Mapping[str, str]) -> list[str]:
    missed = [line for line in made if line.is_missed]
    if not missed and not failed:
        return ["Every goal was met in this run.", ""]
    words = [f"- {line.what}: {line.figure}, where the goal is {line.goal}." for line in missed]
    return ["## Beside the goals", "", *words, ""]


def _questions(found: Found) -> list[str]:
    if "search" not in found:
        return []
    rows = [
        f"| {name} | {each['p50_ms']:g} | {each['p95_ms']:g} |"
        for name, each in found["search"]["questions"].items()
    ]
    return ["## Search by question", "", "| typed | p50 ms | p95 ms |", "|---|---|---|", *rows, ""]


def _shapes(found: Found) -> list[str]:
    if "rates" not in found:
        return []
    rows = [
        f"| {shape} | {each['warm']:,} | {each['prorated']:,} | {each['cold']:,} |"
        for shape, each in found["rates"].items()
    ]
    head = ["| shape of rate | warm | prorated | compiled anew |", "|---|---|---|---|"]
    return ["## Bills a second and core that the rate engine prices", "", *head, *rows, ""]


HOW = """## How it is measured

- **Bill run.** One process opens a run, calculates it, has it approved and posts it, in chunks of 1,000 accounts, each
  with a water meter that sewer bills by too. The floor is what the database alone needs for the same rows: they are
  copied out of the run's tables and, timed, into a clone of the database from just before the run, a transaction a
  chunk, with the same indexes, foreign keys, triggers and none of the rows. Open items and daily totals are made by
  triggers there as here.
- **City.** `manage.py demo` makes it: people, meters, readings, two months billed and mostly paid by the services.
- **Search** asks questions made from the city's rows, each kind forty times; the box adds balances, warnings, the page.
- **Pages** go through every layer but the network, on accounts picked all over the city; queries include session and
  user.
- **Payments** are posted one by one by the counter's service, and through its form.
- **Printing** is processor time, in turns with ReportLab drawing the same bill at fixed places in the same process, fonts
  embedded in both. Memory is that of a worker process after its pages.
- **Real city** needs the folder of published data (`SHARED_DATA`); its totals are compared with a calculation in whole
  numbers that shares nothing with the product.
"""
