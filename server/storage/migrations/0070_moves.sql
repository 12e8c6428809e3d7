-- People move: which accounts are one person's, where to they moved, and which moves were proven.
-- Addresses with a blank between them: none is in an address.
ALTER TABLE actors ADD COLUMN also_known_as text NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN moved_to text;

-- Both accounts said so, each at its own server. An account moves once in thirty days.
CREATE TABLE moves (
  old_id bigint NOT NULL REFERENCES actors (id),
  new_id bigint NOT NULL REFERENCES actors (id),
  moved_at timestamptz NOT NULL,
  PRIMARY KEY (old_id, moved_at)
);
CREATE INDEX moves_by_new ON moves (new_id, moved_at);
