"""Charts: what is drawn, what is said beside it, and that a series is one path."""

import datetime as dt
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from core import charts

SVG = "{http://www.w3.org/2000/svg}"


def thirteen_months(**changes: object) -> list[charts.UsageMonth]:
    months = []
    for index in range(13):
        year, month = divmod(2025 * 12 + 10 + index, 12)
        months.append(
            charts.UsageMonth(
                month=dt.date(year, month + 1, 1),
                quantity=Decimal(index + 1),
                prior=Decimal(index),
                estimated=index in changes.get("estimated", ()),  # type: ignore[operator]  # a test's own tuple
            )
        )
    return months


def paths(chart: charts.Chart, css_class: str) -> list[ET.Element]:
    root = ET.fromstring(chart.svg)
    return [path for path in root.iter(f"{SVG}path") if path.get("class") == css_class]


class TestUsageChart:
    def test_draws_all_bars_in_one_path(self) -> None:
        chart = charts.usage_chart(months=thirteen_months(), unit="CCF", chart_id="use")
        (bars,) = paths(chart, "chart-bar")
        assert (bars.get("d") or "").count("M") == 13

    def test_starts_each_bar_at_zero_and_scales_it_to_the_axis(self) -> None:
        months = [
            charts.UsageMonth(dt.date(2026, 1, 1), Decimal(5)),
            charts.UsageMonth(dt.date(2026, 2, 1), Decimal(10)),
        ]
        chart = charts.usage_chart(months=months, unit="CCF", chart_id="use")
        (bars,) = paths(chart, "chart-bar")
        tops = [float(top) for top in re.findall(r"M[\d.]+ 148V([\d.]+)h", bars.get("d") or "")]
        assert tops == [84.0, 20.0]

    def test_draws_last_year_as_a_line_that_breaks_where_nothing_is_known(self) -> None:
        months = [
            charts.UsageMonth(dt.date(2026, month, 1), Decimal(4), prior)
            for month, prior in enumerate((Decimal(1), Decimal(2), None, Decimal(3)), start=1)
        ]
        line, _legend = paths(charts.usage_chart(months=months, unit="CCF", chart_id="use"), "chart-prior")
        assert (line.get("d") or "").count("M") == 2
        assert (line.get("d") or "").count("L") == 1

    def test_stripes_estimated_months_apart_from_read_ones(self) -> None:
        chart = charts.usage_chart(months=thirteen_months(estimated=(3, 4)), unit="CCF", chart_id="use")
        (striped,) = paths(chart, "chart-bar-estimated")
        assert striped.get("fill") == "none"
        assert (striped.get("d") or "").count("z") == 2
        assert chart.rows[3][3] == "estimated"

    def test_says_the_latest_and_the_largest_month_in_words(self) -> None:
        chart = charts.usage_chart(months=thirteen_months(), unit="CCF", chart_id="use")
        assert (
            chart.description
            == "November 2026: 13 CCF. A year before: 12 CCF. Most in November 2026: 13 CCF."
        )
        assert chart.description in "".join(ET.fromstring(chart.svg).itertext())

    def test_lists_every_figure_for_the_table(self) -> None:
        chart = charts.usage_chart(months=thirteen_months(), unit="CCF", chart_id="use")
        assert len(chart.rows) == 13
        assert chart.rows[0] == ("Nov 2025", "1", "0", "actual")

    def test_says_so_when_nothing_was_billed(self) -> None:
        chart = charts.usage_chart(months=[], unit="CCF", chart_id="use")
        assert "No use billed yet" in chart.svg
        assert chart.rows == ()

    def test_escapes_words_that_come_from_outside(self) -> None:
        chart = charts.usage_chart(months=thirteen_months(), unit='<b>"', chart_id="use")
        assert "<b>" not in chart.svg
        ET.fromstring(chart.svg)

    def test_carries_no_inline_style_that_the_page_policy_would_refuse(self) -> None:
        assert "style=" not in charts.usage_chart(months=thirteen_months(), unit="CCF", chart_id="use").svg


class TestAxisTop:
    @pytest.mark.parametrize(
        ("largest", "top"),
        [
            ("0", "1"),
            ("0.7", "0.8"),
            ("1", "1"),
            ("2.4", "3"),
            ("41", "50"),
            ("99", "100"),
            ("541", "600"),
            ("620", "800"),
        ],
    )
    def test_ends_the_scale_on_a_round_figure_at_or_above(self, largest: str, top: str) -> None:
        assert charts.axis_top(Decimal(largest)) == Decimal(top)


class TestAgingChart:
    BUCKETS = (
        charts.AgingBucket("Current", Decimal("50.00")),
        charts.AgingBucket("1-30 days", Decimal("25.00")),
        charts.AgingBucket("31-60 days", Decimal("25.00")),
        charts.AgingBucket("61-90 days", Decimal("0.00")),
    )

    def test_gives_each_span_its_share_of_the_width(self) -> None:
        svg = charts.aging_chart(buckets=self.BUCKETS, chart_id="age").svg
        starts = [float(start) for start in re.findall(r'd="M([\d.]+) 8.0h', svg)]
        assert starts == [0.0, 210.0, 315.0]

    def test_lists_amount_and_share_of_each_span(self) -> None:
        chart = charts.aging_chart(buckets=self.BUCKETS, chart_id="age")
        assert chart.rows[1] == ("1-30 days", "25.00", "25%")
        assert chart.rows[3] == ("61-90 days", "0.00", "0%")

    def test_draws_no_bar_for_a_credit_but_lists_it(self) -> None:
        buckets = (
            charts.AgingBucket("Current", Decimal("-5.00")),
            charts.AgingBucket("1-30 days", Decimal("10.00")),
        )
        chart = charts.aging_chart(buckets=buckets, chart_id="age")
        assert chart.rows[0] == ("Current", "-5.00", "0%")
        assert chart.svg.count("<path") == 1

    def test_leaves_out_a_label_that_would_touch_another(self) -> None:
        amounts = ("900.00", "1.00", "1.00", "1.00", "60.00")
        buckets = [charts.AgingBucket(f"{index}0 days", Decimal(text)) for index, text in enumerate(amounts)]
        root = ET.fromstring(charts.aging_chart(buckets=buckets, chart_id="age").svg)
        drawn = [text.text for text in root.iter(f"{SVG}text")]
        assert drawn == ["00 days", "900.00", "40 days", "60.00"]

    def test_says_so_when_nothing_is_owed(self) -> None:
        chart = charts.aging_chart(buckets=(charts.AgingBucket("Current", Decimal(0)),), chart_id="age")
        assert "Nothing owed" in chart.svg

    def test_refuses_a_sixth_span(self) -> None:
        buckets = tuple(charts.AgingBucket(str(number), Decimal(1)) for number in range(6))
        with pytest.raises(ValueError, match="at most 5"):
            charts.aging_chart(buckets=buckets, chart_id="age")
