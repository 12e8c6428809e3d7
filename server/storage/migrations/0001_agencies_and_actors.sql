-- Agencies, and every actor we know, here or elsewhere, with their keys.
CREATE SEQUENCE process_numbers;

CREATE TABLE agencies (
  host text PRIMARY KEY,
  state text NOT NULL CHECK (state IN ('waiting', 'admitted', 'blocked')),
  name text NOT NULL DEFAULT '',
  software text,
  version text,
  nodeinfo_at timestamptz,
  knocked_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by bigint,
  reason text NOT NULL DEFAULT ''
);
CREATE INDEX agencies_by_state ON agencies (state, host);

CREATE TABLE actors (
  id bigint PRIMARY KEY,
  uri text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('person', 'community', 'agency')),
  name text NOT NULL,
  host text NOT NULL,
  local boolean NOT NULL,
  display_name text NOT NULL DEFAULT '',
  summary text NOT NULL DEFAULT '',
  summary_source text NOT NULL DEFAULT '',
  inbox text,
  shared_inbox text,
  outbox text,
  followers text,
  following text,
  featured text,
  moderators text,
  url text,
  published_at timestamptz NOT NULL,
  fetched_at timestamptz NOT NULL,
  suspended_at timestamptz,
  deleted_at timestamptz
);
-- People and communities share one namespace, and a deleted name stays taken.
CREATE UNIQUE INDEX actors_local_name ON actors (name) WHERE local;
CREATE INDEX actors_by_handle ON actors (host, name);

CREATE TABLE actor_keys (
  key_id text PRIMARY KEY,
  actor_id bigint NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('rsa', 'ed25519')),
  public_pem text NOT NULL,
  private_pem text,
  fetched_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX actor_keys_by_actor ON actor_keys (actor_id);

-- Keys that could not be had or did not hold: not asked for again until then.
CREATE TABLE key_refusals (
  key_id text PRIMARY KEY,
  reason text NOT NULL,
  until timestamptz NOT NULL
);
CREATE INDEX key_refusals_by_age ON key_refusals (until);
