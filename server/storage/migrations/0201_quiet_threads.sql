-- Threads of which members want to be told nothing more.
CREATE TABLE quiet_threads (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    root_id bigint NOT NULL REFERENCES posts,
    PRIMARY KEY (member_id, root_id)
);
