-- Collections of communities, ours and elsewhere (wire.md 4.4): what is in each, who curates
-- ours, and which memberships came to a member by following one.
ALTER TABLE actors DROP CONSTRAINT actors_kind_check;
ALTER TABLE actors ADD CONSTRAINT actors_kind_check
    CHECK (kind IN ('person', 'community', 'agency', 'moderation', 'feed'));

CREATE TABLE community_feeds (
    actor_id bigint PRIMARY KEY REFERENCES actors,
    total integer NOT NULL DEFAULT 0 CHECK (total >= 0),
    changed_at timestamptz NOT NULL,
    listed_at timestamptz,
    due_at timestamptz
);
CREATE INDEX community_feeds_due ON community_feeds (due_at) WHERE due_at IS NOT NULL;

-- By address, for of one elsewhere we do not know every community; asked_at is when we last asked for one.
CREATE TABLE feed_entries (
    feed_id bigint NOT NULL REFERENCES community_feeds ON DELETE CASCADE,
    uri text NOT NULL,
    community_id bigint REFERENCES communities,
    added_at timestamptz NOT NULL,
    asked_at timestamptz,
    place integer NOT NULL,
    PRIMARY KEY (feed_id, uri)
);
CREATE INDEX feed_entries_by_community ON feed_entries (community_id);
CREATE INDEX feed_entries_by_uri ON feed_entries (uri) WHERE community_id IS NULL;

CREATE TABLE feed_curators (
    feed_id bigint NOT NULL REFERENCES community_feeds ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors,
    since timestamptz NOT NULL,
    PRIMARY KEY (feed_id, actor_id)
);
CREATE INDEX feed_curators_by_actor ON feed_curators (actor_id);

-- follow_uri is '' where the member belonged to the community before, by their own wish.
CREATE TABLE feed_joins (
    feed_id bigint NOT NULL REFERENCES community_feeds ON DELETE CASCADE,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    community_id bigint NOT NULL REFERENCES communities,
    follow_uri text NOT NULL,
    PRIMARY KEY (feed_id, member_id, community_id)
);
CREATE INDEX feed_joins_by_member ON feed_joins (member_id);
