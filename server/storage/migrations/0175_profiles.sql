-- What actors say of themselves beside name and text: pictures, fields, who may follow them.
-- Whoever has no row says nothing. Addresses of pictures elsewhere are kept and never loaded by a
-- page; a picture of ours is a file named by its content, at an address that nobody can guess.
ALTER TABLE actors ADD COLUMN avatar text;
ALTER TABLE actors ADD COLUMN header text;

CREATE TABLE actor_details (
  actor_id bigint PRIMARY KEY REFERENCES actors ON DELETE CASCADE,
  fields jsonb NOT NULL DEFAULT '[]',
  locked boolean NOT NULL DEFAULT false,
  bot boolean NOT NULL DEFAULT false,
  discoverable boolean NOT NULL DEFAULT false,
  indexable boolean NOT NULL DEFAULT false,
  hides_collections boolean NOT NULL DEFAULT true,
  avatar_alt text NOT NULL DEFAULT '',
  header_alt text NOT NULL DEFAULT ''
);

CREATE TABLE portraits (
  actor_id bigint NOT NULL REFERENCES actors ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('avatar', 'header')),
  key text NOT NULL UNIQUE,
  media_type text NOT NULL,
  hash text NOT NULL REFERENCES blobs (hash),
  kept_at timestamptz NOT NULL,
  PRIMARY KEY (actor_id, kind)
);
CREATE INDEX portraits_by_hash ON portraits (hash);
