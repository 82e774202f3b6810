-- An exception holds a bill until a person has decided; without its row the bill would go on undecided.
CREATE OR REPLACE TRIGGER guard_stays BEFORE DELETE ON metering_readingexception
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
