"""Words and marks that every template shares: money, dates, statuses, icons, charts, keys, panels."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import template
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import charts
from core.money import format_amount
from core.statuses import Look, look_of

register = template.Library()
logger = logging.getLogger(__name__)

SPRITE = "vendor/@tabler/icons-sprite/dist/tabler-sprite.svg"
SYMBOL = re.compile(r'<symbol id="tabler-([a-z0-9-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)
NO_AMOUNT = "—"


@register.filter(name="money")
def money_text(amount: Decimal | int | None) -> str:
    """Write an amount with the customer's sign: 1,234.50 is owed by the customer, 12.00 CR to them."""
    return NO_AMOUNT if amount is None or amount == "" else format_amount(amount)


@register.simple_tag(name="money")
def money_figure(amount: Decimal | int | None, size: str = "", words: str = "") -> SafeString:
    """Show an amount as a figure that lines up and that the incognito key blurs.

    `size` is "", "lg" or "xl"; `words` ("past due") is read out before the figure.
    """
    if amount is None:
        return format_html('<span class="money money-none">{}</span>', NO_AMOUNT)
    text = format_amount(amount)
    figure, _, credit = text.partition(" ")
    classes = "money" + (f" money-{size}" if size else "") + (" money-credit" if credit else "")
    spoken = format_html('<span class="visually-hidden">{} </span>', words) if words else ""
    suffix = format_html(' <abbr title="credit: the office owes this">{}</abbr>', credit) if credit else ""
    return format_html('<span class="{}" data-mask>{}{}{}</span>', classes, spoken, figure, suffix)


@register.filter
def count(number: int | Decimal | None) -> str:
    """Write a number of things or units with its thousands apart: 9,214. Text is left as it is."""
    if number is None or number == "":
        return NO_AMOUNT
    return f"{number:,}" if isinstance(number, int | Decimal) else str(number)


@register.filter
def as_of(moment: dt.date | dt.datetime | None, style: str = "") -> str:
    """Write a date or an instant in local time with its weekday: "Thu Dec 15, 2026 3:42 pm".

    A date has no time of day. `style` "short" leaves the year out; "time" gives the time of day alone.
    """
    if moment is None or moment == "":
        return NO_AMOUNT
    clock = ""
    if isinstance(moment, dt.datetime):
        moment = timezone.localtime(moment) if timezone.is_aware(moment) else moment
        clock = f"{moment.hour % 12 or 12}:{moment:%M} {'am' if moment.hour < 12 else 'pm'}"
    if style == "time" and clock:
        return clock
    day = f"{moment:%a %b} {moment.day}" + ("" if style == "short" else f", {moment.year}")
    return f"{day} {clock}".strip()


@register.simple_tag
def moment(value: dt.date | dt.datetime | None, style: str = "") -> SafeString:
    """Show a date or an instant as a `<time>` element that machines read too."""
    if not value:
        return format_html("{}", NO_AMOUNT)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), as_of(value, style))


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Draw an icon of the Tabler set in the line of text.

    Without `label` it is decoration, hidden from screen readers. `size` is "", "lg" or "xl".
    """
    drawing = _symbols().get(name, "")
    if not drawing:
        logger.warning("No icon is called %s", name)
    classes = f"icon icon-{size}" if size else "icon"
    spoken = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor"'
        ' stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        classes,
        spoken,
        SafeString(drawing),  # from the installed sprite
    )


def icon_names() -> frozenset[str]:
    """Give the names that `icon` can draw; empty where the front-end libraries are not installed."""
    return frozenset(_symbols())


@lru_cache(maxsize=1)
def _symbols() -> dict[str, str]:
    # Drawn into the page rather than referred to: the whole sprite weighs two megabytes in a browser.
    found = finders.find(SPRITE) or (staticfiles_storage.exists(SPRITE) and staticfiles_storage.path(SPRITE))
    if not found:
        logger.warning("Icons are not drawn: %s is not installed. Run make setup.", SPRITE)
        return {}
    blank = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'
    text = Path(str(found)).read_text(encoding="utf-8")
    return {name: drawing.replace(blank, "") for name, drawing in SYMBOL.findall(text)}


@register.inclusion_tag("components/badge.html")
def status_badge(status: Any, label: str = "", tone: str = "", icon: str = "") -> dict[str, Any]:
    """Show a status as colour, icon and word. `status` is a code of a TextChoices or one of its members.

    `label`, `tone` (ok, info, wait, warn, danger, quiet) and `icon` override what the code gives.
    """
    look = look_of(status)
    words = label or getattr(status, "label", "") or look.word
    return {"look": Look(word=str(words), tone=tone or look.tone, icon=icon or look.icon)}


@register.inclusion_tag("components/chart.html")
def usage_chart(
    months: Sequence[charts.UsageMonth],
    unit: str = "CCF",
    id: str = "usage",  # noqa: A002 - the word that templates use for it
    title: str = "",
) -> dict[str, Any]:
    """Draw use by month with last year's line; the figures stand in a table behind it."""
    return _chart(charts.usage_chart(months=months, unit=unit, chart_id=id, title=title), mask=False)


