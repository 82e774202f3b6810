DROP TRIGGER IF EXISTS guard_stays ON billing_billrunitem;
