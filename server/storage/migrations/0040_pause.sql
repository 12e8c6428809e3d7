-- An operator may pause an origin: nothing is sent there and nothing is given up, until resumed.
-- What waited through a pause has its seven days from `resumed_at`.
ALTER TABLE origins ADD COLUMN paused_at timestamptz, ADD COLUMN resumed_at timestamptz;
