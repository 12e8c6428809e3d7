-- When an agency was last asked which communities it has.
ALTER TABLE agencies ADD COLUMN directory_at timestamptz;
