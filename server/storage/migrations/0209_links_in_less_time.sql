-- The same links in half the time: what stands between two brackets is read as one piece.
CREATE OR REPLACE FUNCTION links_in(html text) RETURNS TABLE (url text, key text, title text)
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT DISTINCT ON (public.link_key(u.url)) u.url, public.link_key(u.url),
    left(btrim(regexp_replace(f.found[2], '<[^>]*>', '', 'g')), 200)
  FROM regexp_matches(left(html, 200000), '<a\s([^>]*)>([^<]*(?:<(?!/a>)[^<]*)*)</a>', 'g')
    WITH ORDINALITY AS f (found, place)
  CROSS JOIN LATERAL (SELECT replace(
    substring(f.found[1] FROM 'href="(https?://[^"]+)"'), '&amp;', '&') AS url) u
  WHERE u.url IS NOT NULL AND octet_length(u.url) <= 2000
    AND f.found[1] !~ 'class="[^"]*\m(mention|hashtag)\M'
  ORDER BY public.link_key(u.url), f.place LIMIT 100
$$;
