DROP TRIGGER IF EXISTS guard_review ON core_smallofficereview;
DROP FUNCTION IF EXISTS core_guard_small_office_review();
