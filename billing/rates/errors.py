"""The two families of refusal: a rate that cannot be entered, and a bill that cannot be priced under a good
rate.
"""


class RateRefused(Exception):
    """A rate definition is refused at entry. `place` says where in the definition, `cause` what is wrong."""

    def __init__(self, *, place: str, cause: str) -> None:
        self.place = place
        self.cause = cause
        super().__init__(f"{place}: {cause}" if place else cause)


class NotPriceable(Exception):
    """These inputs have no price under this rate: the account is held with this reason and never billed
    zero.
    """
