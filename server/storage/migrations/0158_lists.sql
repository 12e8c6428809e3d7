-- Lists of members: some of the people and communities that they follow, read apart.
CREATE TABLE lists (
    id bigint PRIMARY KEY,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    title text NOT NULL CHECK (title <> ''),
    replies_policy text NOT NULL CHECK (replies_policy IN ('followed', 'list', 'none')),
    exclusive boolean NOT NULL
);
CREATE INDEX lists_by_member ON lists (member_id, id);

CREATE TABLE list_entries (
    list_id bigint NOT NULL REFERENCES lists ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors,
    id bigint NOT NULL,
    PRIMARY KEY (list_id, actor_id)
);
CREATE UNIQUE INDEX list_entries_latest ON list_entries (list_id, id DESC);
CREATE INDEX list_entries_by_actor ON list_entries (actor_id);
