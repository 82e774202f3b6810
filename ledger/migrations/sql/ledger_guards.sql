-- What the books promise, kept by the database itself. docs/adr/0002-ledger-and-triggers.md gives the reasons.
--
-- Two kinds of guard. What can be judged as soon as a statement is done is judged by a statement trigger over the rows it
-- added, set-based, so that a COPY of a whole bill run costs one pass. What can only be judged once an entry is whole
-- (balance, ties to charges and credits) is put down in ledger_guard.entry_check and judged at commit, again in one pass.
-- The functions belong to the owner and run with its rights; the application's role cannot reach the schema ledger_guard.
-- They are planned anew each time: a plan made for one payment would be wrong for a bill run, and the reverse.
-- Inside the transaction that loads a bill run the planner knows nothing of the new rows, and a nested loop over what it
-- takes for a handful ran for ten minutes. So where many rows meet many, nested loops are off and both sides are read by the
-- range of entries; where rows are looked up by key, a lateral subquery fenced by OFFSET 0 does it a row at a time.

CREATE SCHEMA ledger_guard;

-- Ranges of entries that this transaction must still have judged. Empty whenever nobody is posting.
CREATE UNLOGGED TABLE ledger_guard.entry_check (
    xid xid8 NOT NULL,
    first_id bigint NOT NULL,
    last_id bigint NOT NULL
);
CREATE INDEX entry_check_xid ON ledger_guard.entry_check (xid);

-- An entry is sealed by the transaction that made it.
ALTER TABLE ledger_journalentry ADD COLUMN created_xid xid8 NOT NULL DEFAULT pg_current_xact_id();

-- One foreign key instead of two: the posting's copy of `control` is the GL account's own.
DO $$
DECLARE
    simple name;
BEGIN
    SELECT conname INTO STRICT simple FROM pg_constraint
    WHERE conrelid = 'ledger_posting'::regclass AND contype = 'f' AND confrelid = 'ledger_glaccount'::regclass;
    EXECUTE format('ALTER TABLE ledger_posting DROP CONSTRAINT %I', simple);
END
$$;
ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_gl_control
    FOREIGN KEY (gl_account_id, control) REFERENCES ledger_glaccount (id, control);

