-- The actor from which an agency reports: others take no reports from an Application.
ALTER TABLE actors DROP CONSTRAINT actors_kind_check;
ALTER TABLE actors ADD CONSTRAINT actors_kind_check
  CHECK (kind IN ('person', 'community', 'agency', 'moderation'));
