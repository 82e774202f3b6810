"""What accounts are found by."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value

from accounts.models.accounts import Account


class SplitPart(models.Func):
    """The nth word of a text; counted from the end where ``position`` is negative."""

    function = "split_part"
    output_field = models.TextField()

    def __init__(self, expression: str | models.expressions.Combinable, position: int) -> None:
        super().__init__(expression, Value(" "), Value(position))


class SearchEntry(models.Model):
    """One thing that an account can be found by, kept by triggers on the tables it comes from."""

    class Kind(models.TextChoices):
        NAME = "NAME", "Name"
        ADDRESS = "ADDRESS", "Address"
        IDENTIFIER = "IDENTIFIER", "Number"
        PHONE = "PHONE", "Phone"
        EMAIL = "EMAIL", "E-mail"
        METER = "METER", "Meter"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    source_id = models.BigIntegerField()
    text = models.CharField(max_length=200)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="accounts_searchentry_once", fields=["kind", "source_id", "account"]
            ),
            models.CheckConstraint(
                name="accounts_searchentry_kind",
                condition=Q(kind__in=["NAME", "ADDRESS", "IDENTIFIER", "PHONE", "EMAIL", "METER"]),
            ),
        ]
        indexes: ClassVar = [
            # Every look reads the whole list of rows not yet sorted in: kept short, or it costs more than the index.
            GinIndex(
                name="accounts_search_trigrams",
                fields=["text"],
                opclasses=["gin_trgm_ops"],
                gin_pending_list_limit=1024,
            ),
            models.Index(name="accounts_search_prefix", fields=["text"], opclasses=["varchar_pattern_ops"]),
            # Two letters make no trigram: a last name and a street are found by the starts of these.
            models.Index(
                OpClass(SplitPart("text", -1), name="text_pattern_ops"),
                name="accounts_search_last_word",
                condition=Q(kind="NAME"),
            ),
            models.Index(
                OpClass(SplitPart("text", 2), name="text_pattern_ops"),
                name="accounts_search_street",
                condition=Q(kind="ADDRESS"),
            ),
            models.Index(name="accounts_search_account", fields=["account", "kind"]),
        ]


class SearchWord(models.Model):
    """One word of the names and addresses that are searched: what a misspelt word is held against."""

    word = models.CharField(max_length=80, unique=True)

    class Meta:
        indexes: ClassVar = [
            GinIndex(
                name="accounts_searchword_trigrams",
                fields=["word"],
                opclasses=["gin_trgm_ops"],
                gin_pending_list_limit=1024,
            )
        ]
