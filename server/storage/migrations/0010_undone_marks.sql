-- Likes that were taken back: one that comes after its Undo, or again, is not given a second time.
CREATE TABLE undone_marks (
  uri text NOT NULL,
  actor_uri text NOT NULL,
  undone_at timestamptz NOT NULL,
  PRIMARY KEY (uri, actor_uri)
);
CREATE INDEX undone_marks_by_age ON undone_marks (undone_at);
