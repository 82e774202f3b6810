"""The working of a line in plain English: arithmetic a clerk can read out, the same on screen, bill, letter
and API.
"""

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from billing.rates.numbers import words
from billing.rates.results import RatedLine, Step

_SHOWN = Decimal("0.000001")


def explain(working: Iterable[Step]) -> list[str]:
    """One sentence of arithmetic a step, in order. Steps of a kind that is not known are left out."""
    return [_SENTENCES[step["kind"]](step) for step in working if step.get("kind") in _SENTENCES]


def explain_line(line: RatedLine) -> list[str]:
    """The working of one line, ending with the rounding to cents where there was anything to round."""
    sentences = explain(line.working)
    if len([step for step in line.working if step.get("kind") in ("block", "fixed", "use")]) > 1:
        sentences.append(f"Together {_money(str(line.exact))}")
    if line.exact != line.amount:
        sentences.append(f"Rounded to the cent: ${line.amount:,.2f}")
    return sentences


def _number(text: str) -> str:
    """A number for reading: without needless zeros, at most six decimals."""
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        value = value.quantize(_SHOWN, rounding=ROUND_HALF_EVEN)
    shown = f"{value:,f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _money(text: str) -> str:
    """An exact amount with at least two decimals, and all it has up to six."""
    value = Decimal(_number(text).replace(",", ""))
    exponent = value.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    sign = "-" if value < 0 else ""
    return f"{sign}${abs(value):,.{places}f}"


def _chosen(step: Step) -> str:
    """What chose the price, as a clause in brackets."""
    by = step.get("by")
    if by:
        return f" (for {', '.join(f'{words(name)} {key}' for name, key in by.items())})"
    return f" ({_formula(step)})" if "formula" in step else ""


def _formula(step: Step) -> str:
    values = step.get("with", {})
    where = ", ".join(f"{words(name)} {_number(value)}" for name, value in values.items())
    return f"{step['formula']}{' where ' + where if where else ''}"


def _fixed(step: Step) -> str:
    days = f" x {step['days']}/{step['of_days']} days" if "days" in step else ""
    if "quantity" in step:
        left = f"{_number(step['quantity'])} {words(step['unit'])} x {_money(step['price'])}{days}"
        return f"{left} = {_money(step['amount'])}{_chosen(step)}"
    if days:
        return f"{_money(step['price'])}{days} = {_money(step['amount'])}{_chosen(step)}"
    return f"{_money(step['amount'])} a billing period{_chosen(step)}"


def _use(step: Step) -> str:
    left = f"{_number(step['quantity'])} {words(step['unit'])} x {_money(step['price'])}"
    return f"{left} = {_money(step['amount'])}{_chosen(step)}"


def _block(step: Step) -> str:
    unit = words(step["unit"])
    if step["to"] is None and step["from"] == "0":
        reach = "all use"
    elif step["to"] is None:
        reach = f"above {_number(step['from'])} {unit}"
    elif step["from"] == "0":
        reach = f"the first {_number(step['to'])} {unit}"
    else:
        reach = f"above {_number(step['from'])} up to {_number(step['to'])} {unit}"
    left = f"{_number(step['quantity'])} {unit} x {_money(step['price'])}"
    return f"{left} = {_money(step['amount'])} (block {step['block']}: {reach})"


def _percent(step: Step) -> str:
    rate = _number(str(Decimal(step["rate"]) * 100))
    of = " + ".join(words(name) for name in step["of"])
    return f"{rate}% of {_money(step['base'])} ({of}) = {_money(step['amount'])}{_chosen(step)}"


def _sentence_formula(step: Step) -> str:
    return f"{_formula(step)} = {_money(step['amount'])}"


def _part(step: Step) -> str:
    return f"{words(step['name']).capitalize()} is {_number(step['value'])}{_chosen(step)}"


def _allotment(step: Step) -> str:
    exact, whole = _number(step["exact"]), _number(step["quantity"])
    rounded = "" if exact == whole else f", from {exact}"
    return f"{words(step['name']).capitalize()} allotment: {whole} whole units{rounded}"


def _budget_share(step: Step) -> str:
    whole = f"{_number(step['quantity'])} whole units"
    return f"{_number(step['percent'])}% of a budget of {_number(step['of'])} = {whole}"


_SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "fixed": _fixed,
    "use": _use,
    "block": _block,
    "percent": _percent,
    "formula": _sentence_formula,
    "part": _part,
    "allotment": _allotment,
    "budget_share": _budget_share,
}
