-- Programs that members use instead of the pages: what they said of themselves, and the tokens
-- that members gave them. Secrets, codes and tokens are kept as hashes.
CREATE TABLE apps (
    id bigint PRIMARY KEY,
    client_id text NOT NULL UNIQUE,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    website text,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE authorizations (
    code_hash bytea PRIMARY KEY,
    app_id bigint NOT NULL REFERENCES apps ON DELETE CASCADE,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    challenge text,
    expires_at timestamptz NOT NULL
);
CREATE INDEX authorizations_expire ON authorizations (expires_at);

CREATE TABLE tokens (
    id bigint PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    app_id bigint NOT NULL REFERENCES apps ON DELETE CASCADE,
    member_id bigint REFERENCES members ON DELETE CASCADE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
CREATE INDEX tokens_by_member ON tokens (member_id, seen_at DESC);
CREATE INDEX tokens_seen ON tokens (seen_at);
