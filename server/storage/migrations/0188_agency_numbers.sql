-- Agencies have numbers, by which clients of moderators name what was admitted and blocked.
ALTER TABLE agencies ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
