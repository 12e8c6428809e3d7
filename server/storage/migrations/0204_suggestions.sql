-- Whom members do not want to be suggested any more.
CREATE TABLE dismissed_suggestions (
  member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
  actor_id bigint NOT NULL REFERENCES actors,
  PRIMARY KEY (member_id, actor_id)
);
