-- What is done for a member while they do something else: an archive made or read, an account ended.
CREATE TABLE account_jobs (
  id bigint PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES members (actor_id),
  kind text NOT NULL CHECK (kind IN ('export', 'import', 'ending')),
  state text NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
  asked_at timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  leased_until timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  steps integer NOT NULL DEFAULT 0,
  of_steps integer NOT NULL DEFAULT 0,
  reason text NOT NULL DEFAULT '',
  -- The archive that was made; of an import what is wanted, as JSON. Nothing is kept for ever.
  content bytea,
  ended_at timestamptz,
  expires_at timestamptz
);
CREATE INDEX account_jobs_due ON account_jobs (due_at) WHERE state = 'waiting';
CREATE INDEX account_jobs_by_member ON account_jobs (member_id, kind, id DESC);
-- One of a kind at a time.
CREATE UNIQUE INDEX account_jobs_once ON account_jobs (member_id, kind) WHERE state = 'waiting';
