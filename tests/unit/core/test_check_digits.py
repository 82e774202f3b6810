"""Check digits and the scan line of the remittance stub."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import check_digits
from core.check_digits import ScanLine, build_scan_line, parse_scan_line

bases = st.text(alphabet="0123456789", min_size=1, max_size=20)
amounts = st.decimals(0, Decimal("99999999.99"), places=2, allow_nan=False)


def stub(**changes):
    parts = {
        "account": check_digits.with_check_digit("0012345678"),
        "due_date": date(2015, 4, 22),
        "code": "0001",
        "amount": Decimal("123.45"),
        "late_amount": Decimal("135.80"),
    }
    return ScanLine(**(parts | changes))


stubs = st.builds(
    ScanLine,
    account=st.text(alphabet="0123456789", min_size=10, max_size=10).map(check_digits.with_check_digit),
    due_date=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    code=st.text(alphabet="0123456789", min_size=4, max_size=4),
    amount=amounts,
    late_amount=amounts,
)


class TestCheckDigit:
    def test_agrees_with_the_published_example(self):
        assert check_digits.with_check_digit("572") == "5724"

    @given(bases)
    def test_makes_a_number_valid_and_survives_leading_zeros(self, base):
        number = check_digits.with_check_digit(base)
        assert check_digits.is_valid(number)
        assert check_digits.is_valid("000" + number)

    @given(bases, st.data())
    def test_catches_every_wrong_digit(self, base, data):
        number = check_digits.with_check_digit(base)
        place = data.draw(st.integers(0, len(number) - 1))
        for digit in set("0123456789") - {number[place]}:
            assert not check_digits.is_valid(number[:place] + digit + number[place + 1 :])

    @given(bases)
    def test_catches_every_swap_of_neighbours(self, base):
        number = check_digits.with_check_digit(base)
        for place in range(len(number) - 1):
            one, other = number[place], number[place + 1]
            if one != other:
                assert not check_digits.is_valid(number[:place] + other + one + number[place + 2 :])

    @pytest.mark.parametrize("text", ["", "0", "12a4", "\uff15\uff17\uff12\uff14", "57 24"])
    def test_takes_nothing_but_digits_for_valid(self, text):
        assert not check_digits.is_valid(text)

    def test_refuses_letters_and_says_where(self):
        with pytest.raises(check_digits.NotDigits, match='"O" at place 3'):
            check_digits.check_digit("12O4")


class TestScanLine:
    def test_has_its_parts_at_their_places(self):
        line = build_scan_line(stub())
        assert len(line) == 42
        assert line[11:41] == "042215" + "0001" + "0000012345" + "0000013580"

    @given(stubs)
    def test_is_read_back_as_it_was_written(self, line):
        assert parse_scan_line(build_scan_line(line)) == line

    @given(stubs, st.data())
    def test_catches_every_single_misread_digit(self, line, data):
        digits = build_scan_line(line)
        place = data.draw(st.integers(0, 41))
        wrong = data.draw(st.sampled_from(sorted(set("0123456789") - {digits[place]})))
        with pytest.raises(check_digits.ScanLineRefused) as refusal:
            parse_scan_line(digits[:place] + wrong + digits[place + 1 :])
        assert refusal.value.part == "check digit"

    @given(stubs)
    def test_catches_every_swap_of_neighbours(self, line):
        digits = build_scan_line(line)
        for place in range(41):
            swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
            if swapped != digits:
                with pytest.raises(check_digits.ScanLineRefused):
                    parse_scan_line(swapped)

    def test_fills_a_short_account_with_zeros(self):
        short = check_digits.with_check_digit("4711")
        assert parse_scan_line(build_scan_line(stub(account=short))).account == short.zfill(11)

    def test_passes_over_the_spaces_of_a_scanner(self):
        line = build_scan_line(stub())
        assert parse_scan_line(f" {line[:11]} {line[11:]}\r\n") == stub()

    @pytest.mark.parametrize(
        ("text", "part"),
        [
            ("", "length"),
            ("123", "length"),
            ("1" * 43, "length"),
            ("O" * 42, "digits"),
        ],
    )
    def test_says_which_part_cannot_be_read(self, text, part):
        with pytest.raises(check_digits.ScanLineRefused) as refusal:
            parse_scan_line(text)
        assert refusal.value.part == part

    @pytest.mark.parametrize(
        ("body", "part"),
        [
            ("00000000001" + "042215" + "0001" + "0" * 20, "account"),
            ("0" * 11 + "023015" + "0001" + "0" * 20, "due date"),
            ("0" * 11 + "130115" + "0001" + "0" * 20, "due date"),
        ],
    )
    def test_says_which_part_is_wrong_though_the_line_was_read_right(self, body, part):
        with pytest.raises(check_digits.ScanLineRefused) as refusal:
            parse_scan_line(check_digits.with_check_digit(body))
        assert refusal.value.part == part

    @pytest.mark.parametrize(
        ("changes", "part"),
        [
            ({"account": "123"}, "account"),
            ({"account": check_digits.with_check_digit("12345678901")}, "account"),
            ({"account": "12x"}, "account"),
            ({"code": "1"}, "code"),
            ({"code": "00A1"}, "code"),
            ({"amount": Decimal("-0.01")}, "amount"),
            ({"amount": Decimal("0.001")}, "amount"),
            ({"amount": Decimal("100000000.00")}, "amount"),
            ({"late_amount": Decimal("100000000.00")}, "late amount"),
            ({"due_date": date(1999, 12, 31)}, "due date"),
        ],
    )
    def test_refuses_to_be_made_of_parts_that_do_not_fit(self, changes, part):
        with pytest.raises(check_digits.ScanLineRefused) as refusal:
            build_scan_line(stub(**changes))
        assert refusal.value.part == part
