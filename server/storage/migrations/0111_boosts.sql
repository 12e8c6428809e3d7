-- Who elsewhere boosted a post of ours: one boost per actor and post, taken back by its id.
CREATE TABLE boosts (
  uri text PRIMARY KEY,
  actor_id bigint NOT NULL REFERENCES actors (id),
  post_id bigint NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  boosted_at timestamptz NOT NULL,
  UNIQUE (post_id, actor_id)
);
