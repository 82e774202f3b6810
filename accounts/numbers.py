"""How account numbers and phone numbers are written. Pure."""

from __future__ import annotations

import re

from core.check_digits import ACCOUNT_DIGITS, with_check_digit

_SEPARATORS = re.compile(r"[\s\-./()]+")


def account_number(base: int) -> str:
    """The account number of the ``base``-th account: ten digits, zero-padded, and a check digit behind them."""
    return with_check_digit(f"{base:0{ACCOUNT_DIGITS - 1}d}")


def without_separators(text: str) -> str:
    """``text`` without the blanks, dashes, dots, slashes and brackets that people put between digits."""
    return _SEPARATORS.sub("", text.strip())


def digits_of(text: str) -> str:
    """Only the digits of ``text``, as a phone is found by."""
    return "".join(character for character in text if character in "0123456789")
