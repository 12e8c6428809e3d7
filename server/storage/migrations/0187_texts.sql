-- What the agency says of itself, of privacy, and of terms; what it wrote before is in the log.
CREATE TABLE instance_texts (
    name text PRIMARY KEY CHECK (name IN ('about', 'privacy', 'terms')),
    source text NOT NULL,
    html text NOT NULL,
    changed_at timestamptz NOT NULL
);
