-- An account is found by the meters that it has or had: the meter hung at a service point while the account took the
-- service there.
CREATE VIEW metering_search_source AS
    SELECT 'METER' AS kind, m.id AS source_id, a.account_id, accounts_search_number(m.serial_number) AS text,
           bool_or(a.to_date IS NULL AND i.to_date IS NULL) AS is_current
      FROM metering_installation i
      JOIN metering_meter m ON m.id = i.meter_id
      JOIN accounts_serviceagreement a ON a.service_point_id = i.service_point_id
       AND daterange(a.from_date, a.to_date) && daterange(i.from_date, i.to_date)
     WHERE a.status <> 'CANCELLED'
     GROUP BY m.id, a.account_id;

CREATE FUNCTION metering_search_from_installations() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT a.account_id) INTO touched
          FROM new_rows n JOIN accounts_serviceagreement a ON a.service_point_id = n.service_point_id;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT a.account_id) INTO touched
          FROM old_rows o JOIN accounts_serviceagreement a ON a.service_point_id = o.service_point_id;
    ELSE
        SELECT array_agg(DISTINCT a.account_id) INTO touched
          FROM (SELECT service_point_id FROM old_rows UNION SELECT service_point_id FROM new_rows) AS both_rows
          JOIN accounts_serviceagreement a ON a.service_point_id = both_rows.service_point_id;
    END IF;
    PERFORM accounts_search_refresh('metering_search_source', ARRAY['METER'], touched, TG_OP <> 'INSERT');
    RETURN NULL;
END
$$;

CREATE FUNCTION metering_search_from_meters() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    SELECT array_agg(DISTINCT a.account_id) INTO touched
      FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.serial_number <> n.serial_number
      JOIN metering_installation i ON i.meter_id = n.id
      JOIN accounts_serviceagreement a ON a.service_point_id = i.service_point_id;
    PERFORM accounts_search_refresh('metering_search_source', ARRAY['METER'], touched, false);
    RETURN NULL;
END
$$;

CREATE FUNCTION metering_search_from_agreements() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT account_id) INTO touched FROM new_rows;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT account_id) INTO touched FROM old_rows;
    ELSE
        SELECT array_agg(account_id) INTO touched
          FROM (SELECT account_id FROM old_rows UNION SELECT account_id FROM new_rows) AS both_rows;
    END IF;
    PERFORM accounts_search_refresh('metering_search_source', ARRAY['METER'], touched, TG_OP <> 'INSERT');
    RETURN NULL;
END
$$;

CREATE TRIGGER search_inserted AFTER INSERT ON metering_installation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_installations();
CREATE TRIGGER search_updated AFTER UPDATE ON metering_installation
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_installations();
CREATE TRIGGER search_deleted AFTER DELETE ON metering_installation REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_installations();
CREATE TRIGGER search_updated AFTER UPDATE ON metering_meter REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_meters();
CREATE TRIGGER search_meters_inserted AFTER INSERT ON accounts_serviceagreement REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_agreements();
CREATE TRIGGER search_meters_updated AFTER UPDATE ON accounts_serviceagreement
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_agreements();
CREATE TRIGGER search_meters_deleted AFTER DELETE ON accounts_serviceagreement REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION metering_search_from_agreements();

-- A reading is superseded once, and by a reading of the same register.
CREATE FUNCTION metering_guard_superseding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.superseded_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'reading % is superseded already; supersede the reading that took its place', OLD.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'metering_reading_superseded_once';
    END IF;
    IF NOT EXISTS (SELECT FROM metering_reading r WHERE r.id = NEW.superseded_by_id AND r.register_id = OLD.register_id)
    THEN
        RAISE EXCEPTION 'reading % can only be superseded by a reading of its own register', OLD.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'metering_reading_same_register';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER guard_superseding BEFORE UPDATE OF superseded_by_id ON metering_reading
    FOR EACH ROW EXECUTE FUNCTION metering_guard_superseding();
