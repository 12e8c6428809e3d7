-- How far members have read their timelines, for every client of theirs.
CREATE TABLE markers (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    timeline text NOT NULL CHECK (timeline IN ('home', 'notifications')),
    last_read_id bigint NOT NULL,
    version integer NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, timeline)
);
