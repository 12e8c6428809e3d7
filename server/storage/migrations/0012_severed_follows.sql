-- Follows of members that ended because a moderator blocked an agency: theirs to see and to take.
CREATE TABLE severed_follows (
  id bigserial PRIMARY KEY,
  member_id bigint NOT NULL REFERENCES members (actor_id) ON DELETE CASCADE,
  actor_id bigint NOT NULL REFERENCES actors (id),
  direction text NOT NULL CHECK (direction IN ('follows', 'followed-by')),
  blocked text NOT NULL,
  severed_at timestamptz NOT NULL
);
CREATE INDEX severed_follows_by_member ON severed_follows (member_id, id DESC);
