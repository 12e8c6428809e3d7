-- Posts that members keep for themselves. An id sorts them by when they were kept.
CREATE TABLE bookmarks (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    post_id bigint NOT NULL REFERENCES posts,
    id bigint NOT NULL,
    PRIMARY KEY (member_id, post_id)
);
CREATE UNIQUE INDEX bookmarks_latest ON bookmarks (member_id, id DESC);
