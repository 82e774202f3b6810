-- Functions of the guards that core.guards puts on tables. They are the office's last word: no service, task,
-- shell or SQL client of the application's role gets past them.

CREATE OR REPLACE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: what was written there stays written', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_append_only';
END
$$;

CREATE OR REPLACE FUNCTION core_guard_columns() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed text[] := TG_ARGV::text[];
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - allowed) = (to_jsonb(NEW) - allowed) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of % is refused: only % may change there', TG_OP, TG_TABLE_NAME, array_to_string(allowed, ', ')
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_columns';
END
$$;

CREATE OR REPLACE FUNCTION core_guard_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was text := to_jsonb(OLD) ->> TG_ARGV[0];
    becomes text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    FOR i IN 1 .. TG_NARGS - 1 LOOP
        IF TG_ARGV[i] = was || '>' || becomes THEN
            RETURN NEW;
        END IF;
    END LOOP;
    RAISE EXCEPTION '% cannot go from % to %', TG_TABLE_NAME, was, becomes
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_TABLE_NAME || '_transitions';
END
$$;
