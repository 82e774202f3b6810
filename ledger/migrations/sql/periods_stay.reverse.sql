DROP TRIGGER IF EXISTS guard_stays ON ledger_period;
