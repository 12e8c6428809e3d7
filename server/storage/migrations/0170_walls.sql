-- What people write outside communities: each post stands on its author's own wall, a place like
-- a community whose members are those who follow them.
ALTER TABLE communities ADD COLUMN wall boolean NOT NULL DEFAULT false;
-- For everybody, and yet in no public list ("unlisted" to clients).
ALTER TABLE posts ADD COLUMN quiet boolean NOT NULL DEFAULT false;

ALTER TABLE posts DROP CONSTRAINT posts_visibility_check;
ALTER TABLE posts ADD CONSTRAINT posts_visibility_check
    CHECK (visibility IN ('public', 'members', 'direct'));
ALTER TABLE activities DROP CONSTRAINT activities_visibility_check;
ALTER TABLE activities ADD CONSTRAINT activities_visibility_check
    CHECK (visibility IN ('public', 'members', 'direct'));

-- Whom a post names that is not public: they may read it. Of a private one its author is one.
CREATE TABLE addressees (
    post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors,
    PRIMARY KEY (post_id, actor_id)
);
CREATE INDEX addressees_by_actor ON addressees (actor_id, post_id);

-- Private threads, as each member of ours has them.
CREATE TABLE conversations (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    root_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    last_id bigint NOT NULL,
    unread boolean NOT NULL,
    PRIMARY KEY (member_id, root_id)
);
CREATE INDEX conversations_latest ON conversations (member_id, last_id DESC);
