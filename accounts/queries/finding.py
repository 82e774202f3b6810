"""Search over names, addresses, numbers, phones and meters of accounts.

What is typed is a number or words. An exact number comes first and alone; else words are AND-ed, first within one
entry ("oak 43"), then over the entries of an account ("ortiz elm"); a word that nothing holds is held against the
words that there are. Texts are kept in the form that ``accounts_search_text`` of the database gives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.models import Account, ContactPoint, Identifier, Party, Premise, SearchEntry
from accounts.numbers import without_separators
from accounts.queries.accounts import find_account
from accounts.spelling import nearest
from core.check_digits import ACCOUNT_DIGITS

Kind = SearchEntry.Kind

# As the database shortens the parts of addresses: typed long, kept short.
SHORT_FORMS = {
    "street": "st",
    "avenue": "ave",
    "boulevard": "blvd",
    "drive": "dr",
    "road": "rd",
    "lane": "ln",
    "court": "ct",
    "place": "pl",
    "circle": "cir",
    "terrace": "ter",
    "parkway": "pkwy",
    "highway": "hwy",
    "square": "sq",
    "trail": "trl",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}
# Fewer digits may be an account number without its zeros, and a house number as well: then both are shown.
SHORTEST_WHOLE_NUMBER = 6
# Words that share most with a misspelt one, among which the fewest wrong letters decide.
MOST_SPELLINGS = 60
# A word in so many entries is common: it says little about which account is meant.
COMMON = 3000
# So few accounts are asked one by one for the next word.
FEW = 400
# Rows looked at before they are ranked: a word like "st" must not rank the whole city.
MOST_CANDIDATES = 200
GROUPS = {
    "Accounts": (Kind.IDENTIFIER,),
    "People": (Kind.NAME, Kind.PHONE, Kind.EMAIL),
    "Places": (Kind.ADDRESS,),
    "Meters": (Kind.METER,),
}


@dataclass(frozen=True)
class SearchHit:
    """An account, why it was found (``kind`` and ``text`` as people wrote it), and how well: ``rank`` 0 is exact."""

    kind: str
    account: Account
    text: str
    rank: int
    is_current: bool
    source_id: int


class SearchResult(list[SearchHit]):
    """Hits, best first; ``suggestion`` is the spelling that was found instead of what was typed, else ""."""

    suggestion: str = ""


@dataclass(frozen=True)
class SearchGroup:
    """Hits of one sort under its heading."""

    label: str
    hits: tuple[SearchHit, ...]


@dataclass(frozen=True)
class _Found:
    kind: str
    source_id: int
    account_id: int
    text: str
    is_current: bool
    rank: int


def search(text: str, *, limit: int = 20) -> SearchResult:
    """Accounts that ``text`` finds, best first.

    A whole account number, legacy or bill-pay number or scan line gives its account alone; fewer than six digits of one
    give it first, with what else they may mean. Digits look at numbers,
    ends of phones, meters and house numbers; two letters at the beginnings of names and streets.
    """
    typed = text.strip()
    if not typed:
        return SearchResult()
    squeezed = without_separators(typed).lower()
    exact = find_account(typed)
    first = []
    if exact is not None:
        first = [SearchHit(Kind.IDENTIFIER, exact, exact.number, 0, exact.closed_date is None, exact.pk)]
        if len(squeezed) >= SHORTEST_WHOLE_NUMBER:
            return SearchResult(first)
    suggestion = ""
    if "@" in typed:
        found = _emails(typed.lower())
    elif squeezed.isascii() and squeezed.isdigit():
        found = _digits(squeezed)
    else:
        words = _normalised(typed).split()
        found = _words(words, squeezed)
        if not found and words:
            corrected = _corrected(words)
            if corrected != words:
                found = _words(corrected, "")
                suggestion = " ".join(corrected) if found else ""
    others = [hit for hit in _as_hits(_best(found, limit)) if exact is None or hit.account != exact]
    result = SearchResult([*first, *others][:limit])
    result.suggestion = suggestion
    return result


def search_groups(text: str, *, limit: int = 5) -> tuple[list[SearchGroup], str]:
    """What the palette shows: groups of at most ``limit`` hits each, in order, and a spelling to offer or ""."""
    hits = search(text, limit=limit * len(GROUPS) * 2)
    groups = [
        SearchGroup(label, tuple(hit for hit in hits if hit.kind in kinds)[:limit])
        for label, kinds in GROUPS.items()
    ]
    return [group for group in groups if group.hits], hits.suggestion


def _rows(sql: str, params: Sequence[str | list[int]]) -> list[_Found]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_Found(*row) for row in cursor.fetchall()]


def _part(rank: str, condition: str) -> str:
    """One bounded look at the entries; bounded, so that a part of a number that all have costs little."""
    return (
        f"(SELECT kind, source_id, account_id, text, is_current, {rank} AS rank FROM accounts_searchentry"  # noqa: S608 - made of constants
        f" WHERE {condition} LIMIT {MOST_CANDIDATES})"
    )


def _digits(digits: str) -> list[_Found]:
    """Numbers first, then ends of phones, meters and house numbers; parts of numbers from four digits on."""
    parts = [
        (_part("1", "kind = 'METER' AND text = %s"), [digits]),
        (_part("2", "kind = 'ADDRESS' AND text LIKE %s"), [f"{digits} %"]),
        (_part("4", "kind <> 'ADDRESS' AND text LIKE %s"), [f"{digits}%"]),
    ]
    if len(digits) >= 3:
        padded = digits.zfill(ACCOUNT_DIGITS)
        parts.append((_part("1", "kind = 'IDENTIFIER' AND text = %s"), [padded]))
    if len(digits) >= 4:
        parts.append((_part("3", "kind = 'PHONE' AND text LIKE %s"), [f"%{digits}"]))
        parts.append((_part("5", "text LIKE %s"), [f"%{digits}%"]))
    sql = " UNION ALL ".join(part for part, _ in parts)
    return _rows(sql, [value for _, values in parts for value in values])


def _emails(typed: str) -> list[_Found]:
    return _rows(_part("2", "kind = 'EMAIL' AND text LIKE %s"), [f"%{_escaped(typed)}%"])


def _words(words: Sequence[str], squeezed: str) -> list[_Found]:
    """Entries that hold every word; where there are none, accounts that hold each word somewhere."""
    if not words:
        return []
    if max(len(word) for word in words) < 3:
        return _beginnings(words)
    conditions, params = _each_word(words)
    rank = (
        "CASE WHEN text = %s THEN 1 WHEN text LIKE %s THEN 2 WHEN ' ' || text LIKE %s THEN 3 ELSE 4 END"
        " + CASE kind WHEN 'NAME' THEN 0 WHEN 'ADDRESS' THEN 0 ELSE 1 END"
    )
    ranked = [" ".join(words), f"{words[0]}%", f"% {words[0]}%"]
    sql = _part(rank, " AND ".join(conditions))
    values: list[str | list[int]] = [*ranked, *params]
    if squeezed and not squeezed.isalpha():
        # A number with letters in it ("N5-123456") is kept without its dashes.
        sql += " UNION ALL " + _part("1", "kind IN ('IDENTIFIER', 'METER') AND text LIKE %s")
        values.append(f"{_escaped(squeezed)}%")
    found = _rows(sql, values)
    return found if found or len(words) == 1 else _over_entries(words)


def _each_word(words: Iterable[str]) -> tuple[list[str], list[str]]:
    conditions: list[str] = []
    params: list[str] = []
    for word in words:
        short = SHORT_FORMS.get(word)
        if short is not None:
            patterns = [f"%{word}%", f"% {short} %", f"% {short}"]
        elif len(word) < 3 or word.isdigit():
            # Short words and house numbers stand by themselves or begin a word: 43 is not 1438.
            patterns = [f"{word}%", f"% {word}%"]
        else:
            patterns = [f"%{word}%"]
        conditions.append("(" + " OR ".join(["text LIKE %s"] * len(patterns)) + ")")
        params += patterns
    return conditions, params


def _beginnings(words: Sequence[str]) -> list[_Found]:
    """One or two letters: what begins with them, a last name or a street too; served by prefix indexes."""
    prefix = f"{words[0]}%"
    parts = [
        _part("2", "text LIKE %s"),
        _part("2", "kind = 'NAME' AND split_part(text, ' ', -1) LIKE %s"),
        _part("3", "kind = 'ADDRESS' AND split_part(text, ' ', 2) LIKE %s"),
    ]
    found = _rows(" UNION ALL ".join(parts), [prefix] * len(parts))
    others = [f" {word}" for word in words[1:]]
    return [row for row in found if all(other in f" {row.text}" for other in others)]


def _over_entries(words: Sequence[str]) -> list[_Found]:
    """Accounts of which each word stands in some entry, shown by the entry that holds the first rare word.

    Words that many accounts share, as the town's name, are only asked of the accounts that the rare words leave.
    """
    accounts: set[int] | None = None
    shown_by, later = "", []
    for word in words:
        if accounts is not None and len(accounts) <= FEW:
            accounts &= _holding(word, among=accounts)
            continue
        holding = _holding(word)
        if len(holding) >= COMMON:
            later.append(word)
            continue
        accounts = holding if accounts is None else accounts & holding
        shown_by = shown_by or word
    for word in later:
        accounts = accounts and accounts & _holding(word, among=accounts)
    if not accounts:
        return []
    condition, params = _each_word([shown_by])
    return _rows(
        _part("5", f"account_id = ANY(%s) AND {_unindexed(condition[0])}"), [sorted(accounts), *params]
    )


def _unindexed(condition: str) -> str:
    """The condition for rows found otherwise: kept away from the text's index, which would find the whole town."""
    return condition.replace("text LIKE", "text || '' LIKE")


