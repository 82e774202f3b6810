-- What a second person approved is what is posted: from the approval on, the drafts of a run stand as they are until
-- posting issues them, and a draft is issued by no other way.

CREATE OR REPLACE FUNCTION billing_run_is_settled(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT state IN ('APPROVED', 'POSTING') FROM billing_billrun WHERE id = wanted
$$;

CREATE OR REPLACE FUNCTION billing_guard_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'DRAFT' AND billing_run_is_settled(OLD.run_id) THEN
        IF TG_OP = 'UPDATE' AND NEW.status = 'POSTED'
           AND (OLD.number, OLD.run_id, OLD.account_id, OLD.bill_date, OLD.due_date, OLD.total_amount)
             = (NEW.number, NEW.run_id, NEW.account_id, NEW.bill_date, NEW.due_date, NEW.total_amount) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% of bill % is refused: its run is approved as it stands', TG_OP, OLD.number
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_approved';
    END IF;
    IF OLD.status = 'DRAFT' THEN
        IF TG_OP = 'UPDATE' AND NEW.status = 'POSTED' THEN
            RAISE EXCEPTION 'bill % is refused: its run is not approved', OLD.number
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_run_approved';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'POSTED' AND NEW.status IN ('POSTED', 'REVERSED')
       AND (to_jsonb(OLD) - 'status') = (to_jsonb(NEW) - 'status') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of bill % is refused: it is %', TG_OP, OLD.number, lower(OLD.status)
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_bill_posted';
END
$$;

CREATE OR REPLACE FUNCTION billing_bill_is_open(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT bill.status = 'DRAFT' AND run.state NOT IN ('APPROVED', 'POSTING')
                     FROM billing_bill bill JOIN billing_billrun run ON run.id = bill.run_id
                     WHERE bill.id = wanted), true)
$$;

CREATE OR REPLACE FUNCTION billing_guard_new_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added JOIN billing_bill bill ON bill.id = added.bill_id
        WHERE (bill.status <> 'DRAFT'
               OR bill.run_id IN (SELECT id FROM billing_billrun WHERE state IN ('APPROVED', 'POSTING')))
          AND NOT (bill.status = 'POSTED' AND billing_is_of_this_transaction(bill.xmin))
    ) THEN
        RAISE EXCEPTION 'a segment may not be added to a bill that is posted or approved'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_segment_posted';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION billing_guard_new_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added JOIN billing_billsegment segment ON segment.id = added.segment_id
        JOIN billing_bill bill ON bill.id = segment.bill_id
        WHERE (bill.status <> 'DRAFT'
               OR bill.run_id IN (SELECT id FROM billing_billrun WHERE state IN ('APPROVED', 'POSTING')))
          AND NOT (bill.status = 'POSTED' AND billing_is_of_this_transaction(bill.xmin))
    ) THEN
        RAISE EXCEPTION 'a line may not be added to a bill that is posted or approved'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_line_posted';
    END IF;
    RETURN NULL;
END
$$;

-- Who made a run, its cycle and its dates never change: the second person's approval stands on them.
CREATE OR REPLACE TRIGGER guard_facts BEFORE UPDATE OR DELETE ON billing_billrun
    FOR EACH ROW EXECUTE FUNCTION core_guard_columns(
        'state', 'is_paused', 'item_count', 'figures_hash', 'total_amount', 'approved_by_id', 'approved_at',
        'small_office_review_id', 'started_at', 'posted_at');
