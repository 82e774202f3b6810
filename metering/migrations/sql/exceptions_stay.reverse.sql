DROP TRIGGER IF EXISTS guard_stays ON metering_readingexception;
