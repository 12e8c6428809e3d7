-- Members: people with an account here, their sessions, and the limits on trying.
CREATE TABLE members (
  actor_id bigint PRIMARY KEY REFERENCES actors (id),
  password_hash text NOT NULL,
  role text NOT NULL CHECK (role IN ('member', 'steward', 'moderator', 'operator')),
  language text NOT NULL DEFAULT 'en',
  time_zone text NOT NULL DEFAULT 'UTC',
  created_at timestamptz NOT NULL,
  seen_notifications bigint NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
  id bigint PRIMARY KEY,
  token_hash bytea NOT NULL UNIQUE,
  member_id bigint NOT NULL REFERENCES members (actor_id) ON DELETE CASCADE,
  csrf text NOT NULL,
  user_agent text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_member ON sessions (member_id, seen_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE invitations (
  code_hash bytea PRIMARY KEY,
  made_by bigint REFERENCES members (actor_id),
  role text NOT NULL CHECK (role IN ('member', 'steward', 'moderator', 'operator')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_by bigint REFERENCES members (actor_id),
  used_at timestamptz
);

-- Hits in the current window, per account or address and per thing that is limited.
CREATE TABLE throttles (
  key text PRIMARY KEY,
  hits integer NOT NULL,
  window_ends timestamptz NOT NULL
);
CREATE INDEX throttles_by_end ON throttles (window_ends);
