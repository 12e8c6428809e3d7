-- A ban may end by itself (Lemmy's endTime); NULL is until it is lifted.
ALTER TABLE follows ADD COLUMN until timestamptz;
CREATE INDEX follows_ending ON follows (until) WHERE until IS NOT NULL;
