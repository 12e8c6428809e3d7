-- What came in, what went out, and to whom.
CREATE TABLE inbox_events (
  id bigserial PRIMARY KEY,
  actor_uri text NOT NULL,
  activity_uri text NOT NULL,
  type text NOT NULL,
  host text NOT NULL,
  raw bytea NOT NULL,
  signature_hash bytea NOT NULL UNIQUE,
  received_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'done', 'ignored', 'parked')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,
  reason text NOT NULL DEFAULT '',
  settled_at timestamptz,
  UNIQUE (actor_uri, activity_uri)
);
CREATE INDEX inbox_events_waiting ON inbox_events (id) WHERE state = 'waiting';
CREATE INDEX inbox_events_retries ON inbox_events (next_at) WHERE state = 'waiting' AND attempts > 0;
CREATE INDEX inbox_events_by_age ON inbox_events (received_at);

CREATE TABLE activities (
  id bigint PRIMARY KEY,
  uri text NOT NULL UNIQUE,
  actor_id bigint NOT NULL REFERENCES actors (id),
  type text NOT NULL,
  object_uri text NOT NULL,
  post_id bigint REFERENCES posts (id),
  community_id bigint REFERENCES communities (actor_id),
  visibility text NOT NULL CHECK (visibility IN ('public', 'members')),
  document bytea NOT NULL,
  published_at timestamptz NOT NULL
);
CREATE INDEX activities_by_actor ON activities (actor_id, id DESC);
CREATE INDEX activities_by_post ON activities (post_id);

-- Health of the places we deliver to. `due_at` is when the next row of it may be tried; null
-- when nothing waits there. So a claim never looks at what waits for a dead one.
CREATE TABLE origins (
  origin text PRIMARY KEY,
  due_at timestamptz,
  -- How many may be on the way at once.
  width integer NOT NULL DEFAULT 4,
  -- The latest failures in a row, five at most.
  failed_at timestamptz[] NOT NULL DEFAULT '{}',
  failing_since timestamptz,
  open_until timestamptz,
  open_for interval,
  -- It asked us not to come back before.
  pause_until timestamptz,
  last_success_at timestamptz,
  last_failure_at timestamptz,
  last_reason text NOT NULL DEFAULT ''
);
CREATE INDEX origins_due ON origins (due_at) WHERE failing_since IS NULL;
CREATE INDEX origins_failing_due ON origins (due_at) WHERE failing_since IS NOT NULL;

-- No reference to origins: whoever publishes takes no lock that a worker or another may hold.
-- `place` of a waiting row: new until a worker has put it into its lane, first or behind there;
-- only a first one can be leased, until `next_at`. `settled` once it waits no longer.
CREATE TABLE deliveries (
  id bigserial PRIMARY KEY,
  activity_id bigint NOT NULL REFERENCES activities (id),
  inbox text NOT NULL,
  origin text NOT NULL,
  host text NOT NULL,
  lane text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'refused', 'expired')),
  place text NOT NULL CHECK (place IN ('new', 'behind', 'first', 'leased', 'settled')),
  attempts integer NOT NULL DEFAULT 0,
  not_found integer NOT NULL DEFAULT 0,
  enqueued_at timestamptz NOT NULL,
  next_at timestamptz NOT NULL,
  last_status integer,
  last_reason text NOT NULL DEFAULT '',
  settled_at timestamptz,
  UNIQUE (activity_id, inbox),
  CHECK ((state = 'waiting') = (place <> 'settled'))
);
CREATE INDEX deliveries_new ON deliveries (id) WHERE place = 'new';
CREATE INDEX deliveries_ready ON deliveries (origin, next_at, id) WHERE place IN ('first', 'leased');
CREATE INDEX deliveries_leased ON deliveries (origin, next_at) WHERE place = 'leased';
CREATE INDEX deliveries_by_lane ON deliveries (origin, lane, id) WHERE state = 'waiting';
CREATE INDEX deliveries_by_age ON deliveries (enqueued_at) WHERE state = 'waiting';
CREATE INDEX deliveries_by_host ON deliveries (host) WHERE state = 'waiting';
CREATE INDEX deliveries_expired ON deliveries (origin, host) WHERE state = 'expired';

-- Inboxes that answered 410: nothing is sent there for a while.
CREATE TABLE gone_inboxes (
  inbox text PRIMARY KEY,
  gone_at timestamptz NOT NULL
);
