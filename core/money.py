"""Money: the only roundings, the only splits, and amounts as people type and read them.

Amounts are `Decimal` with two places. A binary float never gets in: it has already lost the cents
that the books are about.
"""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from math import lcm

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST_AMOUNT = Decimal("999999999999.99")

# Wide enough that quantising never refuses a value an office can meet, and never rounds it twice.
_WIDE = Context(prec=100, rounding=ROUND_HALF_UP)

# Letters that a typist or a scanner takes for digits.
_LOOKALIKES = {"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "B": "8", "Z": "2"}


class MoneyNotExact(TypeError):
    """A value that is not an exact decimal (a float, a truth value, a text) was given as money."""


class MoneyNotFinite(ValueError):
    """NaN or an infinity was given as money."""


class MoneyNotInCents(ValueError):
    """An amount with a part of a cent was given where whole cents are due."""


class SplitWithoutWeight(ValueError):
    """There is nothing to split by: no weights, or all of them zero."""


class SplitWeightNegative(ValueError):
    """A share cannot have a weight below zero."""


class AmountNotUnderstood(ValueError):
    """A typed amount is not an amount; the message shows what stands where and what is expected."""


def to_cents(value: Decimal | int) -> Decimal:
    """Round an exact value to whole cents, half a cent away from zero.

    This is the one rounding of the books; call it where a bill line (or a fee, or a tax) becomes an
    amount, and nowhere before. Never gives a negative zero.
    Raises MoneyNotExact for a float or any other inexact type, MoneyNotFinite for NaN and infinities.
    """
    exact = _exact(value)
    return _WIDE.add(exact.quantize(CENT, context=_WIDE), ZERO)


def is_in_cents(value: Decimal | int) -> bool:
    """Tell whether the value has no part of a cent. Raises as `to_cents` does."""
    exact = _exact(value)
    return exact == exact.quantize(CENT, context=_WIDE)


def split(total: Decimal | int, weights: Sequence[Decimal | int]) -> list[Decimal]:
    """Split an amount in proportion to the weights; the parts always sum to the amount.

    Largest remainder: every part gets its share rounded down to the cent, and the cents left over go
    one each to the largest remainders, the earlier part first where they tie. So no part is a whole
    cent away from its exact share, and a part with weight zero gets nothing. A negative amount is
    split as its positive and every part is turned over.
    Raises MoneyNotInCents if the amount has a part of a cent, SplitWithoutWeight if no weight is
    above zero, SplitWeightNegative, MoneyNotExact, MoneyNotFinite.
    """
    if not is_in_cents(total):
        raise MoneyNotInCents(f"{total} cannot be split: it has a part of a cent.")
    shares = _whole_weights(weights)
    weight = sum(shares)
    if weight == 0:
        raise SplitWithoutWeight(f"{total} cannot be split: no share has a weight above zero.")
    signed_cents = int(_exact(total).scaleb(2, context=_WIDE))
    cents = abs(signed_cents)
    parts, remainders = [], []
    for position, share in enumerate(shares):
        part, remainder = divmod(cents * share, weight)
        parts.append(part)
        remainders.append((-remainder, position))
    for _, position in sorted(remainders)[: cents - sum(parts)]:
        parts[position] += 1
    sign = -1 if signed_cents < 0 else 1
    result = [Decimal(sign * part).scaleb(-2, context=_WIDE) + ZERO for part in parts]
    if sum(result, ZERO) != total:
        raise AssertionError(f"the parts {result} do not sum to {total}")
    return result


def format_amount(amount: Decimal | int) -> str:
    """Write an amount with the customer's sign: "1,234.50" is owed by the customer, "12.00 CR" by us.

    Raises MoneyNotInCents rather than showing a rounded figure that is in no book.
    """
    if not is_in_cents(amount):
        raise MoneyNotInCents(f"{amount} cannot be shown as an amount: it has a part of a cent.")
    cents = to_cents(amount)
    return f"{-cents:,.2f} CR" if cents < 0 else f"{cents:,.2f}"


def parse_amount(text: str) -> Decimal:
    """Read an amount as a person types it, with the sums of an adding machine.

    Takes "1,234.50", "$12", ".50", "12.00 CR" (ours: negative), "-5.00", and reckoning with + - * / and
    @ (times): "52.37+84.10", "3@18.50", "1/2"; times and division go first. Zero and negative amounts
    are read too: whether they are allowed is the caller's rule.
    Raises AmountNotUnderstood for anything else, for a number with more than two decimals, and for a
    result that is not whole cents or is beyond 999,999,999,999.99.
    """
    return _AmountText(text).amount()


def _exact(value: Decimal | int) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise MoneyNotExact(f"{value!r} is a {type(value).__name__}: money is counted in Decimal only.")
    exact = Decimal(value)
    if not exact.is_finite():
        raise MoneyNotFinite(f"{value} is not an amount of money.")
    return exact


def _whole_weights(weights: Sequence[Decimal | int]) -> list[int]:
    """Bring the weights to whole numbers in the same proportion, exactly."""
    ratios = [_exact(weight).as_integer_ratio() for weight in weights]
    for position, (numerator, _) in enumerate(ratios, start=1):
        if numerator < 0:
            raise SplitWeightNegative(f"Share {position} has the weight {weights[position - 1]}, below zero.")
    scale = lcm(*(denominator for _, denominator in ratios))
    return [numerator * (scale // denominator) for numerator, denominator in ratios]


class _AmountText:
    """A reader of one typed amount: a sum of products of plain numbers."""

    _NUMBER = re.compile(r"\$?([0-9][0-9,]*|(?=\.[0-9]))(\.[0-9]*)?")
    _GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+|")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.end = len(text)

    def amount(self) -> Decimal:
        if not self.text.strip():
            raise AmountNotUnderstood("No amount was typed. Type it as 1234.50.")
        if len(self.text) > 200:
            raise AmountNotUnderstood(f"The amount is {len(self.text)} characters long; 200 is the most.")
        credit = re.search(r"[ ]*CR[ ]*\Z", self.text, re.IGNORECASE)
        if credit:
            self.end = credit.start()
        value = self._sum()
        if self._peek():
            raise self._refusal()
        cents = (-value if credit else value) * 100
        if cents.denominator != 1:
            near = to_cents(Decimal(value.numerator) / Decimal(value.denominator))
            raise AmountNotUnderstood(f'"{self.text}" does not come to whole cents (nearest {near}).')
        if abs(cents) > LARGEST_AMOUNT * 100:
            raise AmountNotUnderstood(f'"{self.text}" is more than the largest amount, {LARGEST_AMOUNT:,}.')
        return Decimal(int(cents)).scaleb(-2) + ZERO

    def _sum(self) -> Fraction:
        negative = self._take("-")
        total = -self._product() if negative else self._product()
        while sign := self._take("+-"):
            product = self._product()
            total += product if sign == "+" else -product
        return total

    def _product(self) -> Fraction:
        product = self._number()
        while sign := self._take("@*/"):
            place = self.at
            factor = self._number()
            if sign != "/":
                product *= factor
            elif factor:
                product /= factor
            else:
                raise AmountNotUnderstood(f'"{self.text}" divides by zero at character {place}.')
        return product

    def _number(self) -> Fraction:
        self._peek()
        start = self.at
        found = self._NUMBER.match(self.text, start, self.end)
        if not found:
            raise self._refusal()
        self.at = found.end()
        if self.at < self.end and self._is_part_of_a_number(self.text[self.at]):
            raise self._refusal()
        whole, decimals = found[1], (found[2] or ".")[1:]
        if not self._GROUPED.fullmatch(whole):
            raise AmountNotUnderstood(
                f'"{self.text}" has a comma in the wrong place in "{found[0]}" at character {start + 1}: '
                "commas part thousands (1,234.50), a point parts cents."
            )
        if len(decimals) > 2:
            raise AmountNotUnderstood(
                f'"{self.text}" has {len(decimals)} decimals in "{found[0]}" at character {start + 1}; '
                "an amount has two at most."
            )
        return Fraction(f"{whole.replace(',', '') or '0'}.{decimals or '0'}")

    def _peek(self) -> str:
        while self.at < self.end and self.text[self.at] == " ":
            self.at += 1
        return self.text[self.at] if self.at < self.end else ""

    def _take(self, signs: str) -> str:
        found = self._peek()
        if found and found in signs:
            self.at += 1
            return found
        return ""

    @staticmethod
    def _is_part_of_a_number(character: str) -> bool:
        return character not in " +-@*/"

    def _refusal(self) -> AmountNotUnderstood:
        if self.at >= self.end:
            return AmountNotUnderstood(f'"{self.text}" stops where a number is expected.')
        found = self.text[self.at]
        what = f'the letter "{found}"' if found.isalpha() else f'"{found}"'
        hint = _LOOKALIKES.get(found)
        meant = f" Was {hint} meant?" if hint else ""
        return AmountNotUnderstood(
            f'"{self.text}" is not an amount: {what} at character {self.at + 1} does not belong there.{meant}'
        )
