-- Timelines of clients go by id, which sorts by when a post was published.
CREATE INDEX posts_roots_by_id ON posts (community_id, id DESC) WHERE parent_id IS NULL;
CREATE INDEX posts_author_by_id ON posts (author_id, id DESC);
CREATE INDEX posts_by_parent ON posts (parent_id) WHERE parent_id IS NOT NULL;
