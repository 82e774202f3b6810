"""Check digits, and the line of digits on the remittance stub that a scanner reads.

The digit is Damm's (H. Michael Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004): one
decimal digit that catches every single wrong digit and every swap of two neighbours. Leading zeros
do not change it, so a padded number stays valid.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import is_in_cents

_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)

ACCOUNT_DIGITS = 11
CODE_DIGITS = 4
AMOUNT_DIGITS = 10
SCAN_LINE_DIGITS = ACCOUNT_DIGITS + 6 + CODE_DIGITS + 2 * AMOUNT_DIGITS + 1

_DIGITS = frozenset("0123456789")


class NotDigits(ValueError):
    """A number that should be digits only has something else in it."""


class ScanLineRefused(ValueError):
    """A scan line cannot be made or read; `part` names which part of it is wrong."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


@dataclass(frozen=True, slots=True)
class ScanLine:
    """What a remittance stub says to a scanner: 11 + 6 + 4 + 10 + 10 + 1 = 42 digits.

    `account` has its own check digit and is zero-filled; `code` is the office's (document or service);
    `late_amount` is what is owed after `due_date`.
    """

    account: str
    due_date: date
    code: str
    amount: Decimal
    late_amount: Decimal


def check_digit(base: str) -> str:
    """Give the digit that makes the number valid when put behind it. Raises NotDigits."""
    return str(_damm(base))


def with_check_digit(base: str) -> str:
    """Give the number with its check digit behind it. Raises NotDigits."""
    return base + check_digit(base)


def is_valid(number: str) -> bool:
    """Tell whether the text is digits only and its last one is the right check digit."""
    return len(number) > 1 and _DIGITS.issuperset(number) and _damm(number) == 0


def build_scan_line(line: ScanLine) -> str:
    """Write the 42 digits of a stub.

    Raises ScanLineRefused if a part does not fit its places, an amount is negative or not whole cents,
    the account's check digit is wrong, or the due date is outside 2000 to 2099.
    """
    account = line.account.zfill(ACCOUNT_DIGITS)
    if len(account) != ACCOUNT_DIGITS or not is_valid(account):
        raise ScanLineRefused("account", f'"{line.account}" is no account number of up to 11 digits.')
    if len(line.code) != CODE_DIGITS or not _DIGITS.issuperset(line.code):
        raise ScanLineRefused("code", f'The code "{line.code}" is not four digits.')
    if not 2000 <= line.due_date.year <= 2099:
        raise ScanLineRefused("due date", f"The due date {line.due_date} is outside 2000 to 2099.")
    amount = _amount_digits("amount", line.amount)
    late_amount = _amount_digits("late amount", line.late_amount)
    return with_check_digit(f"{account}{line.due_date:%m%d%y}{line.code}{amount}{late_amount}")


def parse_scan_line(text: str) -> ScanLine:
    """Read the 42 digits of a stub; spaces between them are passed over.

    Raises ScanLineRefused, naming the part: "length", "digits", "check digit", "account", "due date".
    The check digit is looked at first, because once it is wrong no part can be trusted.
    """
    digits = "".join(text.split())
    for place, character in enumerate(digits, start=1):
        if character not in _DIGITS:
            raise ScanLineRefused(
                "digits", f'The scan line has "{character}" at place {place}; it is digits only.'
            )
    if len(digits) != SCAN_LINE_DIGITS:
        raise ScanLineRefused(
            "length",
            f"The scan line has {len(digits)} digits; a whole one has {SCAN_LINE_DIGITS}. Scan it again.",
        )
    if not is_valid(digits):
        raise ScanLineRefused(
            "check digit", "The check digit of the scan line is wrong: a digit was misread. Scan it again."
        )
    account, due, code = digits[:11], digits[11:17], digits[17:21]
    if not is_valid(account):
        raise ScanLineRefused("account", f"{account} in the scan line is not one of our account numbers.")
    try:
        due_date = date(2000 + int(due[4:]), int(due[:2]), int(due[2:4]))
    except ValueError:
        raise ScanLineRefused(
            "due date", f"{due} in the scan line is not a date (month, day, year)."
        ) from None
    return ScanLine(account, due_date, code, _amount(digits[21:31]), _amount(digits[31:41]))


def _damm(digits: str) -> int:
    interim = 0
    for place, digit in enumerate(digits, start=1):
        if digit not in _DIGITS:
            raise NotDigits(f'"{digits}" has "{digit}" at place {place}; it is digits only.')
        interim = int(_DAMM[interim][int(digit)])
    return interim


def _amount_digits(part: str, amount: Decimal) -> str:
    if amount < 0 or not is_in_cents(amount):
        raise ScanLineRefused(part, f"The {part} {amount} is negative or not in whole cents.")
    digits = f"{int(amount * 100):0{AMOUNT_DIGITS}d}"
    if len(digits) > AMOUNT_DIGITS:
        raise ScanLineRefused(part, f"The {part} {amount:,} is more than a scan line holds (99,999,999.99).")
    return digits


def _amount(digits: str) -> Decimal:
    return Decimal(int(digits)).scaleb(-2)
