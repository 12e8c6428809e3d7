-- Whose turn it is in the inbox: one look per actor, however much one of them has sent.
CREATE INDEX inbox_events_lines ON inbox_events (actor_uri, id)
  WHERE state = 'waiting' AND attempts = 0;
