-- Communities, who belongs to them, and what is said in them.
CREATE TABLE communities (
  actor_id bigint PRIMARY KEY REFERENCES actors (id),
  charter text NOT NULL DEFAULT '',
  charter_source text NOT NULL DEFAULT '',
  join_rule text NOT NULL CHECK (join_rule IN ('open', 'approval')),
  visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
  several_answers boolean NOT NULL DEFAULT true,
  boosts_answers boolean NOT NULL DEFAULT false,
  threads integer NOT NULL DEFAULT 0,
  active_at timestamptz NOT NULL
);

CREATE TABLE topics (
  community_id bigint NOT NULL REFERENCES communities (actor_id) ON DELETE CASCADE,
  slug text NOT NULL,
  name text NOT NULL,
  position integer NOT NULL,
  PRIMARY KEY (community_id, slug)
);

CREATE TABLE stewards (
  community_id bigint NOT NULL REFERENCES communities (actor_id) ON DELETE CASCADE,
  actor_id bigint NOT NULL REFERENCES actors (id),
  since timestamptz NOT NULL,
  PRIMARY KEY (community_id, actor_id)
);
CREATE INDEX stewards_by_actor ON stewards (actor_id);

-- To follow a community is to belong to it; to follow a person is to follow a person.
CREATE TABLE follows (
  follower_id bigint NOT NULL REFERENCES actors (id),
  target_id bigint NOT NULL REFERENCES actors (id),
  uri text NOT NULL UNIQUE,
  state text NOT NULL CHECK (state IN ('asked', 'accepted', 'refused', 'banned')),
  asked_at timestamptz NOT NULL,
  settled_at timestamptz,
  PRIMARY KEY (follower_id, target_id)
);
CREATE INDEX follows_by_target ON follows (target_id, state, asked_at);

CREATE TABLE posts (
  id bigint PRIMARY KEY,
  uri text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('question', 'discussion', 'answer', 'comment')),
  author_id bigint NOT NULL REFERENCES actors (id),
  community_id bigint NOT NULL REFERENCES communities (actor_id),
  root_id bigint NOT NULL REFERENCES posts (id),
  parent_id bigint REFERENCES posts (id),
  context text,
  visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
  title text NOT NULL DEFAULT '',
  source text NOT NULL DEFAULT '',
  html text NOT NULL DEFAULT '',
  text text NOT NULL DEFAULT '',
  clean_version integer NOT NULL,
  language text NOT NULL DEFAULT 'en',
  topic text,
  published_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  edited_at timestamptz,
  deleted_at timestamptz,
  deleted_by text CHECK (deleted_by IN ('author', 'moderator')),
  reason text NOT NULL DEFAULT '',
  locked_at timestamptz,
  pinned_at timestamptz,
  announced_at timestamptz,
  answers integer NOT NULL DEFAULT 0,
  helpful integer NOT NULL DEFAULT 0,
  active_at timestamptz NOT NULL,
  CHECK ((parent_id IS NULL) = (kind IN ('question', 'discussion'))),
  CHECK ((root_id = id) = (parent_id IS NULL)),
  CHECK ((deleted_at IS NULL) = (deleted_by IS NULL))
);
CREATE INDEX posts_threads ON posts (community_id, active_at DESC, id DESC) WHERE parent_id IS NULL;
CREATE INDEX posts_recent ON posts (active_at DESC, id DESC) WHERE parent_id IS NULL;
CREATE INDEX posts_unanswered ON posts (community_id, published_at DESC)
  WHERE kind = 'question' AND answers = 0 AND deleted_at IS NULL;
CREATE INDEX posts_by_root ON posts (root_id, published_at, uri);
CREATE INDEX posts_by_author ON posts (author_id, published_at DESC);
CREATE INDEX posts_by_context ON posts (context) WHERE parent_id IS NULL;

-- What a moderator took away is kept for the auditor and for restoring; nobody reads it otherwise.
CREATE TABLE removed_posts (
  post_id bigint PRIMARY KEY REFERENCES posts (id),
  title text NOT NULL,
  source text NOT NULL,
  html text NOT NULL,
  text text NOT NULL
);

CREATE TABLE revisions (
  post_id bigint NOT NULL REFERENCES posts (id),
  number integer NOT NULL,
  title text NOT NULL,
  source text NOT NULL,
  html text NOT NULL,
  written_at timestamptz NOT NULL,
  PRIMARY KEY (post_id, number)
);

-- An id that was deleted before or without being seen: a late Create does not bring it back.
CREATE TABLE tombstones (
  uri text PRIMARY KEY,
  actor_uri text NOT NULL,
  deleted_at timestamptz NOT NULL
);

CREATE TABLE accepted_answers (
  question_id bigint NOT NULL REFERENCES posts (id),
  answer_id bigint NOT NULL REFERENCES posts (id),
  chosen_by bigint NOT NULL REFERENCES actors (id),
  uri text NOT NULL,
  chosen_at timestamptz NOT NULL,
  PRIMARY KEY (question_id, answer_id)
);

-- The one live Like of an actor on a post: helpful, kudos, acceptance.
CREATE TABLE marks (
  actor_id bigint NOT NULL REFERENCES actors (id),
  post_id bigint NOT NULL REFERENCES posts (id),
  uri text NOT NULL UNIQUE,
  helpful boolean NOT NULL,
  category text,
  emoji text,
  note text NOT NULL DEFAULT '',
  accepts boolean NOT NULL DEFAULT false,
  given_at timestamptz NOT NULL,
  PRIMARY KEY (actor_id, post_id),
  CHECK (helpful OR category IS NOT NULL OR accepts)
);
CREATE INDEX marks_by_post ON marks (post_id, given_at);

CREATE TABLE notifications (
  id bigserial PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES members (actor_id) ON DELETE CASCADE,
  kind text NOT NULL,
  actor_id bigint NOT NULL REFERENCES actors (id),
  subject text NOT NULL,
  post_id bigint REFERENCES posts (id),
  happened_at timestamptz NOT NULL,
  -- The same fact told twice, by any route, is one notification.
  UNIQUE (member_id, kind, actor_id, subject)
);
CREATE INDEX notifications_by_member ON notifications (member_id, id DESC);
