-- What no receipt may do, whoever writes it: stand outside an open session of its own cashier, leave a gap in its
-- drawer's numbers, or differ from its lines, its tenders and its entry. And what no void may do: go without a second
-- person, come after the count has begun, or reverse another entry than the receipt's.

CREATE OR REPLACE FUNCTION payments_guard_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_session payments_drawersession%ROWTYPE;
    last_number integer;
BEGIN
    -- Shared with other receipts of the session; whoever closes the session waits for them.
    SELECT * INTO of_session FROM payments_drawersession WHERE id = NEW.session_id FOR SHARE;
    IF of_session.state IS DISTINCT FROM 'OPEN' THEN
        RAISE EXCEPTION 'receipt %: drawer session % is %', NEW.number, NEW.session_id, coalesce(of_session.state, 'missing')
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_receipt_session_open';
    END IF;
    IF of_session.user_id <> NEW.received_by_id OR of_session.drawer_id <> NEW.drawer_id
        OR of_session.business_date <> NEW.posting_date THEN
        RAISE EXCEPTION 'receipt %: person, drawer and date are not those of drawer session %', NEW.number, NEW.session_id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_receipt_session_own';
    END IF;
    SELECT coalesce(max(number), 0) INTO last_number FROM payments_receipt WHERE drawer_id = NEW.drawer_id;
    IF NEW.number <> last_number + 1 THEN
        RAISE EXCEPTION 'receipt %: the next number of drawer % is %', NEW.number, NEW.drawer_id, last_number + 1
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_receipt_next_number';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER guard_receipt BEFORE INSERT ON payments_receipt
    FOR EACH ROW EXECUTE FUNCTION payments_guard_receipt();

CREATE OR REPLACE FUNCTION payments_check_receipt_sums() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    receipt payments_receipt%ROWTYPE;
    line_sum numeric;
    tender_sum numeric;
    change_sum numeric;
    cash_sum numeric;
BEGIN
    IF TG_TABLE_NAME = 'payments_receipt' THEN
        receipt := NEW;
    ELSE
        SELECT * INTO receipt FROM payments_receipt WHERE id = NEW.receipt_id;
    END IF;
    SELECT coalesce(sum(amount), 0) INTO line_sum FROM payments_receiptline WHERE receipt_id = receipt.id;
    SELECT coalesce(sum(amount), 0), coalesce(sum(change_amount), 0) INTO tender_sum, change_sum
        FROM payments_tender WHERE receipt_id = receipt.id;
    IF line_sum <> receipt.total_amount OR tender_sum <> receipt.total_amount OR change_sum <> receipt.change_amount THEN
        RAISE EXCEPTION 'receipt %: total %, lines %, tenders %, change % of %', receipt.number, receipt.total_amount,
            line_sum, tender_sum, change_sum, receipt.change_amount
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_receipt_sums';
    END IF;
    IF TG_TABLE_NAME = 'payments_receipt' THEN
        SELECT coalesce(sum(p.amount), 0) INTO cash_sum FROM ledger_posting p
            JOIN ledger_glaccount g ON g.id = p.gl_account_id
            WHERE p.entry_id = receipt.entry_id AND p.side = 'D' AND g.code = '1010';
        IF cash_sum <> receipt.total_amount THEN
            RAISE EXCEPTION 'receipt %: total %, and its entry puts % into the drawer', receipt.number,
                receipt.total_amount, cash_sum
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_receipt_entry';
        END IF;
    END IF;
    RETURN NULL;
END
$$;

-- Deferred: the lines and tenders come after the receipt. Fired from all three, so that none can be added later.
DROP TRIGGER IF EXISTS check_receipt_sums ON payments_receipt;
CREATE CONSTRAINT TRIGGER check_receipt_sums AFTER INSERT ON payments_receipt
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_receipt_sums();
DROP TRIGGER IF EXISTS check_receipt_sums ON payments_receiptline;
CREATE CONSTRAINT TRIGGER check_receipt_sums AFTER INSERT ON payments_receiptline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_receipt_sums();
DROP TRIGGER IF EXISTS check_receipt_sums ON payments_tender;
CREATE CONSTRAINT TRIGGER check_receipt_sums AFTER INSERT ON payments_tender
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_check_receipt_sums();

CREATE OR REPLACE FUNCTION payments_guard_void_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'REQUESTED' THEN
        RAISE EXCEPTION 'a void request begins as requested, not as %', NEW.state
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_voidrequest_begins';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER guard_void_request BEFORE INSERT ON payments_voidrequest
    FOR EACH ROW EXECUTE FUNCTION payments_guard_void_request();

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

CREATE OR REPLACE TRIGGER guard_void BEFORE INSERT ON payments_receiptvoid
    FOR EACH ROW EXECUTE FUNCTION payments_guard_void();
