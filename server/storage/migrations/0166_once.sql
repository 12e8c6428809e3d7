-- What a client sends twice with one key is done once (client-api.md 6).
CREATE TABLE once (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    key text NOT NULL,
    post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
    done_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, key)
);
CREATE INDEX once_by_age ON once (done_at);
