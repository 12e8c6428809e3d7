-- What members note for themselves about people.
CREATE TABLE private_notes (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors,
    note text NOT NULL CHECK (note <> ''),
    PRIMARY KEY (member_id, actor_id)
);
