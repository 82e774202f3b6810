"""What must hold of meters and readings."""

from __future__ import annotations

from core.proofs import Violations, from_sql, proof


@proof("a meter is installed exactly while it hangs somewhere")
def status_matches_place() -> Violations:
    return from_sql(
        "SELECT 'Meter ' || m.serial_number || ' is ' || m.status || ' with ' || count(i.id) || ' open installations'"
        " FROM metering_meter m"
        " LEFT JOIN metering_installation i ON i.meter_id = m.id AND i.to_date IS NULL"
        " GROUP BY m.id HAVING count(i.id) <> CASE m.status WHEN 'INSTALLED' THEN 1 ELSE 0 END"
        " ORDER BY m.serial_number"
    )


@proof("no register has two live readings at one moment")
def one_reading_a_moment() -> Violations:
    return from_sql(
        "SELECT 'Meter ' || m.serial_number || ' has ' || count(*) || ' live readings at ' || r.read_at"
        " FROM metering_reading r JOIN metering_register g ON g.id = r.register_id"
        " JOIN metering_meter m ON m.id = g.meter_id"
        " WHERE r.superseded_by_id IS NULL GROUP BY m.serial_number, r.register_id, r.read_at HAVING count(*) > 1"
        " ORDER BY m.serial_number, r.read_at"
    )


@proof("every reading is the number on its dials and fits them; what supersedes it is of its register")
def readings_fit() -> Violations:
    return from_sql(
        "SELECT 'Reading ' || r.id || ' of meter ' || m.serial_number || ' (' || r.dials || ') does not fit'"
        " FROM metering_reading r JOIN metering_register g ON g.id = r.register_id"
        " JOIN metering_meter m ON m.id = g.meter_id"
        " LEFT JOIN metering_reading s ON s.id = r.superseded_by_id"
        " WHERE r.dials !~ '^[0-9]+$' OR r.dials::numeric <> r.value OR r.value >= power(10::numeric, g.dial_count)"
        "  OR s.register_id <> r.register_id ORDER BY r.id"
    )


@proof("every decided exception says who, when and what, and no open one stands on a superseded reading")
def exceptions_complete() -> Violations:
    return from_sql(
        "SELECT 'Exception ' || e.id || ' (' || e.code || ') of meter ' || m.serial_number || ': ' || CASE"
        "   WHEN e.resolved_at IS NULL THEN 'open on a reading that is superseded' ELSE 'decision incomplete' END"
        " FROM metering_readingexception e JOIN metering_register g ON g.id = e.register_id"
        " JOIN metering_meter m ON m.id = g.meter_id LEFT JOIN metering_reading r ON r.id = e.reading_id"
        " WHERE (e.resolved_at IS NULL AND r.superseded_by_id IS NOT NULL)"
        "  OR (e.resolved_at IS NOT NULL AND (e.resolved_by_id IS NULL OR e.resolution = ''"
        "   OR (e.resolution = 'ACCEPTED' AND e.severity = 'SEVERE' AND e.resolution_note = '')))"
        " ORDER BY e.id"
    )


@proof("what accounts are searched by equals the meters they have and had")
def search_entries() -> Violations:
    kept = "SELECT source_id, account_id, text, is_current FROM accounts_searchentry WHERE kind = 'METER'"
    source = "SELECT source_id, account_id, text, is_current FROM metering_search_source WHERE text <> ''"
    return from_sql(
        f"SELECT d.what || ' meter ' || d.text || ': account ' || a.number FROM ("  # noqa: S608 - constants
        f" (SELECT 'not found by' AS what, * FROM ({source} EXCEPT {kept}) AS lacking)"
        f" UNION ALL (SELECT 'still found by', * FROM ({kept} EXCEPT {source}) AS surplus)) AS d"
        " JOIN accounts_account a ON a.id = d.account_id ORDER BY a.number, d.text"
    )
