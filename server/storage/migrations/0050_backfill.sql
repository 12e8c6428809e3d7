-- What is fetched of communities elsewhere, and how far that went.
CREATE INDEX posts_archive ON posts (community_id, published_at, id) WHERE parent_id IS NULL;

-- Where something waits to be fetched. One worker at a time asks an origin, until `leased_until`;
-- not before `due_at`, which it may have asked for itself.
CREATE TABLE fill_origins (
  origin text PRIMARY KEY,
  due_at timestamptz NOT NULL,
  leased_until timestamptz NOT NULL,
  failures integer NOT NULL DEFAULT 0
);
CREATE INDEX fill_origins_due ON fill_origins (due_at);

-- A community whose earlier threads are listed: `whole`, or the recent ones only. `next_page` is
-- the page to ask for next; null before the first.
CREATE TABLE backfills (
  community_id bigint PRIMARY KEY REFERENCES communities (actor_id),
  origin text NOT NULL,
  whole boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
  next_page text,
  pages integer NOT NULL DEFAULT 0,
  -- Everything the host changed up to here was listed; the next run asks for what is newer.
  known_until timestamptz,
  began_at timestamptz NOT NULL,
  ended_at timestamptz,
  reason text NOT NULL DEFAULT ''
);
CREATE INDEX backfills_waiting ON backfills (origin) WHERE state = 'waiting';

-- What was read of a community in this run, so that no run goes in circles.
CREATE TABLE listed_pages (
  community_id bigint NOT NULL REFERENCES backfills (community_id) ON DELETE CASCADE,
  page text NOT NULL,
  PRIMARY KEY (community_id, page)
);

-- A thread whose gaps are filled, or were. `place` says which comes first: what somebody reads
-- now, then the recent, then the old.
CREATE TABLE fills (
  root_uri text PRIMARY KEY,
  community_id bigint NOT NULL REFERENCES communities (actor_id),
  origin text NOT NULL,
  context text,
  digest text NOT NULL DEFAULT '',
  state text NOT NULL CHECK (state IN ('waiting', 'done', 'refused')),
  place integer NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  posts integer NOT NULL DEFAULT 0,
  asked_at timestamptz NOT NULL,
  filled_at timestamptz,
  reason text NOT NULL DEFAULT ''
);
CREATE INDEX fills_waiting ON fills (origin, place, asked_at, root_uri) WHERE state = 'waiting';
CREATE INDEX fills_by_community ON fills (community_id, state);
