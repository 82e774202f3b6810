"""All benchmarks on an office of their own: `make bench`, or `python -m bench [--full] [--accounts N] [--only NAME ...]`.

Each runs in a process of its own, one after the other; one that fails is reported and the others go on. The figures are
printed and written to docs/benchmarks.md, unless only some of them were asked for. Exit 1: a goal is missed, or one did
not run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench import machine, offices, rates, real_city, report
from billing_office import embedded

MODERATE, FULL = 20_000, 100_000
DEMO_MONTHS = 3
NAMES = ("rates", "bill_run", "city", "search", "pages", "printing", "payments", "real_city")
OF_THE_CITY = ("search", "pages", "printing", "payments")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


class Results:
    """What the benchmarks said, by name, and what did not run."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.failed: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

    def take(self, name: str, act: Callable[[], Any]) -> None:
        """Run one and keep its figures or its failure."""
        print(f"{name.replace('_', ' '):<24}", end="", file=sys.stderr, flush=True)
        started = time.monotonic()
        try:
            self.found[name] = act()
            word = "done"
        except (offices.CommandFailed, ValueError, OSError) as problem:
            self.failed[name] = str(problem)
            word = f"FAILED: {problem}"
        self.seconds[name] = time.monotonic() - started
        print(f"{self.seconds[name]:7.0f} s  {word}", file=sys.stderr, flush=True)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} accounts instead of {MODERATE:,}")
    parser.add_argument("--accounts", type=int, help="another number of accounts")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=[], help="some of them; writes no page")
    options = parser.parse_args()
    accounts = options.accounts or (FULL if options.full else MODERATE)
    wanted = tuple(options.only or NAMES)
    results = Results()
    with offices.servers() as lease:
        facts = machine.facts(postgresql=offices.server_version(lease))
        _run(results, wanted, accounts, lease)
    lines = report.lines(results.found, results.failed, accounts=accounts)
    print("\n" + report.as_text(lines))
    if not options.only:
        page = report.page(
            lines, results.found, results.failed, facts=facts, accounts=accounts, seconds=results.seconds
        )
        PAGE.write_text(page, encoding="utf-8")
        print(f"\nWritten to {PAGE.relative_to(PAGE.parent.parent)}.")
    return 1 if results.failed or any(line.is_missed for line in lines) else 0


def _run(results: Results, wanted: tuple[str, ...], accounts: int, lease: embedded.Lease) -> None:
    if "rates" in wanted:
        results.take("rates", lambda: {speed.shape: vars_of(speed) for speed in rates.measure()})
    if "bill_run" in wanted:
        quarter = max(accounts // 4, 1000)
        results.take("bill_run_quarter", lambda: _measured("bill_run", {}, "--accounts", str(quarter)))
        results.take("bill_run", lambda: _measured("bill_run", {}, "--accounts", str(accounts)))
    if "city" in wanted or any(name in wanted for name in OF_THE_CITY):
        _run_city(results, wanted, accounts, lease)
    if "real_city" in wanted and real_city.folder() is not None:
        with offices.database(lease, "bench_real_city") as environment:
            results.take("real_city", lambda: _measured("real_city", environment))


def _run_city(results: Results, wanted: tuple[str, ...], accounts: int, lease: embedded.Lease) -> None:
    """Make a city with people, bills and payments, and measure what the office does in it."""
    with offices.database(lease, "bench_city") as environment:
        results.take("city", lambda: _city(accounts, environment))
        if "city" in results.failed:
            return
        for name in OF_THE_CITY:
            if name in wanted:
                results.take(name, lambda name=name: _measured(name, environment))


def _city(accounts: int, environment: Mapping[str, str]) -> dict[str, str]:
    said = offices.manage(
        "demo", "--accounts", str(accounts), "--months", str(DEMO_MONTHS), environment=environment
    )
    return {"words": said.strip().splitlines()[-1]}


def _measured(name: str, environment: Mapping[str, str], *arguments: str) -> Any:
    command = [sys.executable, "-m", f"bench.{name}", "--json", *arguments]
    return json.loads(offices.run(command, environment=environment, may_miss=True).splitlines()[-1])


def vars_of(speed: rates.Speed) -> dict[str, int]:
    """The figures of one shape of rate."""
    return {"warm": speed.warm, "prorated": speed.prorated, "cold": speed.cold}


if __name__ == "__main__":
    raise SystemExit(main())
