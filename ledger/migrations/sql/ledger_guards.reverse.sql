DROP TRIGGER IF EXISTS ledger_entries_added ON ledger_journalentry;
DROP TRIGGER IF EXISTS ledger_postings_added ON ledger_posting;
DROP TRIGGER IF EXISTS ledger_charges_added ON ledger_charge;
DROP TRIGGER IF EXISTS ledger_credits_added ON ledger_credit;
DROP TRIGGER IF EXISTS ledger_held_movements_added ON ledger_heldmovement;
DROP TRIGGER IF EXISTS ledger_due_dates_added ON ledger_chargeduedate;
DROP TRIGGER IF EXISTS ledger_allocations_added ON ledger_allocation;
DROP TRIGGER IF EXISTS ledger_glaccount_kept ON ledger_glaccount;
DROP TRIGGER IF EXISTS ledger_fund_kept ON ledger_fund;
DROP TRIGGER IF EXISTS ledger_period_kept ON ledger_period;
DROP SCHEMA IF EXISTS ledger_guard CASCADE;
ALTER TABLE ledger_posting DROP CONSTRAINT IF EXISTS ledger_posting_gl_control;
ALTER TABLE ledger_posting ADD CONSTRAINT ledger_posting_gl_account_id_fk
    FOREIGN KEY (gl_account_id) REFERENCES ledger_glaccount (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ledger_journalentry DROP COLUMN IF EXISTS created_xid;
