-- What members show on their profile: posts that they pinned, and people whom they recommend.
-- Ids sort both by when that was.
CREATE TABLE pinned_posts (
    author_id bigint NOT NULL REFERENCES actors,
    post_id bigint NOT NULL REFERENCES posts,
    id bigint NOT NULL,
    PRIMARY KEY (author_id, post_id)
);
CREATE UNIQUE INDEX pinned_posts_latest ON pinned_posts (author_id, id DESC);
CREATE INDEX pinned_posts_by_post ON pinned_posts (post_id);

CREATE TABLE endorsements (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors,
    id bigint NOT NULL,
    PRIMARY KEY (member_id, actor_id),
    CHECK (actor_id <> member_id)
);
CREATE UNIQUE INDEX endorsements_latest ON endorsements (member_id, id DESC);

UPDATE actors SET featured = uri || '/featured'
    WHERE local AND kind = 'person' AND featured IS NULL AND deleted_at IS NULL;
