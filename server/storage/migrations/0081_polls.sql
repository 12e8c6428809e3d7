-- Polls: what can be voted for and until when, who voted, and how it stands.
ALTER TABLE posts DROP CONSTRAINT posts_kind_check;
ALTER TABLE posts ADD CONSTRAINT posts_kind_check
  CHECK (kind IN ('question', 'discussion', 'poll', 'answer', 'comment'));
ALTER TABLE posts DROP CONSTRAINT posts_check;
ALTER TABLE posts ADD CONSTRAINT posts_check
  CHECK ((parent_id IS NULL) = (kind IN ('question', 'discussion', 'poll')));

CREATE TABLE polls (
  post_id bigint PRIMARY KEY REFERENCES posts (id),
  several boolean NOT NULL,
  closes_at timestamptz,
  closed_at timestamptz,
  -- NULL where nobody counted them.
  voters bigint CHECK (voters >= 0),
  -- When the results went out, or of a poll elsewhere when we were told of them.
  told_at timestamptz NOT NULL,
  -- A poll of ours has votes that nobody was told of.
  is_due boolean NOT NULL DEFAULT false,
  -- When those here were told that it is over.
  settled_at timestamptz
);
CREATE INDEX polls_due ON polls (told_at) WHERE is_due AND settled_at IS NULL;
CREATE INDEX polls_unsettled ON polls (least(closes_at, closed_at)) WHERE settled_at IS NULL;

-- Votes of a poll of ours are counted from the next table, of others as their server says.
CREATE TABLE poll_choices (
  post_id bigint NOT NULL REFERENCES polls (post_id) ON DELETE CASCADE,
  position integer NOT NULL,
  name text NOT NULL,
  votes bigint NOT NULL CHECK (votes >= 0),
  PRIMARY KEY (post_id, position),
  UNIQUE (post_id, name)
);

CREATE TABLE poll_votes (
  post_id bigint NOT NULL,
  actor_id bigint NOT NULL REFERENCES actors (id),
  position integer NOT NULL,
  given_at timestamptz NOT NULL,
  PRIMARY KEY (post_id, actor_id, position),
  FOREIGN KEY (post_id, position) REFERENCES poll_choices (post_id, position) ON DELETE CASCADE
);
CREATE INDEX poll_votes_by_actor ON poll_votes (actor_id);
