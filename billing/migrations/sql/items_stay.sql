-- The items say what became of each account of a run: a missing one would be an account never billed and never missed.
CREATE OR REPLACE TRIGGER guard_stays BEFORE DELETE ON billing_billrunitem
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