CREATE FUNCTION ledger_guard.refuse(rule text, sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', sentence USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = rule;
END
$$;

CREATE FUNCTION ledger_guard.judge_later(first_entry bigint, last_entry bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    me xid8 := pg_current_xact_id();
BEGIN
    IF first_entry IS NULL OR EXISTS (
        SELECT FROM ledger_guard.entry_check q
        WHERE q.xid = me AND q.first_id <= first_entry AND q.last_id >= last_entry
    ) THEN
        RETURN;
    END IF;
    INSERT INTO ledger_guard.entry_check (xid, first_id, last_id) VALUES (me, first_entry, last_entry);
END
$$;

-- Held money never goes below zero; reversed movements do not count.
CREATE FUNCTION ledger_guard.check_held(held_ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    short bigint;
BEGIN
    PERFORM 1 FROM ledger_heldmoney WHERE id = ANY (held_ids) ORDER BY id FOR NO KEY UPDATE;
    SELECT m.held_money_id INTO short
    FROM ledger_heldmovement m
    WHERE m.held_money_id = ANY (held_ids)
      AND NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = m.entry_id)
    GROUP BY m.held_money_id
    HAVING sum(CASE WHEN m.kind IN ('RECEIVED', 'INTEREST') THEN m.amount ELSE -m.amount END) < 0
    LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_held_not_negative', format('held money %s would go below zero', short));
    END IF;
END
$$;

-- Entries -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger_guard.entries_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    me xid8 := pg_current_xact_id();
    added record;
    bad record;
BEGIN
    SELECT min(id) AS first_id, max(id) AS last_id, min(posting_date) AS first_day, max(posting_date) AS last_day,
           count(*) FILTER (WHERE created_xid <> me) AS foreign_count, max(recorded_at) AS latest,
           count(reverses_id) AS reversal_count
    INTO added FROM new_rows;
    IF added.first_id IS NULL THEN
        RETURN NULL;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- The guards wait for locks and then look again; a fixed snapshot would not see what they waited for.
        PERFORM ledger_guard.refuse('ledger_read_committed', 'money is posted under read committed only');
    END IF;
    IF added.foreign_count > 0 OR added.latest > clock_timestamp() THEN
        PERFORM ledger_guard.refuse('ledger_entry_sealed', 'created_xid and recorded_at are not the writer''s to choose');
    END IF;

    -- Shared with other writers, and in the way of a close until this transaction has ended.
    PERFORM 1 FROM ledger_period p
    WHERE p.start_date <= added.last_day AND p.end_date > added.first_day ORDER BY p.id FOR SHARE;
    SELECT n.posting_date, n.is_adjusting INTO bad
    FROM (SELECT DISTINCT posting_date, is_adjusting FROM new_rows WHERE id >= added.first_id) n
    WHERE NOT EXISTS (
        SELECT FROM ledger_period p
        WHERE n.posting_date >= p.start_date AND n.posting_date < p.end_date
          AND (p.state = 'OPEN' AND (p.number < 13 OR n.is_adjusting) OR p.state = 'SOFT_CLOSED' AND n.is_adjusting)
    )
    ORDER BY 1 LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_entry_period', format('no open period takes the posting date %s', bad.posting_date));
    END IF;

    IF added.reversal_count > 0 THEN
        SELECT n.id, o.id AS reversed_id INTO bad
        FROM new_rows n JOIN ledger_journalentry o ON o.id = n.reverses_id
        WHERE o.reverses_id IS NOT NULL OR n.effective_date < o.effective_date OR n.posting_date < o.posting_date
           OR EXISTS (SELECT FROM ledger_allocation a WHERE a.entry_id = o.id)
        LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_guard.refuse('ledger_entry_reversible', format(
                'entry %s cannot be reversed: it reverses another or holds allocations, or the reversal is dated before it',
                bad.reversed_id));
        END IF;
        -- What is settled by live allocations goes below zero here and is refused by ledger_openitem_not_negative.
        UPDATE ledger_openitem i SET open_amount = i.open_amount - c.amount
        FROM new_rows n JOIN ledger_charge c ON c.entry_id = n.reverses_id
        WHERE i.charge_id = c.id;
        PERFORM 1 FROM ledger_credit c
        WHERE c.entry_id IN (SELECT reverses_id FROM new_rows) ORDER BY c.id FOR NO KEY UPDATE;
        SELECT c.id INTO bad
        FROM ledger_credit c JOIN ledger_allocation a ON a.credit_id = c.id
        WHERE c.entry_id IN (SELECT reverses_id FROM new_rows)
        GROUP BY c.id HAVING sum(CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END) <> 0 LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_guard.refuse('ledger_credit_applied', format(
                'credit %s is still applied to charges: take its allocations back first', bad.id));
        END IF;
        PERFORM ledger_guard.check_held(ARRAY(
            SELECT DISTINCT m.held_money_id FROM ledger_heldmovement m JOIN new_rows n ON n.reverses_id = m.entry_id));
    END IF;
    PERFORM ledger_guard.judge_later(added.first_id, added.last_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entries_added AFTER INSERT ON ledger_journalentry
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.entries_added();

-- Rows join an entry only in the transaction that made it.
CREATE FUNCTION ledger_guard.check_seal(entry_ids bigint[], what text) RETURNS void LANGUAGE plpgsql
    SET plan_cache_mode = force_custom_plan SET enable_nestloop = off AS $$
DECLARE
    stranger bigint;
BEGIN
    SELECT u.id INTO stranger
    FROM unnest(entry_ids) AS u (id)
    LEFT JOIN (
        SELECT e.id FROM ledger_journalentry e
        WHERE e.id BETWEEN entry_ids[1] AND entry_ids[cardinality(entry_ids)] AND e.created_xid = pg_current_xact_id()
    ) mine ON mine.id = u.id
    WHERE mine.id IS NULL LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_entry_sealed', format(
            'entry %s is sealed: a %s joins it only in the transaction that made it', stranger, what));
    END IF;
END
$$;

CREATE FUNCTION ledger_guard.postings_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_nestloop = off AS $$
DECLARE
    entry_ids bigint[] := ARRAY(SELECT DISTINCT entry_id FROM new_rows ORDER BY 1);
BEGIN
    PERFORM ledger_guard.check_seal(entry_ids, 'posting');
    INSERT INTO ledger_dailytotal (gl_account_id, fund_id, service, day, debit_amount, credit_amount)
    SELECT n.gl_account_id, n.fund_id, n.service, e.posting_date,
           coalesce(sum(n.amount) FILTER (WHERE n.side = 'D'), 0), coalesce(sum(n.amount) FILTER (WHERE n.side = 'C'), 0)
    FROM new_rows n JOIN ledger_journalentry e ON e.id = n.entry_id
    WHERE e.id BETWEEN entry_ids[1] AND entry_ids[cardinality(entry_ids)]
    GROUP BY 1, 2, 3, 4;
    PERFORM ledger_guard.judge_later(entry_ids[1], entry_ids[cardinality(entry_ids)]);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_postings_added AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.postings_added();

-- Charges, credits, held money ----------------------------------------------------------------------------------------

CREATE FUNCTION ledger_guard.charges_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entry_ids bigint[] := ARRAY(SELECT DISTINCT entry_id FROM new_rows ORDER BY 1);
BEGIN
    PERFORM ledger_guard.check_seal(entry_ids, 'charge');
    INSERT INTO ledger_openitem (charge_id, account_id, due_date, open_amount)
    SELECT id, account_id, due_date, amount FROM new_rows;
    PERFORM ledger_guard.judge_later(entry_ids[1], entry_ids[cardinality(entry_ids)]);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_charges_added AFTER INSERT ON ledger_charge
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.charges_added();

CREATE FUNCTION ledger_guard.credits_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entry_ids bigint[] := ARRAY(SELECT DISTINCT entry_id FROM new_rows ORDER BY 1);
BEGIN
    PERFORM ledger_guard.check_seal(entry_ids, 'credit');
    PERFORM ledger_guard.judge_later(entry_ids[1], entry_ids[cardinality(entry_ids)]);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_credits_added AFTER INSERT ON ledger_credit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.credits_added();

CREATE FUNCTION ledger_guard.held_movements_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    entry_ids bigint[] := ARRAY(SELECT DISTINCT entry_id FROM new_rows ORDER BY 1);
BEGIN
    PERFORM ledger_guard.check_seal(entry_ids, 'movement');
    PERFORM ledger_guard.check_held(ARRAY(SELECT DISTINCT held_money_id FROM new_rows));
    PERFORM ledger_guard.judge_later(entry_ids[1], entry_ids[cardinality(entry_ids)]);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_held_movements_added AFTER INSERT ON ledger_heldmovement
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.held_movements_added();

CREATE FUNCTION ledger_guard.due_dates_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Locked first, then read afresh: of two changes at once the one with the higher id counts, whoever commits last.
    PERFORM 1 FROM ledger_openitem i WHERE i.charge_id IN (SELECT charge_id FROM new_rows) ORDER BY 1 FOR UPDATE;
    UPDATE ledger_openitem i SET due_date = d.due_date
    FROM (
        SELECT DISTINCT ON (charge_id) charge_id, due_date FROM ledger_chargeduedate
        WHERE charge_id IN (SELECT charge_id FROM new_rows) ORDER BY charge_id, id DESC
    ) d
    WHERE i.charge_id = d.charge_id;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_due_dates_added AFTER INSERT ON ledger_chargeduedate
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.due_dates_added();

-- Allocations ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger_guard.allocations_added() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    entry_ids bigint[] := ARRAY(SELECT DISTINCT entry_id FROM new_rows ORDER BY 1);
    credit_ids bigint[] := ARRAY(SELECT DISTINCT credit_id FROM new_rows ORDER BY 1);
    bad record;
BEGIN
    PERFORM ledger_guard.check_seal(entry_ids, 'allocation');
    PERFORM 1 FROM ledger_credit WHERE id = ANY (credit_ids) ORDER BY id FOR NO KEY UPDATE;

    SELECT n.credit_id, n.charge_id, c.account_id = h.account_id AS same_account INTO bad
    FROM new_rows n
    CROSS JOIN LATERAL (SELECT e.effective_date, e.posting_date FROM ledger_journalentry e WHERE e.id = n.entry_id OFFSET 0) e
    CROSS JOIN LATERAL (
        SELECT c.account_id, c.entry_id, e.effective_date, e.posting_date
        FROM ledger_credit c JOIN ledger_journalentry e ON e.id = c.entry_id WHERE c.id = n.credit_id OFFSET 0) c
    CROSS JOIN LATERAL (
        SELECT h.account_id, e.effective_date, e.posting_date
        FROM ledger_charge h JOIN ledger_journalentry e ON e.id = h.entry_id WHERE h.id = n.charge_id OFFSET 0) h
    WHERE c.account_id <> h.account_id OR n.act = 'APPLY' AND (
        e.effective_date < greatest(c.effective_date, h.effective_date)
        OR e.posting_date < greatest(c.posting_date, h.posting_date)
        OR (SELECT count(*) FROM ledger_journalentry r WHERE r.reverses_id = c.entry_id) > 0)
    LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse(
            CASE WHEN bad.same_account THEN 'ledger_allocation_possible' ELSE 'ledger_allocation_one_account' END,
            format('credit %s cannot settle charge %s: another account''s, reversed, or not there on that day',
                   bad.credit_id, bad.charge_id));
    END IF;

    SELECT n.undoes_id INTO bad
    FROM new_rows n
    CROSS JOIN LATERAL (SELECT e.effective_date, e.posting_date FROM ledger_journalentry e WHERE e.id = n.entry_id OFFSET 0) e
    CROSS JOIN LATERAL (
        SELECT a.act, a.credit_id, a.charge_id, a.amount, e.effective_date, e.posting_date
        FROM ledger_allocation a JOIN ledger_journalentry e ON e.id = a.entry_id WHERE a.id = n.undoes_id OFFSET 0) a
    WHERE a.act <> 'APPLY' OR (a.credit_id, a.charge_id, a.amount) <> (n.credit_id, n.charge_id, n.amount)
       OR e.effective_date < a.effective_date OR e.posting_date < a.posting_date
    LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_allocation_undo', format(
            'allocation %s is taken back whole, as it was made, and not before its day', bad.undoes_id));
    END IF;

    SELECT u.id INTO bad
    FROM unnest(credit_ids) u (id)
    CROSS JOIN LATERAL (SELECT c.amount FROM ledger_credit c WHERE c.id = u.id OFFSET 0) c
    CROSS JOIN LATERAL (
        SELECT sum(CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END) AS net
        FROM ledger_allocation a WHERE a.credit_id = u.id) s
    WHERE s.net > c.amount LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_credit_spent', format('credit %s would be applied beyond its amount', bad.id));
    END IF;

    -- Beyond the charge: ledger_openitem_not_negative.
    UPDATE ledger_openitem i SET open_amount = i.open_amount - n.net
    FROM (SELECT charge_id, sum(CASE act WHEN 'APPLY' THEN amount ELSE -amount END) AS net FROM new_rows
          WHERE credit_id = ANY (credit_ids) GROUP BY charge_id) n
    WHERE i.charge_id = n.charge_id;
    PERFORM ledger_guard.judge_later(entry_ids[1], entry_ids[cardinality(entry_ids)]);
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_allocations_added AFTER INSERT ON ledger_allocation
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard.allocations_added();

