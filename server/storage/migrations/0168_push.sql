-- Where members' programs are told of notifications while they are closed: one place per token,
-- which ends with it, and what is still to be told there.
CREATE TABLE push_subscriptions (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_id bigint NOT NULL UNIQUE REFERENCES tokens ON DELETE CASCADE,
    endpoint text NOT NULL,
    public bytea NOT NULL CHECK (length(public) = 65),
    auth bytea NOT NULL CHECK (length(auth) = 16),
    standard boolean NOT NULL,
    alerts text[] NOT NULL,
    policy text NOT NULL CHECK (policy IN ('all', 'followed', 'follower', 'none')),
    made_at timestamptz NOT NULL
);

CREATE TABLE pushes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subscription_id integer NOT NULL REFERENCES push_subscriptions ON DELETE CASCADE,
    notification_id bigint NOT NULL REFERENCES notifications ON DELETE CASCADE,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    UNIQUE (notification_id, subscription_id)
);
CREATE INDEX pushes_due ON pushes (due_at, id);
CREATE INDEX pushes_by_subscription ON pushes (subscription_id);
