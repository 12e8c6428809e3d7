-- What communities recognise people for, ours and as others tell it of our members. One of ours is
-- withdrawn, and its place in the list of withdrawn credentials stays taken; of others a row goes.
CREATE TABLE recognitions (
    id bigint PRIMARY KEY,
    uri text NOT NULL UNIQUE,
    credential_uri text NOT NULL,
    issuer_id bigint NOT NULL REFERENCES actors,
    person_id bigint NOT NULL REFERENCES actors,
    name text NOT NULL,
    criteria text NOT NULL,
    post_id bigint REFERENCES posts,
    given_at timestamptz NOT NULL,
    status_index integer CHECK (status_index >= 0),
    withdrawn_at timestamptz,
    hidden_at timestamptz,
    UNIQUE (issuer_id, status_index)
);
CREATE UNIQUE INDEX recognitions_once ON recognitions (issuer_id, person_id, name)
    WHERE withdrawn_at IS NULL AND name <> '';
CREATE INDEX recognitions_of_person ON recognitions (person_id, id DESC);
