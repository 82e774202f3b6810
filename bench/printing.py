"""How many bills a second one core prints, and in how much memory: `python -m bench.printing [--pages N] [--json]`.

It prints posted bills of the office in DATABASE_URL as the worker does, a chunk at a time, without keeping them. The
yardstick, in turns with it in the same process, is the same bill drawn by ReportLab with fixed coordinates: fifty bills a
document, and one document a bill.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from bench.timing import resident_mb

CHUNK = 20
BATCH = 50
TIMES_YARDSTICK = 25.0
MEMORY_MB = 160.0


def main() -> int:
    """Measure and print; exit 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--worker", action="store_true", help="print for a partner process and say how long it took"
    )
    options = parser.parse_args()
    _set_up()
    if options.worker:
        print(json.dumps({"seconds": _worker(options.pages)}))
        return 0
    found = measure(pages=options.pages)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):<36} {value}")
    return 0 if found["times_yardstick"] <= TIMES_YARDSTICK and found["memory_mb"] <= MEMORY_MB else 1


def measure(*, pages: int) -> dict[str, Any]:
    """The figures of so many bills."""
    from billing.paper import Printer

    chunks = _chunks(pages)
    printer = Printer()
    for paper in chunks[0][:3]:
        printer.render(paper)
    spent = {"ours": 0.0, "batch": 0.0, "single": 0.0}
    rendered = size = 0
    for papers in chunks:
        spent["ours"] += _cpu(lambda papers=papers: [printer.render(paper) for paper in papers])
        spent["batch"] += (
            _cpu(lambda papers=papers: _drawn([*papers, *papers, *papers][:BATCH]))
            * len(papers)
            / min(BATCH, 3 * len(papers))
        )
        spent["single"] += _cpu(lambda papers=papers: [_drawn([paper]) for paper in papers])
        rendered += len(papers)
        size = len(printer.render(papers[0])[0])
    alone = _in_processes(1, pages)
    together = _in_processes(2, pages)
    ours = 1000 * spent["ours"] / rendered
    return {
        "bills": rendered,
        "ms_a_page": round(ours, 1),
        "pages_a_second_a_core": round(1000 / ours, 1),
        "reportlab_batch_ms": round(1000 * spent["batch"] / rendered, 2),
        "reportlab_single_ms": round(1000 * spent["single"] / rendered, 2),
        "times_yardstick": round(spent["ours"] / spent["batch"], 1),
        "kb_a_page": round(size / 1024, 1),
        "memory_mb": alone[1],
        "two_processes_times": round(together[0] / alone[0], 2),
    }


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
    import django

    django.setup()


def _chunks(pages: int) -> list[list[Any]]:
    from billing import paper_data
    from billing.models import Bill

    newest = Bill.objects.filter(status=Bill.Status.POSTED).order_by("-bill_date", "pk")
    ids = list(newest.values_list("pk", flat=True)[:pages])
    assert ids, "the office has no posted bill"
    return [
        [paper for _, paper in paper_data.papers_for(ids[start : start + CHUNK])]
        for start in range(0, len(ids), CHUNK)
    ]


