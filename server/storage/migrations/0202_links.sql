-- Which posts link to an address: what their words link to, without mentions and hashtags.

-- An address as it is looked for: without what is behind #, scheme and host in lower case, and a
-- path where it has none.
CREATE FUNCTION link_key(url text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(substring(url FROM '^[A-Za-z]+://[^/?#]+'))
    || coalesce(nullif(regexp_replace(split_part(url, '#', 1), '^[A-Za-z]+://[^/?]+', ''), ''), '/');

-- The words of a post, cleaned, as links: the address, its key, and the text that is its title.
CREATE FUNCTION links_in(html text) RETURNS TABLE (url text, key text, title text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT ON (public.link_key(u.url)) u.url, public.link_key(u.url),
    left(btrim(regexp_replace(f.found[2], '<[^>]*>', '', 'g')), 200)
  FROM regexp_matches(left(html, 200000), '<a\s([^>]*)>((?:[^<]|<(?!/a>))*)</a>', 'g')
    WITH ORDINALITY AS f (found, place)
  CROSS JOIN LATERAL (SELECT replace(
    substring(f.found[1] FROM 'href="(https?://[^"]+)"'), '&amp;', '&') AS url) u
  WHERE u.url IS NOT NULL AND octet_length(u.url) <= 2000
    AND f.found[1] !~ 'class="[^"]*\m(mention|hashtag)\M'
  ORDER BY public.link_key(u.url), f.place LIMIT 100
$$;

CREATE TABLE post_links (
  post_id bigint NOT NULL REFERENCES posts ON DELETE CASCADE,
  key text NOT NULL,
  url text NOT NULL,
  title text NOT NULL,
  PRIMARY KEY (post_id, key)
);
CREATE INDEX post_links_by_key ON post_links (key, post_id DESC);

INSERT INTO post_links (post_id, key, url, title)
  SELECT p.id, l.key, l.url, l.title FROM posts p CROSS JOIN LATERAL links_in(p.html) l
  WHERE l.key IS NOT NULL;

CREATE FUNCTION keep_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.post_links (post_id, key, url, title)
    SELECT a.id, l.key, l.url, l.title FROM added a CROSS JOIN LATERAL public.links_in(a.html) l
    WHERE a.html LIKE '%<a %' AND l.key IS NOT NULL;
  RETURN NULL;
END
$$;

CREATE FUNCTION change_links() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM public.post_links WHERE post_id = NEW.id;
  INSERT INTO public.post_links (post_id, key, url, title)
    SELECT NEW.id, l.key, l.url, l.title FROM public.links_in(NEW.html) l
    WHERE l.key IS NOT NULL;
  RETURN NULL;
END
$$;

CREATE TRIGGER posts_keep_links AFTER INSERT ON posts
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_links();

CREATE TRIGGER posts_change_links AFTER UPDATE OF html ON posts
  FOR EACH ROW WHEN (OLD.html IS DISTINCT FROM NEW.html) EXECUTE FUNCTION change_links();
