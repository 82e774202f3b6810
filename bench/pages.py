"""How long the account page, the search box and the aging of the city take: `python -m bench.pages [--json]`.

It measures the office in DATABASE_URL as a supervisor sees it: requests through every layer but the network, on accounts
picked all over the city. The queries of a page include the session's and the user's.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import random
from typing import Any

from bench.timing import milliseconds, spread

TIMES = 200
SEARCHES = 150
AGINGS = 15
GOALS = {"account_queries": 15, "account_p95_ms": 100.0, "aging_p95_ms": 50.0, "search_box_p95_ms": 50.0}


def main() -> int:
    """Measure and print; exit 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure()
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):<28} {value}")
    return 0 if all(found[name] <= goal for name, goal in GOALS.items()) else 1


def measure() -> dict[str, Any]:
    """The figures of the office in DATABASE_URL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
    import django

    django.setup()
    from accounts.models import Account
    from core.users import get_user

    chance = random.Random(11)
    keys = list(Account.objects.order_by("pk").values_list("pk", "number"))
    chosen = chance.sample(keys, min(TIMES, len(keys)))
    supervisor = get_user("supervisor")
    assert supervisor is not None, "the city has no logins"
    found: dict[str, Any] = {"accounts": len(keys)}
    found |= _account_pages([number for _, number in chosen], supervisor)
    found |= _search_box(chance, supervisor)
    found |= _aging(supervisor)
    return found


def _client(user: Any) -> Any:
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


def _account_pages(numbers: list[str], user: Any) -> dict[str, Any]:
    client = _client(user)
    addresses = [f"/account/{number}/" for number in numbers]
    for address in addresses[:5]:
        _seen(client, address)
    times = [milliseconds(lambda address=address: _seen(client, address)) for address in addresses]
    statements = [
        milliseconds(lambda address=address: _seen(client, f"{address}?tab=statement"))
        for address in addresses
    ]
    return {
        "account_queries": max(_queries(client, address) for address in addresses[:20]),
        "account_p50_ms": spread(times)["p50_ms"],
        "account_p95_ms": spread(times)["p95_ms"],
        "statement_p95_ms": spread(statements)["p95_ms"],
    }


def _seen(client: Any, address: str, **headers: str) -> bytes:
    answer = client.get(address, **headers)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return answer.content


def _queries(client: Any, address: str) -> int:
    from django.db import connection

    count = 0

    def wrapper(execute: Any, statement: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(statement, params, many, context)

    with connection.execute_wrapper(wrapper):
        _seen(client, address)
    return count


def _search_box(chance: random.Random, user: Any) -> dict[str, float]:
    """What the box answers while somebody types: names whole, in two letters and misspelt, places, phones."""
    from accounts.models import ContactPoint, Party, Premise

    client = _client(user)
    names = list(Party.objects.order_by("pk").values_list("name", flat=True))
    streets = list(Premise.objects.order_by("pk").values_list("house_number", "street_name"))
    phones = list(ContactPoint.objects.order_by("pk").values_list("digits", flat=True)[:5000])

    def misspelt(text: str) -> str:
        if len(text) < 3:
            return text + text[-1]
        place = chance.randrange(1, len(text) - 1)
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    ways = (
        lambda: chance.choice(names),
        lambda: chance.choice(names).split()[-1],
        lambda: chance.choice(names)[:2],
        lambda: misspelt(chance.choice(names).split()[-1]),
        lambda: " ".join(chance.choice(streets)),
        lambda: chance.choice(phones)[-7:],
    )
    typed = [ways[index % len(ways)]() for index in range(SEARCHES)]
    headers = {"HTTP_HX_REQUEST": "true"}
    times = []
    for index, text in enumerate([*typed[:6], *typed]):

        def ask(text: str = text) -> None:
            answer = client.get("/search/", {"q": text}, **headers)
            assert answer.status_code == 200, f"search {text}: {answer.status_code}"

        took = milliseconds(ask)
        if index >= 6:
            times.append(took)
    return {f"search_box_{name}": value for name, value in spread(times).items()}


def _aging(user: Any) -> dict[str, float]:
    """The aging of the whole city: the query as it stands today and on a past day, and its page."""
    from core import clock
    from ledger import queries as ledger
    from ledger.models import JournalEntry

    newest = JournalEntry.objects.order_by("-effective_date").values_list("effective_date", flat=True)[0]
    today = max(clock.today(), newest)
    ledger.aging(as_of=today)
    now = [milliseconds(lambda: ledger.aging(as_of=today)) for _ in range(AGINGS)]
    past = newest - dt.timedelta(days=20)
    then = [milliseconds(lambda: ledger.aging(as_of=past)) for _ in range(3)]
    return {
        "aging_p50_ms": spread(now)["p50_ms"],
        "aging_p95_ms": spread(now)["p95_ms"],
        "aging_of_a_past_day_ms": spread(then)["p50_ms"],
    }


if __name__ == "__main__":
    raise SystemExit(main())
