-- Pictures of posts from elsewhere, fetched once for all readers here: kept, or refused until then.
CREATE TABLE remote_media (
  url_hash text PRIMARY KEY CHECK (url_hash ~ '^[0-9a-f]{64}$'),
  media_type text NOT NULL DEFAULT '',
  size bigint NOT NULL DEFAULT 0,
  reason text NOT NULL DEFAULT '',
  refused_until timestamptz,
  fetched_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL,
  CHECK ((reason = '') = (refused_until IS NULL))
);
CREATE INDEX remote_media_by_use ON remote_media (used_at);

-- What this instance alone knows, made at its first start: addresses of media are signed with it.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  value bytea NOT NULL
);
