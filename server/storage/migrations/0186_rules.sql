-- The agency's rules of conduct. One that is gone stays here: reports name it.
CREATE TABLE rules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL CHECK (text <> ''),
    hint text NOT NULL DEFAULT '',
    place integer NOT NULL,
    added_at timestamptz NOT NULL,
    removed_at timestamptz
);
