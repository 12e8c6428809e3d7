-- A boost stands in timelines by an id of its own.
ALTER TABLE boosts ADD COLUMN id bigint;
UPDATE boosts b SET id = n.id FROM (
    SELECT uri, ((extract(epoch FROM boosted_at) * 1000)::bigint << 16)
        | (row_number() OVER (ORDER BY boosted_at, uri) % 32768) AS id FROM boosts
) n WHERE n.uri = b.uri;
ALTER TABLE boosts ALTER COLUMN id SET NOT NULL;
CREATE UNIQUE INDEX boosts_by_id ON boosts (id);
CREATE INDEX boosts_by_actor ON boosts (actor_id, id DESC);
