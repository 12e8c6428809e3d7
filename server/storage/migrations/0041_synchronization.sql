-- What actors elsewhere said of their followers here (FEP-8fcf), the latest of each, until it is
-- compared with what we know; and when an agency may be asked for its lists again.
CREATE TABLE follower_claims (
  actor_uri text PRIMARY KEY,
  host text NOT NULL,
  header text NOT NULL,
  told_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'agreed', 'differs', 'settled', 'ignored')),
  reason text NOT NULL DEFAULT '',
  settled_at timestamptz
);
CREATE INDEX follower_claims_waiting ON follower_claims (told_at) WHERE state = 'waiting';
CREATE INDEX follower_claims_differing ON follower_claims (host, told_at) WHERE state = 'differs';
CREATE INDEX follower_claims_by_age ON follower_claims (told_at);

-- `back_at` is when an agency answered again after more than a day.
CREATE TABLE reconciliations (
  host text PRIMARY KEY,
  due_at timestamptz NOT NULL,
  back_at timestamptz
);
CREATE INDEX reconciliations_due ON reconciliations (due_at);

-- When a follow was asked anew because its target did not know of it: not every hour.
ALTER TABLE follows ADD COLUMN asked_again_at timestamptz;
