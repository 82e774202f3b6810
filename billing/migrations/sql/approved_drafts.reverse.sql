-- What posted_bills.sql made, as it was.
DROP TRIGGER IF EXISTS guard_facts ON billing_billrun;

CREATE OR REPLACE FUNCTION billing_guard_bill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status = 'DRAFT' THEN
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
    SELECT coalesce((SELECT status = 'DRAFT' FROM billing_bill WHERE id = wanted), true)
$$;

CREATE OR REPLACE FUNCTION billing_guard_new_segments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added JOIN billing_bill bill ON bill.id = added.bill_id
        WHERE bill.status <> 'DRAFT'
          AND NOT (bill.status = 'POSTED' AND billing_is_of_this_transaction(bill.xmin))
    ) THEN
        RAISE EXCEPTION 'a segment may not be added to a bill that is posted'
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
        WHERE bill.status <> 'DRAFT'
          AND NOT (bill.status = 'POSTED' AND billing_is_of_this_transaction(bill.xmin))
    ) THEN
        RAISE EXCEPTION 'a line may not be added to a bill that is posted'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_line_posted';
    END IF;
    RETURN NULL;
END
$$;

DROP FUNCTION IF EXISTS billing_run_is_settled(bigint);