-- At commit -----------------------------------------------------------------------------------------------------------

CREATE FUNCTION ledger_guard.judge_entries() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan
    SET enable_nestloop = off AS $$
DECLARE
    me xid8 := pg_current_xact_id();
    a bigint := NEW.first_id;
    z bigint := NEW.last_id;
    reversal_count bigint;
    bad record;
BEGIN
    DELETE FROM ledger_guard.entry_check q WHERE q.xid = NEW.xid AND q.first_id = a AND q.last_id = z;
    SELECT count(reverses_id) INTO reversal_count FROM ledger_journalentry WHERE id BETWEEN a AND z AND created_xid = me;

    -- Every entry has postings, and they balance within each fund, so in total too.
    SELECT e.id, p.entry_id IS NULL AS is_empty, p.fund_id, p.net INTO bad
    FROM ledger_journalentry e
    LEFT JOIN (
        SELECT entry_id, fund_id, sum(CASE side WHEN 'D' THEN amount ELSE -amount END) AS net
        FROM ledger_posting WHERE entry_id BETWEEN a AND z GROUP BY entry_id, fund_id
    ) p ON p.entry_id = e.id
    WHERE e.id BETWEEN a AND z AND e.created_xid = me AND (p.entry_id IS NULL OR p.net <> 0)
    LIMIT 1;
    IF FOUND AND bad.is_empty THEN
        PERFORM ledger_guard.refuse('ledger_entry_not_empty', format('entry %s has no postings', bad.id));
    ELSIF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_entry_balances', format(
            'entry %s is out of balance by %s in fund %s', bad.id, bad.net, bad.fund_id));
    END IF;

    -- What an entry posts to receivables is what its charges and allocations say, charge by charge; the charge's account,
    -- fund and service are repeated in the posting, and so are compared as well.
    SELECT t.entry_id, t.charge_id INTO bad
    FROM (
        SELECT x.entry_id, x.charge_id FROM (
            SELECT entry_id, charge_id, CASE side WHEN 'D' THEN amount ELSE -amount END AS net,
                   (account_id, fund_id, service)::text AS whose
            FROM ledger_posting WHERE entry_id BETWEEN a AND z AND control = 'RECEIVABLE'
            UNION ALL
            SELECT entry_id, id, -amount, (account_id, fund_id, service)::text
            FROM ledger_charge WHERE entry_id BETWEEN a AND z
            UNION ALL
            SELECT l.entry_id, l.charge_id, CASE l.act WHEN 'APPLY' THEN l.amount ELSE -l.amount END,
                   (SELECT (c.account_id, c.fund_id, c.service)::text FROM ledger_charge c WHERE c.id = l.charge_id)
            FROM ledger_allocation l WHERE l.entry_id BETWEEN a AND z
        ) x
        GROUP BY x.entry_id, x.charge_id, x.whose HAVING sum(x.net) <> 0
    ) t
    JOIN ledger_journalentry e ON e.id = t.entry_id
    WHERE e.id BETWEEN a AND z AND e.created_xid = me AND e.reverses_id IS NULL LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_entry_receivable', format(
            'entry %s posts to the receivable of charge %s what no charge and no allocation of it says',
            bad.entry_id, bad.charge_id));
    END IF;

    -- The same for unapplied credit (credits, allocations) and held money (movements), account by account.
    SELECT t.entry_id, t.account_id, t.control INTO bad
    FROM (
        SELECT x.entry_id, x.account_id, x.control FROM (
            SELECT entry_id, account_id, control::text, CASE side WHEN 'C' THEN amount ELSE -amount END AS net
            FROM ledger_posting WHERE entry_id BETWEEN a AND z AND control IN ('UNAPPLIED', 'HELD')
            UNION ALL
            SELECT entry_id, account_id, 'UNAPPLIED', -amount FROM ledger_credit WHERE entry_id BETWEEN a AND z
            UNION ALL
            SELECT l.entry_id, (SELECT c.account_id FROM ledger_credit c WHERE c.id = l.credit_id), 'UNAPPLIED',
                   CASE l.act WHEN 'APPLY' THEN l.amount ELSE -l.amount END
            FROM ledger_allocation l WHERE l.entry_id BETWEEN a AND z
            UNION ALL
            SELECT m.entry_id, (SELECT h.account_id FROM ledger_heldmoney h WHERE h.id = m.held_money_id), 'HELD',
                   CASE WHEN m.kind IN ('RECEIVED', 'INTEREST') THEN -m.amount ELSE m.amount END
            FROM ledger_heldmovement m WHERE m.entry_id BETWEEN a AND z
        ) x
        GROUP BY x.entry_id, x.account_id, x.control HAVING sum(x.net) <> 0
    ) t
    JOIN ledger_journalentry e ON e.id = t.entry_id
    WHERE e.id BETWEEN a AND z AND e.created_xid = me AND e.reverses_id IS NULL LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_guard.refuse('ledger_entry_subledger', format(
            'entry %s posts to %s of account %s what no credit, allocation or movement of it says',
            bad.entry_id, bad.control, bad.account_id));
    END IF;

    -- A reversal is the mirror of what it reverses, and nothing else.
    IF reversal_count > 0 THEN
        FOR bad IN
            SELECT id, reverses_id FROM ledger_journalentry
            WHERE id BETWEEN a AND z AND created_xid = me AND reverses_id IS NOT NULL
        LOOP
            IF EXISTS (
                SELECT FROM ledger_posting p WHERE p.entry_id IN (bad.id, bad.reverses_id)
                GROUP BY p.gl_account_id, p.fund_id, p.account_id, p.charge_id, p.service, p.liable_party_id, p.agency_id
                HAVING sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END) <> 0)
            OR EXISTS (SELECT FROM ledger_charge c WHERE c.entry_id = bad.id)
            OR EXISTS (SELECT FROM ledger_credit c WHERE c.entry_id = bad.id)
            OR EXISTS (SELECT FROM ledger_allocation l WHERE l.entry_id = bad.id)
            OR EXISTS (SELECT FROM ledger_heldmovement m WHERE m.entry_id = bad.id) THEN
                PERFORM ledger_guard.refuse('ledger_entry_mirrors', format(
                    'entry %s does not mirror entry %s, which it reverses', bad.id, bad.reverses_id));
            END IF;
        END LOOP;
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER ledger_judge_entries AFTER INSERT ON ledger_guard.entry_check
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_guard.judge_entries();

