"""Charts drawn on the server as SVG text: the same drawing goes on a screen and on a printed bill.

Pure: figures in, text out. Every series is one `<path>`, whatever the number of points, so that a bill
page prints fast. Each drawing carries a title and a description, and comes with its figures as rows, for
the table that stands behind it. Bars start at zero. Series differ by shape or stripes as well as by
colour, so that grey paper shows the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

WIDTH = 420
USAGE_HEIGHT = 172
AGING_HEIGHT = 58
PLOT_LEFT = 34
PLOT_TOP = 20
PLOT_BOTTOM = 148
INK = "#1d2a33"
MUTED = "#5a6872"
GRID = "#dde3e7"
BAR = "#1f7a99"
PRIOR = "#b4540a"
AGING_FILLS = ("#2b7a78", "#c9a227", "#d97706", "#c2410c", "#8f1d1d")


@dataclass(frozen=True)
class UsageMonth:
    """Use billed in a month (None: nothing was billed); `prior` is that of the same month last year."""

    month: dt.date
    quantity: Decimal | None
    prior: Decimal | None = None
    estimated: bool = False


@dataclass(frozen=True)
class AgingBucket:
    """An amount owed for a span of days late: `label` is what the office calls it ("31-60 days")."""

    label: str
    amount: Decimal


@dataclass(frozen=True)
class Chart:
    """A finished drawing: `svg` text, and the figures behind it as `headers` and `rows` of text."""

    title: str
    description: str
    svg: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def usage_chart(
    *, months: Sequence[UsageMonth], unit: str, chart_id: str, title: str = "", label_every: int = 1
) -> Chart:
    """Draw monthly use as bars with last year's line over them.

    `months` are in order of time, usually 13; `unit` is what `quantity` is measured in ("CCF", "gallons");
    `chart_id` must be unique on the page. Estimated months are striped. An empty sequence gives a drawing
    that says so.
    """
    title = title or f"Use by month, {unit}"
    headers = ("Month", f"Use ({unit})", "Year before", "Read")
    rows = tuple(
        (
            point.month.strftime("%b %Y"),
            _figure(point.quantity),
            _figure(point.prior),
            "estimated" if point.estimated else ("actual" if point.quantity is not None else ""),
        )
        for point in months
    )
    description = _usage_description(months, unit)
    if not months:
        body = _text(WIDTH / 2, USAGE_HEIGHT / 2, "No use billed yet", anchor="middle", size=13)
        return Chart(
            title, description, _svg(chart_id, title, description, USAGE_HEIGHT, body), headers, rows
        )
    top = axis_top(
        max(
            (value for point in months for value in (point.quantity, point.prior) if value),
            default=Decimal(1),
        )
    )
    body = _usage_axes(top) + _usage_series(months, top) + _usage_labels(months, top, label_every)
    return Chart(title, description, _svg(chart_id, title, description, USAGE_HEIGHT, body), headers, rows)


def aging_chart(
    *, buckets: Sequence[AgingBucket], chart_id: str, title: str = "What is owed, by days late"
) -> Chart:
    """Draw one stacked bar of what is owed by age, current first.

    Amounts below zero are drawn as nothing (a credit has no age) but stay in the rows. At most five buckets.
    Raises ValueError for more, because a sixth would have no colour of its own.
    """
    if len(buckets) > len(AGING_FILLS):
        raise ValueError(
            f"An aging bar shows at most {len(AGING_FILLS)} spans of days; {len(buckets)} were given."
        )
    shown = [max(bucket.amount, Decimal(0)) for bucket in buckets]
    total = sum(shown, Decimal(0))
    rows = tuple(
        (bucket.label, f"{bucket.amount:,.2f}", _share(part, total))
        for bucket, part in zip(buckets, shown, strict=True)
    )
    headers = ("Days late", "Amount", "Share")
    if not total:
        body = _rect_path(0, 8, WIDTH, 18, GRID) + _text(0, 46, "Nothing owed", size=12)
        return Chart(
            title,
            "Nothing is owed.",
            _svg(chart_id, title, "Nothing is owed.", AGING_HEIGHT, body),
            headers,
            rows,
        )
    description = "; ".join(f"{label} {amount}" for label, amount, _ in rows) + "."
    body = _aging_body(buckets, shown, total)
    return Chart(title, description, _svg(chart_id, title, description, AGING_HEIGHT, body), headers, rows)


def axis_top(largest: Decimal) -> Decimal:
    """Give the figure where a scale ends: 1 to 6 or 8 times a power of ten, at or above `largest`."""
    if largest <= 0:
        return Decimal(1)
    power = Decimal(10) ** largest.adjusted()
    for step in (1, 2, 3, 4, 5, 6, 8, 10):
        if power * step >= largest:
            return power * step
    raise AssertionError("a figure is never above ten times its own power of ten")


def _aging_body(buckets: Sequence[AgingBucket], shown: Sequence[Decimal], total: Decimal) -> str:
    """Draw the pieces of the bar; the largest are labelled first, and a label that finds no room is left out."""
    pieces: list[str] = []
    places: list[tuple[Decimal, float, str]] = []
    left = 0.0
    for bucket, part, fill in zip(buckets, shown, AGING_FILLS, strict=False):
        width = float(part / total) * WIDTH
        if width:
            pieces.append(_rect_path(left, 8, max(width - 1.5, 1), 18, fill))
            places.append((part, left, bucket.label))
        left += width
    taken: list[tuple[float, float]] = []
    for part, start, label in sorted(places, reverse=True):
        amount = f"{part:,.2f}"
        wide = max(_text_width(label, 11), _text_width(amount, 12))
        at = max(min(start, WIDTH - wide), 0)
        if any(at < end and begin < at + wide for begin, end in taken):
            continue
        taken.append((at - 8, at + wide + 8))
        pieces.append(_text(at, 41, label) + _text(at, 55, amount, size=12, fill=INK))
    return "".join(pieces)


def _usage_axes(top: Decimal) -> str:
    lines = "".join(f"M{PLOT_LEFT} {_y(top * part / 2, top):.1f}H{WIDTH}" for part in (0, 1, 2))
    labels = "".join(
        _text(PLOT_LEFT - 5, _y(top * part / 2, top) + 4, _figure(top * part / 2), anchor="end")
        for part in (0, 1, 2)
    )
    return f'<path class="chart-grid" d="{lines}" fill="none" stroke="{GRID}" stroke-width="1"/>{labels}'


def _usage_series(months: Sequence[UsageMonth], top: Decimal) -> str:
    slot = (WIDTH - PLOT_LEFT) / len(months)
    actual: list[str] = []
    estimated: list[str] = []
    line: list[str] = []
    pen_down = False
    for index, point in enumerate(months):
        left = PLOT_LEFT + index * slot
        if point.quantity is not None and point.quantity > 0:
            corner = f"M{left + slot * 0.16:.1f} {PLOT_BOTTOM}V{_y(point.quantity, top):.1f}"
            bar = f"{corner}h{slot * 0.68:.1f}V{PLOT_BOTTOM}z"
            if point.estimated:
                estimated.append(bar + _stripes(left + slot * 0.16, slot * 0.68, _y(point.quantity, top)))
            else:
                actual.append(bar)
        if point.prior is None:
            pen_down = False
        else:
            line.append(f"{'L' if pen_down else 'M'}{left + slot / 2:.1f} {_y(point.prior, top):.1f}")
            pen_down = True
    series = ""
    if actual:
        series += f'<path class="chart-bar" d="{"".join(actual)}" fill="{BAR}"/>'
    if estimated:
        series += (
            f'<path class="chart-bar-estimated" d="{"".join(estimated)}" fill="none" stroke="{BAR}"'
            ' stroke-width="1.3"/>'
        )
    if line:
        series += (
            f'<path class="chart-prior" d="{"".join(line)}" fill="none" stroke="{PRIOR}" stroke-width="2"'
            ' stroke-linejoin="round" stroke-linecap="round" stroke-dasharray="5 3"/>'
        )
    return series


def _stripes(left: float, width: float, top: float) -> str:
    # Lines of the path itself: a pattern fill comes out empty in print.
    count = int((PLOT_BOTTOM - top) // 4)
    return "".join(f"M{left:.1f} {PLOT_BOTTOM - 4 * step}h{width:.1f}" for step in range(1, count + 1))


def _usage_labels(months: Sequence[UsageMonth], top: Decimal, label_every: int) -> str:
    slot = (WIDTH - PLOT_LEFT) / len(months)
    labels = [
        _text(
            PLOT_LEFT + index * slot + slot / 2,
            PLOT_BOTTOM + 15,
            f"{point.month:%b}"[: 3 if slot > 24 else 1],
            anchor="middle",
        )
        for index, point in enumerate(months)
        if (len(months) - 1 - index) % label_every == 0
    ]
    latest = months[-1]
    if latest.quantity is not None and latest.quantity > 0:
        middle = WIDTH - slot / 2
        labels.append(
            _text(
                middle,
                _y(latest.quantity, top) - 4,
                _figure(latest.quantity),
                anchor="middle",
                size=12,
                fill=INK,
                bold=True,
            )
        )
    if any(point.prior is not None for point in months):
        labels.append(
            f'<path class="chart-prior" d="M{PLOT_LEFT} 8h18" fill="none" stroke="{PRIOR}"'
            ' stroke-width="2" stroke-dasharray="5 3"/>'
        )
        labels.append(_text(PLOT_LEFT + 23, 12, "year before"))
    if any(point.estimated for point in months):
        labels.append(_text(WIDTH, 12, "striped: estimated", anchor="end"))
    return "".join(labels)


def _usage_description(months: Sequence[UsageMonth], unit: str) -> str:
    billed = [point for point in months if point.quantity is not None]
    if not billed:
        return "No use has been billed."
    latest, largest = billed[-1], max(billed, key=lambda point: (point.quantity or Decimal(0), point.month))
    text = f"{latest.month:%B %Y}: {_figure(latest.quantity)} {unit}."
    if latest.prior is not None:
        text += f" A year before: {_figure(latest.prior)} {unit}."
    return f"{text} Most in {largest.month:%B %Y}: {_figure(largest.quantity)} {unit}."


def _svg(chart_id: str, title: str, description: str, height: int, body: str) -> str:
    ident = escape(chart_id)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="office-chart" role="img"'
        f' viewBox="0 0 {WIDTH} {height}" aria-labelledby="{ident}-title {ident}-desc" font-family="inherit">'
        f'<title id="{ident}-title">{escape(title)}</title>'
        f'<desc id="{ident}-desc">{escape(description)}</desc>{body}</svg>'
    )


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: int = 11,
    fill: str = MUTED,
    bold: bool = False,
) -> str:
    weight = ' font-weight="700"' if bold else ""
    tone = "chart-ink" if fill == INK else "chart-muted"
    return (
        f'<text class="{tone}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
        f' fill="{fill}"{weight}>{escape(words)}</text>'
    )


def _rect_path(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<path d="M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z" fill="{fill}"/>'


def _y(value: Decimal, top: Decimal) -> float:
    return PLOT_BOTTOM - float(min(max(value, Decimal(0)), top) / top) * (PLOT_BOTTOM - PLOT_TOP)


def _figure(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def _share(part: Decimal, total: Decimal) -> str:
    return f"{part / total:.0%}" if total else "0%"


def _text_width(words: str, size: int) -> float:
    """Guess the width of `words` on the wide side, six tenths of the size a letter: labels never touch."""
    return len(words) * size * 0.6
