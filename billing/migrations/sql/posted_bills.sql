-- What was billed stays billed: of a posted bill only its status may change, and only to REVERSED. Drafts of a run that
-- is not posted may be changed and removed.

CREATE FUNCTION billing_guard_bill() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER guard_posted BEFORE UPDATE OR DELETE ON billing_bill
    FOR EACH ROW EXECUTE FUNCTION billing_guard_bill();

-- The status of a bill, for the guards of its parts; none where the bill is not there (its key is checked by others).
CREATE FUNCTION billing_bill_is_open(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT status = 'DRAFT' FROM billing_bill WHERE id = wanted), true)
$$;

CREATE FUNCTION billing_guard_segment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF billing_bill_is_open(OLD.bill_id) AND (TG_OP = 'DELETE' OR billing_bill_is_open(NEW.bill_id)) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'LIVE' AND (to_jsonb(OLD) - 'status') = (to_jsonb(NEW) - 'status') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of a segment is refused: its bill is posted', TG_OP
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_segment_posted';
END
$$;
CREATE TRIGGER guard_posted BEFORE UPDATE OR DELETE ON billing_billsegment
    FOR EACH ROW EXECUTE FUNCTION billing_guard_segment();

CREATE FUNCTION billing_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF billing_bill_is_open((SELECT bill_id FROM billing_billsegment WHERE id = OLD.segment_id))
       AND (TG_OP = 'DELETE'
            OR billing_bill_is_open((SELECT bill_id FROM billing_billsegment WHERE id = NEW.segment_id))) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% of a bill line is refused: its bill is posted', TG_OP
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_line_posted';
END
$$;
CREATE TRIGGER guard_posted BEFORE UPDATE OR DELETE ON billing_billline
    FOR EACH ROW EXECUTE FUNCTION billing_guard_line();

-- Nothing is added to a posted bill either. One check a statement, not one a row: a run adds millions of lines. A bill
-- written by the running transaction itself (a history that is loaded already posted) may still get its parts.
CREATE FUNCTION billing_is_of_this_transaction(version xid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    now_id bigint := coalesce(pg_current_xact_id_if_assigned()::text, '0')::bigint;
    candidate bigint := (now_id >> 32 << 32) + version::text::bigint;
BEGIN
    RETURN candidate <= now_id + 1000000
       AND coalesce(pg_xact_status(candidate::text::xid8) = 'in progress', false);
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END
$$;

CREATE FUNCTION billing_guard_new_segments() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER guard_added AFTER INSERT ON billing_billsegment REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION billing_guard_new_segments();

CREATE FUNCTION billing_guard_new_lines() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER guard_added AFTER INSERT ON billing_billline REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION billing_guard_new_lines();

CREATE TRIGGER guard_never_emptied BEFORE TRUNCATE ON billing_bill
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER guard_never_emptied BEFORE TRUNCATE ON billing_billsegment
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();
CREATE TRIGGER guard_never_emptied BEFORE TRUNCATE ON billing_billline
    FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change();

-- A price that has billed somebody stays as it was. It may still be given an end, after the days it has billed.
CREATE FUNCTION billing_guard_rate_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept constant text[] := ARRAY['effective_to', 'approved_by_id', 'approved_at', 'ordinance'];
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - kept) = (to_jsonb(NEW) - kept)
       AND OLD.effective_to IS NOT DISTINCT FROM NEW.effective_to THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - kept) = (to_jsonb(NEW) - kept) AND NOT EXISTS (
        SELECT FROM billing_billsegment segment
        WHERE segment.rate_version_id = OLD.id AND segment.status = 'LIVE' AND segment.to_date > NEW.effective_to
    ) THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT FROM billing_billsegment segment WHERE segment.rate_version_id = OLD.id) THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '% of rate version % is refused: bills were priced by it', TG_OP, OLD.id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'billing_rateversion_in_use';
END
$$;
CREATE TRIGGER guard_in_use BEFORE UPDATE OR DELETE ON billing_rateversion
    FOR EACH ROW EXECUTE FUNCTION billing_guard_rate_version();
