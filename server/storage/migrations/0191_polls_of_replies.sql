-- A reply may ask for votes, too. Whether a post does stands beside it, so that no other post
-- is looked up among the polls.
ALTER TABLE posts ADD COLUMN has_poll boolean NOT NULL DEFAULT false;
