-- What members attach to posts: whose it is, what it was found to be, and which post it belongs
-- to. The bytes are files named by the hash of their content (storage/files.py); `key` is the part
-- of the address that nobody can guess.
CREATE TABLE blobs (
  hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
  size bigint NOT NULL CHECK (size > 0),
  kept_at timestamptz NOT NULL
);

CREATE TABLE media (
  id bigint PRIMARY KEY,
  key text NOT NULL UNIQUE,
  member_id bigint NOT NULL REFERENCES members (actor_id),
  -- Checked at commit: what a post carries is settled before its row is written.
  post_id bigint REFERENCES posts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  place smallint NOT NULL DEFAULT 0,
  kind text NOT NULL CHECK (kind IN ('image', 'video', 'audio', 'file')),
  media_type text NOT NULL,
  title text NOT NULL,
  hash text NOT NULL REFERENCES blobs (hash),
  size bigint NOT NULL CHECK (size > 0),
  width integer CHECK (width > 0),
  height integer CHECK (height > 0),
  preview_hash text REFERENCES blobs (hash),
  preview_width integer CHECK (preview_width > 0),
  preview_height integer CHECK (preview_height > 0),
  blurhash text NOT NULL DEFAULT '',
  focus_x real CHECK (focus_x BETWEEN -1 AND 1),
  focus_y real CHECK (focus_y BETWEEN -1 AND 1),
  description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 1500),
  created_at timestamptz NOT NULL
);
CREATE INDEX media_by_member ON media (member_id);
CREATE INDEX media_by_post ON media (post_id, place) WHERE post_id IS NOT NULL;
CREATE INDEX media_unattached ON media (created_at) WHERE post_id IS NULL;
CREATE INDEX media_by_hash ON media (hash);
CREATE INDEX media_by_preview ON media (preview_hash) WHERE preview_hash IS NOT NULL;
