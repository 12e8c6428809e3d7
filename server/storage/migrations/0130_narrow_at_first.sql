-- One request at a time to an origin that has answered none yet: many silent ones would hold every
-- sender. It widens with each success.
ALTER TABLE origins ALTER COLUMN width SET DEFAULT 1;
