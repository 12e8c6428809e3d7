-- Which of PostgreSQL's text search configurations stems a language; "simple" where there is none.
CREATE FUNCTION search_language(language text) RETURNS regconfig
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE split_part(lower(language), '-', 1)
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig
    WHEN 'hy' THEN 'pg_catalog.armenian'::regconfig
    WHEN 'eu' THEN 'pg_catalog.basque'::regconfig
    WHEN 'ca' THEN 'pg_catalog.catalan'::regconfig
    WHEN 'da' THEN 'pg_catalog.danish'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig
    WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'el' THEN 'pg_catalog.greek'::regconfig
    WHEN 'hi' THEN 'pg_catalog.hindi'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig
    WHEN 'id' THEN 'pg_catalog.indonesian'::regconfig
    WHEN 'ga' THEN 'pg_catalog.irish'::regconfig
    WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'lt' THEN 'pg_catalog.lithuanian'::regconfig
    WHEN 'ne' THEN 'pg_catalog.nepali'::regconfig
    WHEN 'nb' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'nn' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig
    WHEN 'sr' THEN 'pg_catalog.serbian'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'ta' THEN 'pg_catalog.tamil'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    WHEN 'yi' THEN 'pg_catalog.yiddish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig END;

-- Plain text without what is no part of a word: where the database's own alphabet is ASCII, its
-- parser takes quotation marks and dashes for letters, and what stands in <> it takes for a tag.
CREATE FUNCTION search_text(plain text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN translate(plain, '<>‹›«»“”„‟‘’‚‛…–—·•¿¡、。，',
    '                        ');

-- A post by its words: title above warning above text, and each hashtag as the word #slug. Bounded,
-- because PostgreSQL refuses a row whose words take more than a megabyte.
CREATE FUNCTION search_words(language text, title text, body text, carried jsonb) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN setweight(to_tsvector(public.search_language(language), public.search_text(left(title, 1000))), 'A')
    || setweight(to_tsvector(public.search_language(language),
         public.search_text(left(coalesce(carried ->> 'warning', ''), 1000))), 'B')
    || setweight(to_tsvector(public.search_language(language),
         public.search_text(left(body, 50000))), 'D')
    || array_to_tsvector(ARRAY(
         SELECT '#' || left(h.tag ->> 'slug', 200)
         FROM jsonb_array_elements(coalesce(carried -> 'hashtags', '[]')) AS h (tag)));

-- Beside the posts, not in them: a post changes with every reply below it, its words do not, and
-- a row that changes is entered anew into every index.
CREATE TABLE post_words (
  post_id bigint PRIMARY KEY REFERENCES posts ON DELETE CASCADE,
  words tsvector NOT NULL
);

INSERT INTO post_words (post_id, words)
  SELECT id, search_words(language, title, text, carried) FROM posts;

-- What was added last waits outside of the index, and every search reads it all: let it be little.
CREATE INDEX post_words_by_word ON post_words USING gin (words) WITH (gin_pending_list_limit = 256);

CREATE FUNCTION keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.post_words (post_id, words)
    SELECT id, public.search_words(language, title, text, carried) FROM added;
  RETURN NULL;
END
$$;

CREATE FUNCTION change_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.post_words
    SET words = public.search_words(NEW.language, NEW.title, NEW.text, NEW.carried)
    WHERE post_id = NEW.id;
  RETURN NULL;
END
$$;

CREATE TRIGGER posts_keep_words AFTER INSERT ON posts
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_words();

CREATE TRIGGER posts_change_words AFTER UPDATE OF language, title, text, carried ON posts
  FOR EACH ROW WHEN ((OLD.language, OLD.title, OLD.text, OLD.carried)
    IS DISTINCT FROM (NEW.language, NEW.title, NEW.text, NEW.carried))
  EXECUTE FUNCTION change_words();

-- People and communities by the words of their names, whole and in parts, and of what they say of
-- themselves. Names are of no language, so nothing is stemmed.
CREATE FUNCTION search_names(name text, display_name text, summary text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN setweight(to_tsvector('pg_catalog.simple',
         name || ' ' || translate(name, '._~-', '    ')), 'A')
    || setweight(to_tsvector('pg_catalog.simple',
         public.search_text(left(display_name, 1000)
           || ' ' || translate(left(display_name, 1000), '._~-', '    '))), 'A')
    || setweight(to_tsvector('pg_catalog.simple', left(summary, 10000)), 'D');

ALTER TABLE actors ADD COLUMN words tsvector
  GENERATED ALWAYS AS (search_names(name, display_name, summary)) STORED;

CREATE INDEX actors_by_word ON actors USING gin (words);
