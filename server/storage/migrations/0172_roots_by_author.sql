-- The home timeline asks for the latest threads of each person whom somebody follows.
CREATE INDEX posts_roots_by_author ON posts (author_id, id DESC) WHERE parent_id IS NULL;
