-- Without its row a closed period could be opened anew and posted into.
CREATE OR REPLACE TRIGGER guard_stays BEFORE DELETE ON ledger_period
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
