-- Small-office mode: who made a run may approve it only with a review of that very act.

CREATE OR REPLACE FUNCTION billing_guard_small_office() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review core_smallofficereview%ROWTYPE;
BEGIN
    SELECT * INTO review FROM core_smallofficereview WHERE id = NEW.small_office_review_id;
    IF review.act IS DISTINCT FROM 'BILL_RUN' OR review.key IS DISTINCT FROM NEW.number::text
        OR review.amount IS DISTINCT FROM NEW.total_amount
        OR review.done_by_id IS DISTINCT FROM NEW.approved_by_id THEN
        RAISE EXCEPTION 'run %: its review is of another act', NEW.number
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_billrun_review';
    END IF;
    IF EXISTS (
        SELECT FROM billing_billrunitem item
        JOIN accounts_accountrole role ON role.account_id = item.account_id AND role.is_liable
            AND role.from_date <= review.act_date AND (role.to_date IS NULL OR role.to_date > review.act_date)
        JOIN accounts_party party ON party.id = role.party_id
        LEFT JOIN accounts_party merged ON merged.id = party.merged_into_id
        WHERE item.run_id = NEW.id AND review.done_by_id IN (party.staff_user_id, merged.staff_user_id)
    ) THEN
        RAISE EXCEPTION 'run %: an account of who approves is in it', NEW.number
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_billrun_own_account';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER guard_small_office
    BEFORE INSERT OR UPDATE OF small_office_review_id, approved_by_id, made_by_id, total_amount ON billing_billrun
    FOR EACH ROW WHEN (NEW.small_office_review_id IS NOT NULL) EXECUTE FUNCTION billing_guard_small_office();
