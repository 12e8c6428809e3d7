-- What members say in a report beside words: which posts, of what sort, against which rules;
-- and which moderator looks at it.
ALTER TABLE reports
    ADD COLUMN post_ids bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN rule_ids bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN category text NOT NULL DEFAULT 'other'
        CHECK (category IN ('spam', 'legal', 'violation', 'other')),
    ADD COLUMN forwarded boolean NOT NULL DEFAULT false,
    ADD COLUMN assigned_to bigint REFERENCES members,
    ADD COLUMN changed_at timestamptz;
CREATE INDEX reports_by_target ON reports (target_id, id DESC);
