"""Formulas of a rate: a small arithmetic over named amounts, read by our own parser and never by `eval`.

What may stand in a formula: numbers, names, `+ - * /`, brackets, a leading minus, `min(a, b)`, `max(a, b)`,
and `whole(a)`, which rounds a quantity of water to whole units. Numbers are exact. A formula that divides
is worked in fractions, so that `x*(1/748)` and `x/748` are the same amount and a water budget that falls on
an exact half is seen as one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from operator import itemgetter
from typing import Any, TypeAlias

MAX_LENGTH = 2000
MAX_DEPTH = 40
MAX_TOKENS = 400
FUNCTIONS = ("min", "max", "whole")
WHOLE = Decimal(1)

Value: TypeAlias = Decimal | Fraction
Environment: TypeAlias = Mapping[str, Any]
Evaluate: TypeAlias = Callable[[Environment], Value]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[-+*/(),]))", re.ASCII
)
# Wide enough that turning a fraction into a decimal never moves a cent or a rounded water budget.
_DIVISION = Context(prec=40)


class FormulaRefused(Exception):
    """A formula cannot be read. Says what stands where."""


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    operand: "Node"


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple["Node", ...]


Node: TypeAlias = Number | Name | Negative | Binary | Call


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as read: its text, its tree, the names it uses in order of appearance, and whether it
    divides.
    """

    text: str
    tree: Node
    names: tuple[str, ...]
    divides: bool


def parse_formula(text: str) -> Formula:
    """Read a formula. Raises FormulaRefused with the place counted from 1."""
    if len(text) > MAX_LENGTH:
        raise FormulaRefused(f"the formula is longer than {MAX_LENGTH} characters")
    parser = _Parser(text)
    tree = parser.whole()
    names = tuple(
        dict.fromkeys(word for kind, word, _ in parser.tokens if kind == "name" and word not in FUNCTIONS)
    )
    divides = any(word == "/" for _, word, _ in parser.tokens)
    return Formula(text=text.strip(), tree=tree, names=names, divides=divides)


def rename(text: str, names: Mapping[str, str]) -> str:
    """The formula's text with names replaced. Names that are not in the mapping stay."""
    return re.sub(r"(?<![\w.])[A-Za-z_]\w*", lambda found: names.get(found.group(), found.group()), text)


def compile_formula(formula: Formula, *, in_fractions: bool | None = None) -> Evaluate:
    """A function from the values of the names to the formula's value.

    It returns a Decimal, or a Fraction where the formula divides or `in_fractions` asks for it because one
    of its names holds a Fraction. A division by zero raises ZeroDivisionError.
    """
    fractions = formula.divides if in_fractions is None else in_fractions or formula.divides
    return _evaluate(formula.tree, fractions)


def to_decimal(value: Value) -> Decimal:
    """The value as a Decimal: itself, or the fraction worked to 40 digits."""
    if isinstance(value, Decimal):
        return value
    return _DIVISION.divide(Decimal(value.numerator), Decimal(value.denominator))


def whole_units(value: Value) -> Decimal:
    """The value in whole units of water, an exact half going to the even one. Not for money."""
    if isinstance(value, Fraction):
        return Decimal(round(value))
    return value.quantize(WHOLE, rounding=ROUND_HALF_EVEN)


class _Parser:
    """Recursive descent over the tokens of one formula."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        if not self.tokens:
            raise FormulaRefused("the formula is empty")
        if len(self.tokens) > MAX_TOKENS:
            raise FormulaRefused(f"the formula has more than {MAX_TOKENS} numbers, names and signs")
        tree = self.sum()
        if self.at < len(self.tokens):
            raise self.unexpected()
        return tree

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FormulaRefused(f"brackets are nested deeper than {MAX_DEPTH}")
        tree = self.product()
        while (operator := self.take("+", "-")) is not None:
            tree = Binary(operator, tree, self.product())
        self.depth -= 1
        return tree

    def product(self) -> Node:
        tree = self.factor()
        while (operator := self.take("*", "/")) is not None:
            tree = Binary(operator, tree, self.factor())
        return tree

    def factor(self) -> Node:
        minus = False
        while self.take("-") is not None:
            minus = not minus
        tree = self.atom()
        return Negative(tree) if minus else tree

    def atom(self) -> Node:
        if self.at >= len(self.tokens):
            raise FormulaRefused(f"the formula '{self.text.strip()}' ends too early")
        kind, word, _ = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return Number(Decimal(word))
        if kind == "name":
            self.at += 1
            return self.call(word) if word in FUNCTIONS else Name(word)
        if word != "(":
            raise self.unexpected()
        self.at += 1
        tree = self.sum()
        self.expect(")")
        return tree

    def call(self, function: str) -> Node:
        self.expect("(")
        arguments = [self.sum()]
        while self.take(",") is not None:
            arguments.append(self.sum())
        self.expect(")")
        if function == "whole" and len(arguments) != 1:
            raise FormulaRefused(f"whole() takes one value in the formula '{self.text.strip()}'")
        return Call(function, tuple(arguments))

    def take(self, *marks: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][1] in marks:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return None

    def expect(self, mark: str) -> None:
        if self.take(mark) is None:
            if self.at >= len(self.tokens):
                raise FormulaRefused(f"'{mark}' is missing at the end of the formula '{self.text.strip()}'")
            raise self.unexpected()

    def unexpected(self) -> FormulaRefused:
        _, word, place = self.tokens[self.at]
        return FormulaRefused(
            f"'{word}' is not expected at character {place + 1} of the formula '{self.text.strip()}'"
        )


def _tokens(text: str) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            place = at + len(text[at:]) - len(text[at:].lstrip())
            raise FormulaRefused(
                f"'{text[place]}' at character {place + 1} of the formula '{text.strip()}' is not arithmetic"
            )
        found.append((match.lastgroup, match.group(match.lastgroup), match.start(match.lastgroup)))
        at = match.end()
    return found


def _evaluate(node: Node, fractions: bool) -> Evaluate:
    if isinstance(node, Number):
        constant: Value = Fraction(node.value) if fractions else node.value
        return lambda _env: constant
    if isinstance(node, Name):
        name = node.name
        return (lambda env: Fraction(env[name])) if fractions else itemgetter(name)
    if isinstance(node, Negative):
        operand = _evaluate(node.operand, fractions)
        return lambda env: -operand(env)
    if isinstance(node, Call):
        arguments = tuple(_evaluate(argument, fractions) for argument in node.arguments)
        if node.function == "whole":
            only = arguments[0]
            return lambda env: _whole(only(env))
        choose = min if node.function == "min" else max
        return lambda env: choose([argument(env) for argument in arguments])
    return _binary(node.operator, _evaluate(node.left, fractions), _evaluate(node.right, fractions))


def _whole(value: Value) -> Value:
    return Fraction(round(value)) if isinstance(value, Fraction) else whole_units(value)


def _binary(operator: str, left: Any, right: Any) -> Evaluate:
    if operator == "+":
        return lambda env: left(env) + right(env)
    if operator == "-":
        return lambda env: left(env) - right(env)
    if operator == "*":
        return lambda env: left(env) * right(env)
    return lambda env: left(env) / right(env)
