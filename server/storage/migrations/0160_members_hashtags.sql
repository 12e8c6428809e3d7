-- Hashtags that members follow, and those that they show on their profile.
CREATE TABLE followed_hashtags (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    slug text NOT NULL,
    name text NOT NULL,
    id bigint NOT NULL,
    PRIMARY KEY (member_id, slug)
);
CREATE UNIQUE INDEX followed_hashtags_latest ON followed_hashtags (member_id, id DESC);

CREATE TABLE featured_hashtags (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    slug text NOT NULL,
    name text NOT NULL,
    id bigint NOT NULL UNIQUE,
    PRIMARY KEY (member_id, slug)
);