-- What other guards rest on does not change -----------------------------------------------------------------------------

CREATE FUNCTION ledger_guard.keep_control() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM ledger_guard.refuse(TG_TABLE_NAME || '_kept', format('%s of %s does not change', TG_ARGV[0], TG_TABLE_NAME));
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_glaccount_kept BEFORE UPDATE OF control ON ledger_glaccount
    FOR EACH ROW WHEN (OLD.control IS DISTINCT FROM NEW.control) EXECUTE FUNCTION ledger_guard.keep_control('control');
CREATE TRIGGER ledger_fund_kept BEFORE UPDATE OF is_pool ON ledger_fund
    FOR EACH ROW WHEN (OLD.is_pool IS DISTINCT FROM NEW.is_pool) EXECUTE FUNCTION ledger_guard.keep_control('is_pool');
CREATE TRIGGER ledger_period_kept BEFORE UPDATE OF start_date, end_date, number ON ledger_period
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.* AND
        (OLD.start_date, OLD.end_date, OLD.number) IS DISTINCT FROM (NEW.start_date, NEW.end_date, NEW.number))
    EXECUTE FUNCTION ledger_guard.keep_control('start_date, end_date and number');

-- Makes the caches again from what they are made of; the owner's tool, used when prove finds a difference.
CREATE FUNCTION ledger_guard.rebuild_caches() RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    LOCK TABLE ledger_journalentry, ledger_posting, ledger_charge, ledger_allocation, ledger_chargeduedate IN SHARE MODE;
    DELETE FROM ledger_openitem;
    INSERT INTO ledger_openitem (charge_id, account_id, due_date, open_amount)
    SELECT c.id, c.account_id,
           coalesce((SELECT d.due_date FROM ledger_chargeduedate d WHERE d.charge_id = c.id ORDER BY d.id DESC LIMIT 1), c.due_date),
           CASE WHEN r.id IS NULL THEN c.amount - coalesce(a.net, 0) ELSE 0 END
    FROM ledger_charge c
    LEFT JOIN ledger_journalentry r ON r.reverses_id = c.entry_id
    LEFT JOIN (SELECT charge_id, sum(CASE act WHEN 'APPLY' THEN amount ELSE -amount END) AS net
               FROM ledger_allocation GROUP BY charge_id) a ON a.charge_id = c.id;
    DELETE FROM ledger_dailytotal;
    INSERT INTO ledger_dailytotal (gl_account_id, fund_id, service, day, debit_amount, credit_amount)
    SELECT p.gl_account_id, p.fund_id, p.service, e.posting_date,
           coalesce(sum(p.amount) FILTER (WHERE p.side = 'D'), 0), coalesce(sum(p.amount) FILTER (WHERE p.side = 'C'), 0)
    FROM ledger_posting p JOIN ledger_journalentry e ON e.id = p.entry_id GROUP BY 1, 2, 3, 4;
END
$$;
