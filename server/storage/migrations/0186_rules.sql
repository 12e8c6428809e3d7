-- The agency's rules of conduct. One that is gone stays here: reports name it.
CREATE TABLE rules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    text text NOT NULL CHECK (text <> ''),
    hint text NOT NULL DEFAULT '',
    place integer NOT NULL,
    added_at timestamptz NOT NULL,
    removed_at timestamptz
);

-- What the page about the agency said before there was a table.
INSERT INTO rules (text, place, added_at) VALUES
    ('Ask as you would ask a colleague, answer as you would like to be answered.', 1, '2026-11-24Z'),
    ('No names of clients, no case numbers, nothing your agency keeps closed.', 2, '2026-11-24Z'),
    ('Disagree with what was said, not with who said it.', 3, '2026-11-24Z');
