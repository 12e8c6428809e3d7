-- When an instance was last at work. At a start that is long ago where it was away, or where its
-- database is an older copy.
CREATE TABLE signs_of_life (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seen_at timestamptz NOT NULL
);
