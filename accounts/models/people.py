"""Parties and how to reach them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.dated import ends_after_start
from core.models import User


class Party(models.Model):
    """A person or organisation, named as given; duplicates merge for ever through ``merged_into``."""

    class Kind(models.TextChoices):
        PERSON = "PERSON", "Person"
        ORGANISATION = "ORGANISATION", "Organisation"

    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=160)
    language = models.CharField(max_length=8, default="en")
    is_confidential = models.BooleanField(default=False)
    staff_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_party_kind", condition=Q(kind__in=["PERSON", "ORGANISATION"])
            ),
            models.CheckConstraint(name="accounts_party_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="accounts_party_not_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """One way to reach a party, dated, with what became of it."""

    class Kind(models.TextChoices):
        PHONE = "PHONE", "Phone"
        MOBILE = "MOBILE", "Mobile"
        EMAIL = "EMAIL", "E-mail"

    class State(models.TextChoices):
        UNVERIFIED = "UNVERIFIED", "Not verified"
        VERIFIED = "VERIFIED", "Verified"
        RETURNED = "RETURNED", "Returned"
        OPTED_OUT = "OPTED_OUT", "Opted out"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=8, choices=Kind)
    purpose = models.CharField(max_length=20, default="ANY")
    value = models.CharField(max_length=160)
    digits = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.UNVERIFIED)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_contactpoint_codes",
                condition=Q(kind__in=["PHONE", "MOBILE", "EMAIL"])
                & Q(state__in=["UNVERIFIED", "VERIFIED", "RETURNED", "OPTED_OUT"]),
            ),
            ends_after_start("accounts_contactpoint_dates"),
        ]
