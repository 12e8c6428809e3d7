-- What many people at several agencies took part in lately, as a worker counted it: hashtags, posts
-- and links; never people. A subject is a slug, a post's id or a link's key.
CREATE TABLE trends (
  kind text NOT NULL CHECK (kind IN ('hashtag', 'post', 'link')),
  subject text NOT NULL,
  place integer NOT NULL,
  name text NOT NULL DEFAULT '',
  url text NOT NULL DEFAULT '',
  post_id bigint REFERENCES posts,
  PRIMARY KEY (kind, subject),
  CHECK ((kind = 'post') = (post_id IS NOT NULL))
);
CREATE UNIQUE INDEX trends_in_order ON trends (kind, place);

CREATE TABLE trend_days (
  kind text NOT NULL,
  subject text NOT NULL,
  day date NOT NULL,
  uses integer NOT NULL,
  people integer NOT NULL,
  PRIMARY KEY (kind, subject, day),
  FOREIGN KEY (kind, subject) REFERENCES trends ON DELETE CASCADE
);

-- Whether moderators let it be counted; they do where there is no row.
CREATE TABLE trending (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  is_on boolean NOT NULL
);
