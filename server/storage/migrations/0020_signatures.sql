-- How origins want to be signed for, and keys of ours that are changed with an overlap.

-- Kept only where an origin refused the first knock and took the second, for seven days.
CREATE TABLE knocks (
  origin text PRIMARY KEY,
  scheme text NOT NULL CHECK (scheme IN ('cavage', 'rfc9421')),
  learned_at timestamptz NOT NULL
);
CREATE INDEX knocks_by_age ON knocks (learned_at);

-- A key of ours that waits for its turn signs from `signs_at`; one that was replaced is published
-- until `ends_at`.
ALTER TABLE actor_keys ADD COLUMN signs_at timestamptz, ADD COLUMN ends_at timestamptz;
CREATE INDEX actor_keys_ending ON actor_keys (ends_at) WHERE ends_at IS NOT NULL;
