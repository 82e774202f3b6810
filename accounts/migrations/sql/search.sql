-- What an account can be found by, kept in accounts_searchentry by triggers on the tables it comes from.
--
-- The view accounts_search_source is the definition; the triggers bring the entries of the accounts that a statement
-- touched in line with it, a whole statement at once, so that a load by COPY costs one refresh a table. The proof
-- compares the entries with the view.

-- Text as it is searched: lower case, no accents, no apostrophes, one blank between words.
CREATE FUNCTION accounts_search_text(value text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT left(btrim(regexp_replace(translate(lower(unaccent(value)), '''’`´', ''), '[^a-z0-9]+', ' ', 'g')), 200)
$$;

-- A number as it is searched: letters and digits alone, however it was written.
CREATE FUNCTION accounts_search_number(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(regexp_replace(lower(value), '[^a-z0-9]', '', 'g'), 200)
$$;

-- Parts of an address are kept in their short form; accounts.queries.finding shortens what is typed in the same way.
-- The number and the street come first: people type them first.
CREATE FUNCTION accounts_search_address(number text, prefix text, name text, kind text, suffix text, unit text, city text)
RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT accounts_search_text(concat_ws(' ', number, name,
        CASE lower(kind)
            WHEN 'street' THEN 'st' WHEN 'avenue' THEN 'ave' WHEN 'boulevard' THEN 'blvd' WHEN 'drive' THEN 'dr'
            WHEN 'road' THEN 'rd' WHEN 'lane' THEN 'ln' WHEN 'court' THEN 'ct' WHEN 'place' THEN 'pl'
            WHEN 'circle' THEN 'cir' WHEN 'terrace' THEN 'ter' WHEN 'parkway' THEN 'pkwy' WHEN 'highway' THEN 'hwy'
            WHEN 'square' THEN 'sq' WHEN 'trail' THEN 'trl' ELSE kind
        END,
        CASE lower(prefix)
            WHEN 'north' THEN 'n' WHEN 'south' THEN 's' WHEN 'east' THEN 'e' WHEN 'west' THEN 'w' ELSE prefix
        END,
        suffix, unit, city))
$$;

CREATE VIEW accounts_search_source AS
    SELECT 'NAME' AS kind, p.id AS source_id, r.account_id, accounts_search_text(p.name) AS text,
           bool_or(r.to_date IS NULL) AS is_current
      FROM accounts_accountrole r JOIN accounts_party p ON p.id = r.party_id
     GROUP BY p.id, r.account_id
    UNION ALL
    SELECT CASE WHEN c.kind = 'EMAIL' THEN 'EMAIL' ELSE 'PHONE' END, c.id, r.account_id,
           CASE WHEN c.kind = 'EMAIL' THEN left(lower(c.value), 200) ELSE c.digits END,
           bool_or(r.to_date IS NULL) AND c.to_date IS NULL
      FROM accounts_accountrole r JOIN accounts_contactpoint c ON c.party_id = r.party_id
     GROUP BY c.id, r.account_id
    UNION ALL
    SELECT 'ADDRESS', p.id, a.account_id,
           accounts_search_address(p.house_number, p.street_prefix, p.street_name, p.street_type, p.street_suffix, p.unit,
                                   p.city),
           bool_or(a.to_date IS NULL)
      FROM accounts_serviceagreement a
      JOIN accounts_servicepoint s ON s.id = a.service_point_id
      JOIN accounts_premise p ON p.id = s.premise_id
     WHERE a.status <> 'CANCELLED'
     GROUP BY p.id, a.account_id
    UNION ALL
    SELECT 'IDENTIFIER', i.id, i.account_id, accounts_search_number(i.value), i.to_date IS NULL
      FROM accounts_identifier i
     WHERE i.account_id IS NOT NULL
    UNION ALL
    SELECT 'IDENTIFIER', i.id, r.account_id, accounts_search_number(i.value),
           bool_or(r.to_date IS NULL) AND i.to_date IS NULL
      FROM accounts_identifier i JOIN accounts_accountrole r ON r.party_id = i.party_id
     GROUP BY i.id, r.account_id
    UNION ALL
    SELECT 'IDENTIFIER', i.id, a.account_id, accounts_search_number(i.value),
           bool_or(a.to_date IS NULL) AND i.to_date IS NULL
      FROM accounts_identifier i
      JOIN accounts_servicepoint s ON s.premise_id = i.premise_id
      JOIN accounts_serviceagreement a ON a.service_point_id = s.id
     WHERE a.status <> 'CANCELLED'
     GROUP BY i.id, a.account_id;

-- Brings the entries of some accounts in line with a view of the same columns. `may_shrink` is false after an INSERT:
-- nothing that was true can have become untrue.
CREATE FUNCTION accounts_search_refresh(source regclass, kinds text[], accounts bigint[], may_shrink boolean)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF accounts IS NULL THEN
        RETURN;
    END IF;
    IF may_shrink THEN
        EXECUTE format(
            'DELETE FROM accounts_searchentry e WHERE e.account_id = ANY($2) AND e.kind = ANY($1) AND NOT EXISTS ('
            ' SELECT FROM %s s WHERE s.kind = e.kind AND s.source_id = e.source_id AND s.account_id = e.account_id'
            ' AND s.text <> '''')', source)
        USING kinds, accounts;
    END IF;
    EXECUTE format(
        'INSERT INTO accounts_searchentry (kind, source_id, account_id, text, is_current)'
        ' SELECT kind, source_id, account_id, text, is_current FROM %s'
        ' WHERE account_id = ANY($2) AND kind = ANY($1) AND text <> '''''
        ' ON CONFLICT (kind, source_id, account_id) DO UPDATE SET text = EXCLUDED.text, is_current = EXCLUDED.is_current'
        ' WHERE (accounts_searchentry.text, accounts_searchentry.is_current)'
        '       IS DISTINCT FROM (EXCLUDED.text, EXCLUDED.is_current)', source)
    USING kinds, accounts;
END
$$;

CREATE FUNCTION accounts_search_from_roles() RETURNS trigger LANGUAGE plpgsql AS $$
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
    PERFORM accounts_search_refresh(
        'accounts_search_source', ARRAY['NAME', 'PHONE', 'EMAIL', 'IDENTIFIER'], touched, TG_OP <> 'INSERT');
    RETURN NULL;
END
$$;

CREATE FUNCTION accounts_search_from_parties() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    SELECT array_agg(DISTINCT r.account_id) INTO touched
      FROM new_rows n JOIN old_rows o ON o.id = n.id AND o.name <> n.name
      JOIN accounts_accountrole r ON r.party_id = n.id;
    PERFORM accounts_search_refresh('accounts_search_source', ARRAY['NAME'], touched, false);
    RETURN NULL;
END
$$;

CREATE FUNCTION accounts_search_from_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT r.account_id) INTO touched
          FROM new_rows n JOIN accounts_accountrole r ON r.party_id = n.party_id;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT r.account_id) INTO touched
          FROM old_rows o JOIN accounts_accountrole r ON r.party_id = o.party_id;
    ELSE
        SELECT array_agg(DISTINCT r.account_id) INTO touched
          FROM (SELECT party_id FROM old_rows UNION SELECT party_id FROM new_rows) AS both_rows
          JOIN accounts_accountrole r ON r.party_id = both_rows.party_id;
    END IF;
    PERFORM accounts_search_refresh('accounts_search_source', ARRAY['PHONE', 'EMAIL'], touched, TG_OP <> 'INSERT');
    RETURN NULL;
END
$$;

CREATE FUNCTION accounts_search_from_identifiers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT found.account_id) INTO touched FROM (
            SELECT account_id FROM new_rows WHERE account_id IS NOT NULL
            UNION ALL SELECT r.account_id FROM new_rows n JOIN accounts_accountrole r ON r.party_id = n.party_id
            UNION ALL SELECT a.account_id FROM new_rows n JOIN accounts_servicepoint s ON s.premise_id = n.premise_id
                      JOIN accounts_serviceagreement a ON a.service_point_id = s.id) AS found;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT e.account_id) INTO touched
          FROM old_rows o JOIN accounts_searchentry e ON e.kind = 'IDENTIFIER' AND e.source_id = o.id;
    ELSE
        SELECT array_agg(DISTINCT found.account_id) INTO touched FROM (
            SELECT e.account_id FROM old_rows o JOIN accounts_searchentry e ON e.kind = 'IDENTIFIER' AND e.source_id = o.id
            UNION ALL SELECT account_id FROM new_rows WHERE account_id IS NOT NULL
            UNION ALL SELECT r.account_id FROM new_rows n JOIN accounts_accountrole r ON r.party_id = n.party_id
            UNION ALL SELECT a.account_id FROM new_rows n JOIN accounts_servicepoint s ON s.premise_id = n.premise_id
                      JOIN accounts_serviceagreement a ON a.service_point_id = s.id) AS found;
    END IF;
    PERFORM accounts_search_refresh('accounts_search_source', ARRAY['IDENTIFIER'], touched, TG_OP <> 'INSERT');
    RETURN NULL;
END
$$;

CREATE FUNCTION accounts_search_from_agreements() RETURNS trigger LANGUAGE plpgsql AS $$
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
    PERFORM accounts_search_refresh(
        'accounts_search_source', ARRAY['ADDRESS', 'IDENTIFIER'], touched, TG_OP <> 'INSERT');
    RETURN NULL;
END
$$;

-- Premises whose address was corrected, and service points that were entered at the wrong premise.
CREATE FUNCTION accounts_search_from_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_TABLE_NAME = 'accounts_premise' THEN
        SELECT array_agg(DISTINCT a.account_id) INTO touched
          FROM new_rows n JOIN accounts_servicepoint s ON s.premise_id = n.id
          JOIN accounts_serviceagreement a ON a.service_point_id = s.id;
    ELSE
        SELECT array_agg(DISTINCT a.account_id) INTO touched
          FROM new_rows n JOIN accounts_serviceagreement a ON a.service_point_id = n.id;
    END IF;
    PERFORM accounts_search_refresh('accounts_search_source', ARRAY['ADDRESS', 'IDENTIFIER'], touched, true);
    RETURN NULL;
END
$$;

-- The words that a misspelt one is held against. They are not taken away: a word too many suggests nothing that is not
-- looked up first. Sorted, so that two loads at once do not wait for each other in a circle.
CREATE FUNCTION accounts_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO accounts_searchword (word)
    SELECT DISTINCT left(piece, 80) AS fresh
      FROM new_rows n, regexp_split_to_table(n.text, ' ') AS piece
     WHERE n.kind IN ('NAME', 'ADDRESS') AND piece ~ '^[a-z]{3,}$'
       AND NOT EXISTS (SELECT FROM accounts_searchword known WHERE known.word = left(piece, 80))
     ORDER BY fresh
    ON CONFLICT (word) DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER search_inserted AFTER INSERT ON accounts_accountrole REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_roles();
CREATE TRIGGER search_updated AFTER UPDATE ON accounts_accountrole REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_roles();
CREATE TRIGGER search_deleted AFTER DELETE ON accounts_accountrole REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_roles();

CREATE TRIGGER search_updated AFTER UPDATE ON accounts_party REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_parties();

CREATE TRIGGER search_inserted AFTER INSERT ON accounts_contactpoint REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_contacts();
CREATE TRIGGER search_updated AFTER UPDATE ON accounts_contactpoint
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_contacts();
CREATE TRIGGER search_deleted AFTER DELETE ON accounts_contactpoint REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_contacts();

CREATE TRIGGER search_inserted AFTER INSERT ON accounts_identifier REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_identifiers();
CREATE TRIGGER search_updated AFTER UPDATE ON accounts_identifier REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_identifiers();
CREATE TRIGGER search_deleted AFTER DELETE ON accounts_identifier REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_identifiers();

CREATE TRIGGER search_inserted AFTER INSERT ON accounts_serviceagreement REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_agreements();
CREATE TRIGGER search_updated AFTER UPDATE ON accounts_serviceagreement
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_agreements();
CREATE TRIGGER search_deleted AFTER DELETE ON accounts_serviceagreement REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_agreements();

CREATE TRIGGER search_updated AFTER UPDATE ON accounts_premise REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_places();
CREATE TRIGGER search_updated AFTER UPDATE ON accounts_servicepoint REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_from_places();

CREATE TRIGGER search_words_inserted AFTER INSERT ON accounts_searchentry REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_words();
CREATE TRIGGER search_words_updated AFTER UPDATE ON accounts_searchentry REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_search_words();