def _holding(word: str, *, among: set[int] | None = None) -> set[int]:
    """The accounts with an entry that holds a word, so many that it counts as common at most; or of some accounts."""
    condition, params = _each_word([word])
    sql = f"SELECT account_id FROM accounts_searchentry WHERE {condition[0]}"  # noqa: S608 - made of constants
    bound: list[str | list[int]] = list(params)
    if among is None:
        sql += f" LIMIT {COMMON}"
    else:
        sql = f"SELECT account_id FROM accounts_searchentry WHERE {_unindexed(condition[0])} AND account_id = ANY(%s)"  # noqa: S608 - made of constants
        bound.append(sorted(among))
    with connection.cursor() as cursor:
        cursor.execute(sql, bound)
        return {row[0] for row in cursor.fetchall()}


def _corrected(words: Sequence[str]) -> list[str]:
    """Each word as typed if some entry holds it so, else the nearest known one."""
    corrected = []
    for word in words:
        if len(word) < 3 or not word.isalpha() or word in SHORT_FORMS:
            corrected.append(word)
            continue
        corrected.append(nearest(word, _alike(word)) or nearest(word, _sharing(word)) or word)
    return corrected


def _alike(word: str) -> list[str]:
    """Known words of the same first letter and about the same length: what most slips leave; a prefix index serves."""
    return _known(
        "word LIKE %s AND length(word) BETWEEN %s AND %s",
        [f"{word[0]}%", len(word) - 1, len(word) + 1],
        word,
    )


