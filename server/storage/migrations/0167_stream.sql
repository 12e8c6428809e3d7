-- What connected clients are told: facts by id, kept for an hour; the words are read when told.
CREATE TABLE stream (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('posted', 'edited', 'deleted', 'notified')),
    post_id bigint,
    notification_id bigint,
    member_id bigint,
    at timestamptz NOT NULL
);
CREATE INDEX stream_by_age ON stream (at);
