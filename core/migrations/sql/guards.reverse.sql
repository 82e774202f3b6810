DROP FUNCTION IF EXISTS core_guard_transitions();
DROP FUNCTION IF EXISTS core_guard_columns();
DROP FUNCTION IF EXISTS core_refuse_change();
