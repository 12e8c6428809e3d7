-- Posts of others in communities of ours as their authors proved them (FEP-8b32): whoever comes
-- late is shown these, and need not ask every author's server.
CREATE TABLE originals (
  post_id bigint PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
  document bytea NOT NULL
);
