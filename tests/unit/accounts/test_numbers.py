"""How account numbers and phones are written."""

from hypothesis import given
from hypothesis import strategies as st

from accounts.numbers import account_number, digits_of, without_separators
from core.check_digits import is_valid


class TestAccountNumber:
    @given(st.integers(1, 9_999_999_999))
    def test_is_eleven_digits_with_a_check_digit(self, base):
        number = account_number(base)
        assert (len(number), is_valid(number), int(number[:-1])) == (11, True, base)

    @given(st.integers(1, 999_999), st.integers(0, 10), st.integers(1, 9))
    def test_one_wrong_digit_is_another_number_or_none(self, base, place, more):
        number = account_number(base)
        wrong = number[:place] + str((int(number[place]) + more) % 10) + number[place + 1 :]
        assert not is_valid(wrong)


def test_separators_are_left_out():
    assert without_separators(" 00412-03 ") == "0041203"
    assert without_separators("(918) 555-0123") == "9185550123"


def test_digits_of_a_phone():
    assert digits_of("+1 (918) 555-0123 ext. 4") == "191855501234"
