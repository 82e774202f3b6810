"""Acts of the desk that need several apps or the roles."""

from desk.services.meters import MeterAtStart
from desk.services.opening import (
    Mailing,
    NewPerson,
    NewPlace,
    OpeningRefused,
    ServiceTaken,
    open_account_with_services,
    stop_services,
)
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
    "Mailing",
    "MeterAtStart",
    "NewPerson",
    "NewPlace",
    "OpeningRefused",
    "ReviewOfOwnAccount",
    "ServiceTaken",
    "check_duties_apart",
    "give_role",
    "held_verbs",
    "make_demo_people",
    "open_account_with_services",
    "sign_review",
    "stop_services",
    "sync_roles",
]
