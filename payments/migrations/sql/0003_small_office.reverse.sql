DROP TRIGGER IF EXISTS guard_small_office ON payments_voidrequest;
DROP FUNCTION IF EXISTS payments_guard_small_office();

CREATE OR REPLACE FUNCTION payments_guard_void() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    receipt payments_receipt%ROWTYPE;
    request payments_voidrequest%ROWTYPE;
    session_state text;
    reversed bigint;
BEGIN
    SELECT * INTO receipt FROM payments_receipt WHERE id = NEW.receipt_id;
    SELECT * INTO request FROM payments_voidrequest WHERE id = NEW.request_id;
    SELECT state INTO session_state FROM payments_drawersession WHERE id = receipt.session_id FOR SHARE;
    IF session_state IS DISTINCT FROM 'OPEN' THEN
        RAISE EXCEPTION 'void of receipt %: its drawer session is %', receipt.number, session_state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_void_session_open';
    END IF;
    IF request.receipt_id IS DISTINCT FROM NEW.receipt_id OR request.state <> 'APPROVED'
        OR request.decided_by_id = receipt.received_by_id THEN
        RAISE EXCEPTION 'void of receipt %: no second person has approved it', receipt.number
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_void_second_person';
    END IF;
    SELECT reverses_id INTO reversed FROM ledger_journalentry WHERE id = NEW.entry_id;
    IF reversed IS DISTINCT FROM receipt.entry_id THEN
        RAISE EXCEPTION 'void of receipt %: entry % does not reverse the receipt''s', receipt.number, NEW.entry_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_void_entry';
    END IF;
    RETURN NEW;
END
$$;
