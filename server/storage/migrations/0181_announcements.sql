-- What moderators tell all members of the agency; who has dismissed it, and their emoji under it.
CREATE TABLE announcements (
    id bigint PRIMARY KEY,
    source text NOT NULL CHECK (source <> ''),
    html text NOT NULL,
    hashtags text[] NOT NULL DEFAULT '{}',
    mention_ids bigint[] NOT NULL DEFAULT '{}',
    starts_at timestamptz,
    ends_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    published_at timestamptz,
    -- Whether listening clients were told that it is there.
    shown boolean NOT NULL DEFAULT false,
    CHECK (ends_at > starts_at)
);
CREATE INDEX announcements_published ON announcements (published_at)
    WHERE published_at IS NOT NULL;

CREATE TABLE announcement_dismissals (
    announcement_id bigint NOT NULL REFERENCES announcements ON DELETE CASCADE,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    dismissed_at timestamptz NOT NULL,
    PRIMARY KEY (announcement_id, member_id)
);
CREATE INDEX announcement_dismissals_by_member ON announcement_dismissals (member_id);

CREATE TABLE announcement_reactions (
    announcement_id bigint NOT NULL REFERENCES announcements ON DELETE CASCADE,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    name text NOT NULL CHECK (name <> ''),
    reacted_at timestamptz NOT NULL,
    PRIMARY KEY (announcement_id, member_id, name)
);
CREATE INDEX announcement_reactions_by_member ON announcement_reactions (member_id);

ALTER TABLE stream ADD COLUMN announcement_id bigint, ADD COLUMN emoji text;
ALTER TABLE stream DROP CONSTRAINT stream_kind_check;
ALTER TABLE stream ADD CONSTRAINT stream_kind_check CHECK (kind IN (
    'posted', 'edited', 'deleted', 'notified', 'announced', 'unannounced', 'reacted'
));