def _sharing(word: str) -> list[str]:
    """Known words that share enough trigrams with it, wherever they begin."""
    return _known("word %% %s", [word], word)


def _known(condition: str, params: Sequence[str | int], word: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT word FROM accounts_searchword WHERE {condition}"  # noqa: S608 - made of constants
            " ORDER BY similarity(word, %s) DESC, word LIMIT %s",
            [*params, word, MOST_SPELLINGS],
        )
        return [row[0] for row in cursor.fetchall()]


def _normalised(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_search_text(%s)", [text])
        return str(cursor.fetchone()[0])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _best(found: Iterable[_Found], limit: int) -> list[_Found]:
    """The best entry of each account and kind, those that hold today before those of the past."""
    best: dict[tuple[str, int], _Found] = {}
    for row in sorted(
        found, key=lambda row: (row.rank, not row.is_current, len(row.text), row.text, row.account_id)
    ):
        best.setdefault((row.kind, row.account_id), row)
    return list(best.values())[:limit]


def _as_hits(found: Sequence[_Found]) -> list[SearchHit]:
    """Entries with their accounts, and with the text as people wrote it where it is kept in another form."""
    accounts = Account.objects.select_related("cycle").in_bulk({row.account_id for row in found})
    written = _written(found)
    return [
        SearchHit(
            kind=row.kind,
            account=accounts[row.account_id],
            text=written.get((row.kind, row.source_id), row.text),
            rank=row.rank,
            is_current=row.is_current,
            source_id=row.source_id,
        )
        for row in found
    ]


def _written(found: Sequence[_Found]) -> dict[tuple[str, int], str]:
    ids: dict[str, set[int]] = {}
    for row in found:
        ids.setdefault(row.kind, set()).add(row.source_id)
    texts: dict[tuple[str, int], str] = {}
    if ids.get(Kind.NAME):
        texts |= {(Kind.NAME, row.pk): row.name for row in Party.objects.filter(pk__in=ids[Kind.NAME])}
    if ids.get(Kind.ADDRESS):
        texts |= {
            (Kind.ADDRESS, row.pk): row.street_address
            for row in Premise.objects.filter(pk__in=ids[Kind.ADDRESS])
        }
    if ids.get(Kind.IDENTIFIER):
        texts |= {
            (Kind.IDENTIFIER, row.pk): row.value
            for row in Identifier.objects.filter(pk__in=ids[Kind.IDENTIFIER])
        }
    for kind in (Kind.PHONE, Kind.EMAIL):
        if ids.get(kind):
            texts |= {(kind, row.pk): row.value for row in ContactPoint.objects.filter(pk__in=ids[kind])}
    return texts
