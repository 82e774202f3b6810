"""Acts of the desk that need several apps or the roles."""

from desk.services.reviews import ReviewOfOwnAccount, sign_review
from desk.services.roles import (
    DutiesNotApart,
    check_duties_apart,
    give_role,
    held_verbs,
    make_demo_people,
    sync_roles,
)

__all__ = [
    "DutiesNotApart",
    "ReviewOfOwnAccount",
    "check_duties_apart",
    "give_role",
    "held_verbs",
    "make_demo_people",
    "sign_review",
    "sync_roles",
]
