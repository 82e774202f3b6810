DROP TRIGGER IF EXISTS guard_small_office ON billing_billrun;
DROP FUNCTION IF EXISTS billing_guard_small_office();
