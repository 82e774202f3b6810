"""What must hold of accounts."""

from __future__ import annotations

from accounts.models import Account
from core.check_digits import ACCOUNT_DIGITS, is_valid
from core.proofs import Violations, from_sql, listed, proof


@proof("every open account has exactly one holder today, and every holder owes")
def one_holder() -> Violations:
    return from_sql(
        "SELECT 'Account ' || a.number || ' has ' || count(r.id) || ' holders today'"
        " FROM accounts_account a"
        " LEFT JOIN accounts_accountrole r ON r.account_id = a.id AND r.kind = 'HOLDER' AND r.is_liable"
        "  AND r.from_date <= CURRENT_DATE AND (r.to_date IS NULL OR r.to_date > CURRENT_DATE)"
        " WHERE a.closed_date IS NULL AND a.opened_date <= CURRENT_DATE"
        " GROUP BY a.id HAVING count(r.id) <> 1 ORDER BY a.number"
    )


@proof("every account number has its check digit and is an identifier of its account")
def numbers() -> Violations:
    rows = Account.objects.order_by("number").values_list("number", flat=True)
    bad = [
        f"Account number {number} is not {ACCOUNT_DIGITS} digits with a right check digit"
        for number in rows.iterator(chunk_size=5000)
        if len(number) != ACCOUNT_DIGITS or not is_valid(number)
    ]
    missing = from_sql(
        "SELECT 'Account ' || a.number || ' is not found by its own number' FROM accounts_account a"
        " WHERE NOT EXISTS (SELECT FROM accounts_identifier i"
        "  WHERE i.account_id = a.id AND i.kind = 'ACCOUNT_NUMBER' AND i.value = a.number)"
        " ORDER BY a.number"
    )
    wrong = listed(bad)
    return Violations(wrong.count + missing.count, (*wrong.examples, *missing.examples)[:20])


@proof("every agreement lies within the life of its account and is for the service of its service point")
def agreements_fit() -> Violations:
    return from_sql(
        "SELECT 'Agreement ' || g.id || ' of account ' || a.number || ': ' || CASE"
        "   WHEN g.service <> s.service THEN g.service || ' at a service point for ' || s.service"
        "   WHEN g.from_date < a.opened_date THEN 'starts before the account was opened'"
        "   ELSE 'goes on after the account was closed' END"
        " FROM accounts_serviceagreement g"
        " JOIN accounts_account a ON a.id = g.account_id"
        " JOIN accounts_servicepoint s ON s.id = g.service_point_id"
        " WHERE g.status <> 'CANCELLED' AND (g.service <> s.service OR g.from_date < a.opened_date"
        "  OR (a.closed_date IS NOT NULL AND (g.to_date IS NULL OR g.to_date > a.closed_date)))"
        " ORDER BY g.id"
    )


@proof("no two addresses, classes or statuses of an account hold at one time")
def one_at_a_time() -> Violations:
    return from_sql(
        "SELECT 'Account ' || a.number || ' has two ' || f.what || ' on ' || f.day FROM ("
        "  SELECT x.account_id, 'mailing addresses' AS what, greatest(x.from_date, y.from_date) AS day"
        "  FROM accounts_mailingaddress x JOIN accounts_mailingaddress y ON y.account_id = x.account_id AND y.id > x.id"
        "   AND daterange(x.from_date, x.to_date) && daterange(y.from_date, y.to_date)"
        "  UNION ALL SELECT x.account_id, 'classes of one purpose', greatest(x.from_date, y.from_date)"
        "  FROM accounts_accountclass x JOIN accounts_accountclass y ON y.account_id = x.account_id AND y.id > x.id"
        "   AND y.purpose = x.purpose AND daterange(x.from_date, x.to_date) && daterange(y.from_date, y.to_date)"
        "  UNION ALL SELECT x.account_id, 'billing statuses', greatest(x.from_date, y.from_date)"
        "  FROM accounts_billingstatus x JOIN accounts_billingstatus y ON y.account_id = x.account_id AND y.id > x.id"
        "   AND daterange(x.from_date, x.to_date) && daterange(y.from_date, y.to_date)) AS f"
        " JOIN accounts_account a ON a.id = f.account_id ORDER BY a.number, f.what"
    )


@proof("what accounts are searched by equals their names, addresses, numbers, phones and e-mail addresses")
def search_entries() -> Violations:
    kept = (
        "SELECT kind, source_id, account_id, text, is_current FROM accounts_searchentry WHERE kind <> 'METER'"
    )
    source = (
        "SELECT kind, source_id, account_id, text, is_current FROM accounts_search_source WHERE text <> ''"
    )
    return from_sql(
        f"SELECT d.what || ': ' || d.kind || ' ' || d.text || ' of account ' || a.number FROM ("  # noqa: S608 - constants
        f" (SELECT 'not found by' AS what, * FROM ({source} EXCEPT {kept}) AS lacking)"
        f" UNION ALL (SELECT 'still found by', * FROM ({kept} EXCEPT {source}) AS surplus)) AS d"
        " JOIN accounts_account a ON a.id = d.account_id ORDER BY a.number, d.kind, d.text"
    )
