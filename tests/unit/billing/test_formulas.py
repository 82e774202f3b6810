"""The arithmetic of a rate's formulas."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.formulas import FormulaRefused, compile_formula, parse_formula, rename, to_decimal


def value(text: str, **names: str) -> Decimal:
    return to_decimal(compile_formula(parse_formula(text))({name: Decimal(n) for name, n in names.items()}))


class TestCompileFormula:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2+3*4", "14"),
            ("(2+3)*4", "20"),
            ("10-4-3", "3"),
            ("100/8/5", "2.5"),
            ("-3+5", "2"),
            ("2*-3", "-6"),
            ("--3", "3"),
            (".5 * 3.", "1.5"),
            ("min(3, 2, 4) + max(1, 7)", "9"),
            ("whole(2.5) + whole(3.5)", "6"),
            ("0.1+0.2", "0.3"),
        ],
    )
    def test_reckons_by_the_usual_rules(self, text: str, expected: str) -> None:
        assert value(text) == Decimal(expected)

    def test_puts_the_names_in(self) -> None:
        assert value("rate*usage + base", rate="2.105", usage="10", base="3") == Decimal("24.05")

    def test_divides_without_loss(self) -> None:
        exact = compile_formula(parse_formula("people*gallons*days*(1/748)"))
        names = {"people": Decimal(4), "gallons": Decimal(55), "days": Decimal("5.1")}
        assert exact(names) == Fraction(3, 2)

    def test_keeps_a_fraction_that_a_name_holds(self) -> None:
        evaluate = compile_formula(parse_formula("third*3"), in_fractions=True)
        assert evaluate({"third": Fraction(1, 3)}) == 1

    @given(
        st.decimals(-1000, 1000, places=4), st.decimals(-1000, 1000, places=4), st.decimals(1, 1000, places=4)
    )
    def test_is_exact(self, a: Decimal, b: Decimal, c: Decimal) -> None:
        assert value("(a-b)*c", a=str(a), b=str(b), c=str(c)) == (a - b) * c


class TestParseFormula:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "empty"),
            ("2 +", "ends too early"),
            ("(2+3", "')' is missing"),
            ("2 3", "'3' is not expected at character 3"),
            ("a:b", "':' at character 2"),
            ("a b", "'b' is not expected"),
            ("__import__('os')", "is not"),
            ("a.b", "'.' at character 2"),
            ("a**b", "'*' is not expected at character 3"),
            ("a[0]", "'['"),
            ("min()", "')' is not expected"),
            ("whole(1, 2)", "takes one value"),
            ("(" * 60 + "1" + ")" * 60, "nested deeper"),
            ("1+" * 2000 + "1", "longer than"),
            ("1+" * 500 + "1", "more than 400"),
        ],
    )
    def test_refuses_what_is_no_arithmetic(self, text: str, said: str) -> None:
        with pytest.raises(FormulaRefused) as refusal:
            parse_formula(text)
        assert said in str(refusal.value)

    def test_lists_the_names_once_each(self) -> None:
        assert parse_formula("a*b + a - min(c, 2)").names == ("a", "b", "c")

    @given(st.text(max_size=40))
    def test_never_fails_otherwise(self, text: str) -> None:
        with suppress(FormulaRefused):
            assert parse_formula(text).text == text.strip()


class TestRename:
    def test_replaces_whole_names_only(self) -> None:
        assert rename("rate*usage + rate_2", {"rate": "price"}) == "price*usage + rate_2"
