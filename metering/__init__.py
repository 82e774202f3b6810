"""Meters and what they read.

Owns: meters, registers, installations, usage sources (which registers feed which service point), readings, exceptions.
Never: prices anything; consumption is computed from readings when a bill is calculated and stored on its segment.
Invariants: a reading is never edited, only superseded; a meter is in one place at a time; an unresolved severe
exception holds the bill it belongs to.
"""
