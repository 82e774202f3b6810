"""Reading rate files of the Open Water Rate Specification into rate definitions.

One file prices the water of one utility from one date, for several customer classes. A class that cannot be
billed is refused with its reason and the others stand; a file that cannot be read is refused whole. The
rules that the files leave open are written down in docs/algorithms/rates.md.
"""

from billing.owrs.classes import KNOWN_INPUTS, KNOWN_KEYS, USE
from billing.owrs.files import RateFile, RateFileMetadata, RateFileRefused, parse, read_date

__all__ = [
    "KNOWN_INPUTS",
    "KNOWN_KEYS",
    "USE",
    "RateFile",
    "RateFileMetadata",
    "RateFileRefused",
    "parse",
    "read_date",
]
