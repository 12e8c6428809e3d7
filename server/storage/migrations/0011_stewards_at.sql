-- When the stewards of a community elsewhere were last asked for, or may count as asked.
ALTER TABLE communities ADD COLUMN stewards_at timestamptz;
