-- What posts carry beyond their words: media, hashtags, whom they call, emoji, a warning. It is
-- read with its post and never without it, so it is one value (storage/carried.py).
ALTER TABLE posts ADD COLUMN carried jsonb NOT NULL DEFAULT '{}';
CREATE INDEX posts_by_hashtag ON posts USING gin ((carried -> 'hashtags') jsonb_path_ops);
ALTER TABLE removed_posts ADD COLUMN carried jsonb NOT NULL DEFAULT '{}';

-- The question that was asked before, by its uri.
ALTER TABLE posts ADD COLUMN duplicate_of text;

-- What a post quotes. A stamp is its author's permission, kept once it was checked (ACT-13);
-- quote_request is the activity by which we asked for it.
ALTER TABLE posts ADD COLUMN quote_uri text;
ALTER TABLE posts ADD COLUMN quote_stamp text;
ALTER TABLE posts ADD COLUMN quote_request text;
ALTER TABLE posts ADD COLUMN quote_state text
  CHECK (quote_state IN ('asked', 'approved', 'refused'));
CREATE INDEX posts_by_quote_stamp ON posts (quote_stamp) WHERE quote_stamp IS NOT NULL;
CREATE INDEX posts_by_quote_request ON posts (quote_request) WHERE quote_request IS NOT NULL;

-- Permissions to quote posts of ours, each served at its own id until it is taken back.
CREATE TABLE quote_stamps (
  id bigint PRIMARY KEY,
  quoted_id bigint NOT NULL REFERENCES posts (id),
  quoting_uri text NOT NULL,
  given_to bigint NOT NULL REFERENCES actors (id),
  given_at timestamptz NOT NULL,
  revoked_at timestamptz,
  UNIQUE (quoted_id, quoting_uri)
);

-- The emoji of a Like that says nothing else, and emoji beside it: any number of each actor.
ALTER TABLE marks ADD COLUMN reaction text;
ALTER TABLE marks ADD COLUMN reaction_custom jsonb;
CREATE TABLE reactions (
  actor_id bigint NOT NULL REFERENCES actors (id),
  post_id bigint NOT NULL REFERENCES posts (id),
  content text NOT NULL,
  custom jsonb,
  uri text NOT NULL UNIQUE,
  given_at timestamptz NOT NULL,
  PRIMARY KEY (actor_id, post_id, content)
);
CREATE INDEX reactions_by_post ON reactions (post_id);
