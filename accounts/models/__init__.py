"""Parties, premises, service points, accounts, agreements and their dated facts."""

from accounts.models.accounts import (
    Account,
    AccountClass,
    AccountRole,
    Alert,
    BillingStatus,
    Identifier,
    MailingAddress,
    Note,
    TenderRestriction,
)
from accounts.models.agreements import Determinant, ServiceAgreement
from accounts.models.dated import ends_after_start
from accounts.models.people import ContactPoint, Party
from accounts.models.places import (
    SERVICES,
    Cycle,
    Ownership,
    PhysicalStatus,
    Premise,
    Route,
    Service,
    ServicePoint,
)
from accounts.models.search import SearchEntry, SearchWord, SplitPart

__all__ = [
    "SERVICES",
    "Account",
    "AccountClass",
    "AccountRole",
    "Alert",
    "BillingStatus",
    "ContactPoint",
    "Cycle",
    "Determinant",
    "Identifier",
    "MailingAddress",
    "Note",
    "Ownership",
    "Party",
    "PhysicalStatus",
    "Premise",
    "Route",
    "SearchEntry",
    "SearchWord",
    "Service",
    "ServiceAgreement",
    "ServicePoint",
    "SplitPart",
    "TenderRestriction",
    "ends_after_start",
]
