-- Small-office mode: who asked for a void, or took the money, may decide it only with a review of that very act.

CREATE OR REPLACE FUNCTION payments_guard_small_office() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    review core_smallofficereview%ROWTYPE;
    receipt payments_receipt%ROWTYPE;
    receipt_label text;
BEGIN
    SELECT * INTO review FROM core_smallofficereview WHERE id = NEW.small_office_review_id;
    SELECT * INTO receipt FROM payments_receipt WHERE id = NEW.receipt_id;
    SELECT code || '-' || lpad(receipt.number::text, greatest(6, length(receipt.number::text)), '0')
        INTO receipt_label FROM payments_drawer WHERE id = receipt.drawer_id;
    IF review.act IS DISTINCT FROM 'VOID' OR review.key IS DISTINCT FROM receipt_label
        OR review.amount IS DISTINCT FROM receipt.total_amount
        OR review.done_by_id IS DISTINCT FROM NEW.decided_by_id OR NEW.state <> 'APPROVED' THEN
        RAISE EXCEPTION 'void of receipt %: its review is of another act', receipt_label
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_voidrequest_review';
    END IF;
    IF EXISTS (
        SELECT FROM payments_receiptline line
        JOIN accounts_accountrole role ON role.account_id = line.account_id AND role.is_liable
            AND role.from_date <= review.act_date AND (role.to_date IS NULL OR role.to_date > review.act_date)
        JOIN accounts_party party ON party.id = role.party_id
        LEFT JOIN accounts_party merged ON merged.id = party.merged_into_id
        WHERE line.receipt_id = receipt.id
            AND review.done_by_id IN (party.staff_user_id, merged.staff_user_id)
    ) THEN
        RAISE EXCEPTION 'void of receipt %: it is on an account of who decides', receipt_label
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_voidrequest_own_account';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER guard_small_office BEFORE INSERT OR UPDATE ON payments_voidrequest
    FOR EACH ROW WHEN (NEW.small_office_review_id IS NOT NULL) EXECUTE FUNCTION payments_guard_small_office();

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
        OR (request.decided_by_id = receipt.received_by_id AND request.small_office_review_id IS NULL) THEN
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
