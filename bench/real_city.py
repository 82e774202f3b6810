"""A real city whole: `python -m bench.real_city [--json]`.

It loads the use history of SHARED_DATA into the empty office in DATABASE_URL, bills every month of it, proves the books,
and compares each class and month with a calculation of the same rows that shares nothing with the product.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench import offices

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "santa_monica"


def folder() -> Path | None:
    """Where the city's files are, or None."""
    found = Path(os.environ.get("SHARED_DATA", ROOT / ".." / "shared" / "data")).resolve() / FOLDER
    return found if found.is_dir() else None


def main() -> int:
    """Measure and print; exit 1 where a figure differs, 2 without the city's files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    files = folder()
    if files is None:
        print("SHARED_DATA has no such city", file=sys.stderr)
        return 2
    found = measure(files)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):<28} {value}")
    return 0 if found["differences"] == 0 and found["violations"] == 0 else 1


def measure(files: Path) -> dict[str, Any]:
    """The figures of the city whose files these are."""
    history, rates = next(files.glob("usage*.csv.gz")), next(files.glob("*.owrs"))
    with gzip.open(history, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    months = sorted({f"{row['usage_year']}-{int(row['usage_month']):02d}" for row in rows})
    started = time.monotonic()
    offices.manage(
        "load_usage", str(history), "--rates", str(rates), "--effective", f"{months[0]}-01", environment={}
    )
    loaded = time.monotonic()
    said = offices.manage(
        "run_billing", "--from", months[0], "--to", months[-1], "--approve", "--by", "supervisor", "--json",
        environment={},
    )  # fmt: skip
    billed = time.monotonic()
    proved = json.loads(offices.manage("prove", "--json", environment={}))
    done = time.monotonic()
    return {
        "rows": len(rows),
        "months": len(months),
        **_compared(json.loads(said), rows, rates),
        "violations": proved["violations"],
        "load_seconds": round(loaded - started, 1),
        "bill_seconds": round(billed - loaded, 1),
        "prove_seconds": round(done - billed, 1),
    }


def _compared(found: dict[str, Any], rows: list[dict[str, str]], rates: Path) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
    import django

    django.setup()
    from tests.factories import use_histories

    expected = use_histories.expected(rows, rates)
    ours, theirs = use_histories.as_said(found), use_histories.as_expected(expected)
    held = {run["period"]: run["held_reasons"] for run in found["runs"]}
    held_expected = {
        run["period"]: {"no rate for class OTHER": expected.held[run["period"]]}
        if expected.held[run["period"]]
        else {}
        for run in found["runs"]
    }
    differing = [key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key)]
    differing += [(month, "held") for month in held if held[month] != held_expected[month]]
    cents = sum(each.cents for each in expected.classes.values())
    return {
        "bills": found["totals"]["bills"],
        "bills_per_second": found["totals"]["bills_per_second"],
        "amount": found["totals"]["amount"],
        "expected_amount": f"{cents // 100}.{cents % 100:02d}",
        "class_months": len(theirs),
        "held": sum(run["held"] for run in found["runs"]),
        "bills_of_nothing": sum(expected.zero_bills.values()),
        "differences": len(differing),
    }


if __name__ == "__main__":
    raise SystemExit(main())
