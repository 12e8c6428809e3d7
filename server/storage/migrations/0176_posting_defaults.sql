-- How a member's programs begin a new post; pages and programs read it, and nobody else.
ALTER TABLE members ADD COLUMN posts_as text NOT NULL DEFAULT 'public'
  CHECK (posts_as IN ('public', 'unlisted', 'private', 'direct'));
ALTER TABLE members ADD COLUMN posts_sensitive boolean NOT NULL DEFAULT false;
ALTER TABLE members ADD COLUMN posts_language text;
ALTER TABLE members ADD COLUMN posts_quotable_by text NOT NULL DEFAULT 'public'
  CHECK (posts_quotable_by IN ('public', 'followers', 'nobody'));