@register.inclusion_tag("components/chart.html")
def aging_chart(
    buckets: Sequence[charts.AgingBucket],
    id: str = "aging",  # noqa: A002 - the word that templates use for it
) -> dict[str, Any]:
    """Draw what is owed by days late as one bar; the figures stand in a table behind it."""
    return _chart(charts.aging_chart(buckets=buckets, chart_id=id), mask=True)


def _chart(chart: charts.Chart, *, mask: bool) -> dict[str, Any]:
    # core.charts escapes every word it is given, so that its text is safe to place as it is.
    return {"chart": chart, "mask": mask, "drawing": SafeString(chart.svg)}


@register.simple_tag(takes_context=True)
def querystring_with(context: template.Context, **changes: Any) -> str:
    """Give this page's query string with some values replaced; None or "" takes one out.

    A change of filter or order goes back to page one unless `page` is among the changes.
    """
    query: QueryDict = context["request"].GET.copy()
    if "page" not in changes:
        query.pop("page", None)
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    pairs = [(name, value) for name, values in query.lists() for value in values]
    return f"?{urlencode(pairs)}" if pairs else "?"


@register.simple_tag
def keys(combination: str) -> SafeString:
    """Show which key does this ("p", "ctrl+k", "g h"), as a hint beside the words of a button or link."""
    names = {"ctrl": "Ctrl", "enter": "Enter", "escape": "Esc", "shift": "Shift", "alt": "Alt"}
    caps = [
        format_html("<kbd>{}</kbd>", "+".join(names.get(part, part.upper()) for part in stroke.split("+")))
        for stroke in combination.lower().split()
    ]
    hint = SafeString(" ".join(caps))
    return format_html('<span class="key-hint" aria-hidden="true">{}</span>', hint)


@register.inclusion_tag("components/nav_link.html", takes_context=True)
def nav_link(
    context: template.Context,
    route: str,
    words: str,
    icon: str,
    *,
    key: str = "",
    count: int | None = None,
) -> dict[str, Any]:
    """Show an entry of the main menu, marked as current within its pages.

    An entry whose route this installation does not serve is left out.
    """
    try:
        url = reverse(route)
    except NoReverseMatch:
        return {"url": ""}
    path = context["request"].path if "request" in context else ""
    home = route == "desk:home"
    current = path == url if home else path.startswith(url)
    return {"url": url, "words": words, "icon": icon, "key": key, "count": count, "current": current}


@register.simple_block_tag
def panel(
    content: str,
    *,
    title: str = "",
    icon: str = "",
    id: str = "",  # noqa: A002 - the word that templates use for it
    tone: str = "",
    link: str = "",
) -> SafeString:
    """Frame a part of a page: `{% panel title="Services" icon="droplet" %}...{% endpanel %}`.

    `tone` "flush" takes the padding away for a table; "warn" and "danger" colour the edge. `link` is where
    "All" leads.
    """
    values = {"content": content, "title": title, "icon": icon, "id": id, "tone": tone, "link": link}
    return render_to_string("components/panel.html", values)
