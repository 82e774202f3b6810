"""Reads of the accounts app."""

from accounts.queries.accounts import (
    account_class_on,
    account_for_list,
    agreements_on,
    alerts_on,
    find_account,
    get_account_for,
    holder_on,
    mailing_address_on,
    open_accounts_of_cycle,
    with_places,
)
from accounts.queries.finding import SearchGroup, SearchHit, SearchResult, search, search_groups

__all__ = [
    "SearchGroup",
    "SearchHit",
    "SearchResult",
    "account_class_on",
    "account_for_list",
    "agreements_on",
    "alerts_on",
    "find_account",
    "get_account_for",
    "holder_on",
    "mailing_address_on",
    "open_accounts_of_cycle",
    "search",
    "search_groups",
    "with_places",
]
