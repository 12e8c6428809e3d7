-- Reports that are kept, and the log that is only ever added to.
CREATE TABLE reports (
  id bigint PRIMARY KEY,
  uri text UNIQUE,
  reporter_id bigint REFERENCES actors (id),
  host text NOT NULL,
  target_id bigint REFERENCES actors (id),
  post_id bigint REFERENCES posts (id),
  community_id bigint REFERENCES communities (actor_id),
  comment text NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  closed_by bigint REFERENCES members (actor_id),
  outcome text NOT NULL DEFAULT ''
);
CREATE INDEX reports_open ON reports (opened_at DESC) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX reports_once ON reports (reporter_id, post_id) WHERE closed_at IS NULL;

CREATE TABLE audit_events (
  id bigserial PRIMARY KEY,
  happened_at timestamptz NOT NULL,
  actor text NOT NULL,
  act text NOT NULL,
  object text NOT NULL,
  reason text NOT NULL DEFAULT ''
);

-- The application may add to the log through this function and in no other way: it runs with the
-- rights of the audit role, which may insert and nothing else. `migrate` hands it to that role.
CREATE FUNCTION append_audit(happened_at timestamptz, actor text, act text, object text, reason text)
  RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public
  BEGIN ATOMIC
    INSERT INTO audit_events (happened_at, actor, act, object, reason)
      VALUES (append_audit.happened_at, append_audit.actor, append_audit.act,
              append_audit.object, append_audit.reason)
      RETURNING id;
  END;
