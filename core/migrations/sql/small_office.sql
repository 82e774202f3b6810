-- A review of an act that one person completed alone exists only while small-office mode is on and up to its limit; it
-- begins unsigned and is signed once.

CREATE OR REPLACE FUNCTION core_guard_small_office_review() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    limit_amount numeric;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.signed_by_id IS NOT NULL THEN
            RAISE EXCEPTION 'review % is signed already', OLD.id
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'core_smallofficereview_signed_once';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.signed_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'a review begins unsigned'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'core_smallofficereview_begins';
    END IF;
    IF NOT EXISTS (
        SELECT FROM core_policyvalue WHERE parameter = 'core.small_office_mode' AND scope = 'CITY'
            AND value = 'true'::jsonb AND from_date <= NEW.act_date AND (to_date IS NULL OR to_date > NEW.act_date)
    ) THEN
        RAISE EXCEPTION 'small-office mode is off on %', NEW.act_date
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'core_smallofficereview_mode';
    END IF;
    SELECT (value #>> '{}')::numeric INTO limit_amount FROM core_policyvalue
        WHERE parameter = 'core.small_office_limit' AND scope = 'CITY'
            AND from_date <= NEW.act_date AND (to_date IS NULL OR to_date > NEW.act_date);
    IF NEW.amount > coalesce(limit_amount, 0) THEN
        RAISE EXCEPTION 'small-office mode covers up to %, not %', coalesce(limit_amount, 0), NEW.amount
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'core_smallofficereview_limit';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER guard_review BEFORE INSERT OR UPDATE ON core_smallofficereview
    FOR EACH ROW EXECUTE FUNCTION core_guard_small_office_review();