def _cpu(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def _worker(pages: int) -> dict[str, float]:
    """Read and print as a worker does; pages a second of the clock, and the memory at the end."""
    from billing.paper import Printer

    printer = Printer()
    chunks = _chunks(CHUNK)
    printer.render(chunks[0][0])
    print("ready", flush=True)
    sys.stdin.readline()
    started = time.monotonic()
    count = 0
    for papers in _chunks(pages):
        for paper in papers:
            printer.render(paper)
            count += 1
    return {"pages_a_second": count / (time.monotonic() - started), "memory_mb": round(resident_mb(), 1)}


def _in_processes(number: int, pages: int) -> tuple[float, float]:
    """Pages a second of so many worker processes together, and the memory of the largest."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.printing", "--worker", "--pages", str(pages)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(number)
    ]  # fmt: skip
    for worker in workers:
        assert worker.stdout is not None
        said = worker.stdout.readline().strip()
        assert said == "ready", f"a printing process said {said!r}"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    found = [json.loads(worker.communicate()[0])["seconds"] for worker in workers]
    return sum(each["pages_a_second"] for each in found), max(each["memory_mb"] for each in found)


@lru_cache(maxsize=1)
def _fonts() -> tuple[str, str]:
    """The fonts of our page, embedded as it embeds them; ReportLab's own where the machine has none."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name, style in (("Plain", "DejaVu Sans:book"), ("Bold", "DejaVu Sans:bold")):
        found = subprocess.run(
            ["fc-match", "-f", "%{file}", style], capture_output=True, text=True, check=False
        ).stdout
        if not found.endswith(".ttf"):
            return "Helvetica", "Helvetica-Bold"
        pdfmetrics.registerFont(TTFont(name, found))
    return "Plain", "Bold"


def _drawn(papers: Sequence[Any]) -> bytes:
    """The same bill at fixed places with ReportLab: every text, rule, box and bar that our page has."""
    from reportlab.lib.pagesizes import letter
    from reportlab.pdfgen.canvas import Canvas

    canvas_of_all = io.BytesIO()
    canvas = Canvas(canvas_of_all, pagesize=letter)
    for paper in papers:
        _draw_head(canvas, paper)
        _draw_charges(canvas, paper)
        _draw_chart(canvas, paper)
        _draw_stub(canvas, paper)
        canvas.showPage()
    canvas.save()
    return canvas_of_all.getvalue()


def _write(
    canvas: Any, x: float, y: float, texts: Sequence[str], *, size: float = 9, right: bool = False
) -> None:
    """Texts under each other."""
    canvas.setFont(_fonts()[0], size)
    for position, text in enumerate(texts):
        (canvas.drawRightString if right else canvas.drawString)(x, y - 1.32 * size * position, text)


def _draw_head(canvas: Any, paper: Any) -> None:
    bold = _fonts()[1]
    canvas.setFont(bold, 14)
    canvas.setFillColorRGB(0.08, 0.29, 0.36)
    canvas.drawString(43, 745, paper.office_name)
    canvas.setFillColorRGB(0.07, 0.07, 0.07)
    _write(canvas, 43, 728, paper.office_lines)
    _write(canvas, 445, 745, ("Account", "Bill", "Bill date", "Service"), right=True)
    facts = (paper.account_number, paper.bill_number, f"{paper.bill_date:%b %-d, %Y}")
    _write(canvas, 454, 745, (*facts, f"{paper.service_from:%b %-d} - {paper.service_to:%b %-d, %Y}"))
    canvas.setFillColorRGB(0.93, 0.96, 0.97)
    canvas.roundRect(338, 605, 230, 70, 5, fill=1)
    canvas.setFillColorRGB(0.07, 0.07, 0.07)
    _write(canvas, 350, 655, ("Amount due",))
    canvas.setFont(bold, 22)
    canvas.drawRightString(560, 650, f"${paper.due_amount:,.2f}")
    _write(
        canvas,
        560,
        628,
        (f"Pay by {paper.due_date:%A, %B %-d, %Y}", "After this date the bill is late."),
        right=True,
    )
    _write(canvas, 68, 605, [line.upper() for line in paper.addressee])
    _write(canvas, 338, 585, ("Previous balance", "Payments and credits", "This bill", "Amount due"))
    amounts = (paper.previous_amount, paper.credits_amount, paper.total_amount, paper.due_amount)
    _write(canvas, 568, 585, [f"${amount:,.2f}" for amount in amounts], right=True)
    _write(canvas, 43, 550, (f"Service at {paper.service_address}",))


def _draw_charges(canvas: Any, paper: Any) -> None:
    height = 525.0
    for row in paper.rows:
        _write(canvas, 43, height, row.text.split("\n"))
        if row.amount is not None:
            _write(canvas, 385, height, (f"${row.amount:,.2f}",), right=True)
        height -= 12 * (row.text.count("\n") + 1)
        if row.working:
            _write(canvas, 43, height, row.working.split("\n"), size=7.2)
            height -= 9.5 * (row.working.count("\n") + 1)
        if row.is_heading:
            canvas.line(43, height + 9, 385, height + 9)
    canvas.line(43, height + 9, 385, height + 9)
    _write(canvas, 43, height - 2, ("This bill",))
    _write(canvas, 385, height - 2, (f"${paper.total_amount:,.2f}",), right=True)


def _draw_chart(canvas: Any, paper: Any) -> None:
    top = max((float(month.quantity or 0) for month in paper.usage), default=1) or 1
    _write(canvas, 400, 530, (f"Your use by month, {paper.usage_unit.lower()}",))
    for part in range(4):
        canvas.line(400, 420 + 32 * part, 572, 420 + 32 * part)
        _write(canvas, 397, 418 + 32 * part, (f"{top * part / 3:.0f}",), size=6, right=True)
    canvas.setFillColorRGB(0.08, 0.29, 0.36)
    for position, month in enumerate(paper.usage):
        canvas.rect(402 + 13 * position, 420, 9, 96 * float(month.quantity or 0) / top, stroke=0, fill=1)
        _write(canvas, 402 + 13 * position, 411, (f"{month.month:%b}"[:1],), size=6)
    canvas.setFillColorRGB(0.07, 0.07, 0.07)


def _draw_stub(canvas: Any, paper: Any) -> None:
    advice = (
        "If you think that a charge is wrong, call or write before the due date. We will look at it with you,",
        "and nothing is shut off over an amount that is in dispute.",
    )
    _write(canvas, 43, 300, (*paper.messages, *advice))
    canvas.setDash(3, 3)
    canvas.line(0, 230, 612, 230)
    canvas.setDash()
    _write(canvas, 43, 220, ("Tear here and send the lower part with your payment.",), size=7.2)
    _write(canvas, 43, 190, (paper.addressee[0], paper.service_address))
    _write(canvas, 400, 190, ("Account", "Bill", "Due date", "Amount due"), right=True)
    values = (
        paper.account_number,
        paper.bill_number,
        f"{paper.due_date:%b %-d, %Y}",
        f"${paper.payable:,.2f}",
    )
    _write(canvas, 410, 190, values)
    _write(canvas, 400, 125, ("Amount paid",), right=True)
    canvas.rect(410, 118, 120, 20)
    _write(canvas, 68, 100, (paper.office_name, *paper.office_lines))
    _write(canvas, 300, 40, (paper.scan_line,), size=10)


if __name__ == "__main__":
    raise SystemExit(main())
