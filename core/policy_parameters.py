"""What a city decides about the office itself."""

from __future__ import annotations

from decimal import Decimal

from core.policy import Parameter

PARAMETERS = [
    Parameter(
        name="core.small_office_mode",
        kind="boolean",
        default=False,
        unit="",
        governs=(
            "whether one person may complete an act that needs two, each such act going to a list of reviews "
            "that another person signs"
        ),
        governed_by="act date",
        citation="State auditors accept a review by another person where an office is too small to part its duties.",
    ),
    Parameter(
        name="core.small_office_limit",
        kind="decimal",
        # Nothing, until the city says up to how much.
        default=Decimal("0.00"),
        unit="dollars",
        governs="largest amount of an act that one person may complete alone in small-office mode",
        governed_by="act date",
    ),
]
