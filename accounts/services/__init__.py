"""Writes of the accounts app.

Every function here is whole by itself and may be a part of a larger act: it joins the caller's transaction, or
opens its own, and writes its audit event in it. Dated facts are ended, never deleted.
"""

from accounts.services.accounts import (
    AccountStillServed,
    DatesRunBackwards,
    HolderOverlaps,
    RoleOverlaps,
    add_alert,
    add_role,
    change_holder,
    close_account,
    end_role,
    open_account,
    restrict_tenders,
    set_billing_status,
    set_class,
)
from accounts.services.agreements import (
    AgreementOverlaps,
    AgreementsDatesRefused,
    activate_agreement,
    cancel_agreement,
    resume_agreement,
    start_agreement,
    stop_agreement,
)
from accounts.services.cycles import create_cycle, create_route
from accounts.services.determinants import DeterminantOverlaps, set_determinant
from accounts.services.identifiers import IdentifierTaken, add_identifier
from accounts.services.mailing import MailingAddressRefused, change_mailing_address
from accounts.services.notes import NoteEmpty, add_note
from accounts.services.parties import (
    ContactPointRefused,
    PartyRefused,
    add_contact_point,
    change_phone,
    create_party,
    end_contact_point,
    merge_parties,
    rename_party,
    replace_phone,
)
from accounts.services.premises import (
    PremiseRefused,
    correct_premise,
    create_premise,
    create_service_point,
    set_owner,
    set_physical_status,
)

__all__ = [
    "AccountStillServed",
    "AgreementOverlaps",
    "AgreementsDatesRefused",
    "ContactPointRefused",
    "DatesRunBackwards",
    "DeterminantOverlaps",
    "HolderOverlaps",
    "IdentifierTaken",
    "MailingAddressRefused",
    "NoteEmpty",
    "PartyRefused",
    "PremiseRefused",
    "RoleOverlaps",
    "activate_agreement",
    "add_alert",
    "add_contact_point",
    "add_identifier",
    "add_note",
    "add_role",
    "cancel_agreement",
    "change_holder",
    "change_mailing_address",
    "change_phone",
    "close_account",
    "correct_premise",
    "create_cycle",
    "create_party",
    "create_premise",
    "create_route",
    "create_service_point",
    "end_contact_point",
    "end_role",
    "merge_parties",
    "open_account",
    "rename_party",
    "replace_phone",
    "restrict_tenders",
    "resume_agreement",
    "set_billing_status",
    "set_class",
    "set_determinant",
    "set_owner",
    "set_physical_status",
    "start_agreement",
    "stop_agreement",
]
