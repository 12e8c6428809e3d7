-- What members wrote to be published later, as they sent it; the files they chose wait with it.
CREATE TABLE scheduled_posts (
    id bigint PRIMARY KEY,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    -- How it is read when it is due: a client's parameters, or a form of our pages.
    form text NOT NULL CHECK (form IN ('status', 'thread')),
    params jsonb NOT NULL CHECK (jsonb_typeof(params) = 'object'),
    due_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    -- By which a client says that two requests are one (client-api.md 6).
    key text CHECK (key <> ''),
    leased_until timestamptz NOT NULL,
    attempts smallint NOT NULL DEFAULT 0,
    -- Why it was not published when it was due; it stays until its member decides.
    refused text NOT NULL DEFAULT '',
    refused_at timestamptz
);
CREATE INDEX scheduled_posts_by_member ON scheduled_posts (member_id, id DESC);
CREATE INDEX scheduled_posts_due ON scheduled_posts (due_at, id) WHERE refused_at IS NULL;
CREATE UNIQUE INDEX scheduled_posts_once ON scheduled_posts (member_id, key) WHERE key IS NOT NULL;

ALTER TABLE media ADD COLUMN scheduled_id bigint REFERENCES scheduled_posts ON DELETE SET NULL;
CREATE INDEX media_by_scheduled ON media (scheduled_id, place) WHERE scheduled_id IS NOT NULL;
