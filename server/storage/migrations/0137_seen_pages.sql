-- Pages of archives elsewhere that were read: not read again while they stay as they are.
CREATE TABLE seen_pages (
  page text PRIMARY KEY,
  community_id bigint NOT NULL REFERENCES backfills (community_id) ON DELETE CASCADE,
  tag text NOT NULL,
  next_page text
);
CREATE INDEX seen_pages_by_community ON seen_pages (community_id);
