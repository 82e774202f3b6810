"""The rate engine: pure functions from a rate definition and the facts of one bill to lines with their
working.

It knows no database, no clock and no office. `compile_rate` once a version, then `CompiledRate.price` once
a bill. Amounts are exact decimals; each line is rounded to cents once, half up, and a bill is the sum of
its rounded lines.
"""

from billing.proration import Share
from billing.rates.blocks import BlocksDoNotPair, BlocksNotRising, BlocksRefused
from billing.rates.charges import ComponentRefused, PercentOfItself
from billing.rates.compiler import (
    FORMAT,
    STANDARD_INPUTS,
    CodeTwice,
    CompiledRate,
    DefinitionLoops,
    DefinitionRefused,
    DividedByZero,
    InputMissing,
    NameUnknown,
    UseNegative,
    compile_rate,
)
from billing.rates.errors import NotPriceable, RateRefused
from billing.rates.numbers import UNITS, InputNotANumber, NotANumber, UnitUnknown
from billing.rates.results import RatedLine, RatedResult, Step
from billing.rates.tables import FormulaUnreadable, KeyTwice, NoPrice, TableRefused
from billing.rates.working import explain, explain_line

__all__ = [
    "FORMAT",
    "STANDARD_INPUTS",
    "UNITS",
    "BlocksDoNotPair",
    "BlocksNotRising",
    "BlocksRefused",
    "CodeTwice",
    "CompiledRate",
    "ComponentRefused",
    "DefinitionLoops",
    "DefinitionRefused",
    "DividedByZero",
    "FormulaUnreadable",
    "InputMissing",
    "InputNotANumber",
    "KeyTwice",
    "NameUnknown",
    "NoPrice",
    "NotANumber",
    "NotPriceable",
    "PercentOfItself",
    "RateRefused",
    "RatedLine",
    "RatedResult",
    "Share",
    "Step",
    "TableRefused",
    "UnitUnknown",
    "UseNegative",
    "compile_rate",
    "explain",
    "explain_line",
]
