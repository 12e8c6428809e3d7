-- What the migrations make; written by `make schema`, for reading only.

CREATE TABLE public.audit_events (
    id bigint NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    act text NOT NULL,
    object text NOT NULL,
    reason text DEFAULT ''::text NOT NULL
);

CREATE FUNCTION public.append_audit(happened_at timestamp with time zone, actor text, act text, object text, reason text) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public'
    BEGIN ATOMIC
 INSERT INTO public.audit_events (happened_at, actor, act, object, reason)
   VALUES (append_audit.happened_at, append_audit.actor, append_audit.act, append_audit.object, append_audit.reason)
   RETURNING audit_events.id;
END;

CREATE FUNCTION public.change_links() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  DELETE FROM public.post_links WHERE post_id = NEW.id;
  INSERT INTO public.post_links (post_id, key, url, title)
    SELECT NEW.id, l.key, l.url, l.title FROM public.links_in(NEW.html) l
    WHERE l.key IS NOT NULL;
  RETURN NULL;
END
$$;

CREATE FUNCTION public.change_words() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE public.post_words
    SET words = public.search_words(NEW.language, NEW.title, NEW.text, NEW.carried)
    WHERE post_id = NEW.id;
  RETURN NULL;
END
$$;

CREATE FUNCTION public.keep_links() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO public.post_links (post_id, key, url, title)
    SELECT a.id, l.key, l.url, l.title FROM added a CROSS JOIN LATERAL public.links_in(a.html) l
    WHERE a.html LIKE '%<a %' AND l.key IS NOT NULL;
  RETURN NULL;
END
$$;

CREATE FUNCTION public.keep_words() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  INSERT INTO public.post_words (post_id, words)
    SELECT id, public.search_words(language, title, text, carried) FROM added;
  RETURN NULL;
END
$$;

CREATE FUNCTION public.link_key(url text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (lower("substring"(url, '^[A-Za-z]+://[^/?#]+'::text)) || COALESCE(NULLIF(regexp_replace(split_part(url, '#'::text, 1), '^[A-Za-z]+://[^/?]+'::text, ''::text), ''::text), '/'::text));

CREATE FUNCTION public.links_in(html text) RETURNS TABLE(url text, key text, title text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
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

CREATE FUNCTION public.search_language(language text) RETURNS regconfig
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE split_part(lower(language), '-'::text, 1) WHEN 'ar'::text THEN 'arabic'::regconfig WHEN 'hy'::text THEN 'armenian'::regconfig WHEN 'eu'::text THEN 'basque'::regconfig WHEN 'ca'::text THEN 'catalan'::regconfig WHEN 'da'::text THEN 'danish'::regconfig WHEN 'nl'::text THEN 'dutch'::regconfig WHEN 'en'::text THEN 'english'::regconfig WHEN 'fi'::text THEN 'finnish'::regconfig WHEN 'fr'::text THEN 'french'::regconfig WHEN 'de'::text THEN 'german'::regconfig WHEN 'el'::text THEN 'greek'::regconfig WHEN 'hi'::text THEN 'hindi'::regconfig WHEN 'hu'::text THEN 'hungarian'::regconfig WHEN 'id'::text THEN 'indonesian'::regconfig WHEN 'ga'::text THEN 'irish'::regconfig WHEN 'it'::text THEN 'italian'::regconfig WHEN 'lt'::text THEN 'lithuanian'::regconfig WHEN 'ne'::text THEN 'nepali'::regconfig WHEN 'nb'::text THEN 'norwegian'::regconfig WHEN 'nn'::text THEN 'norwegian'::regconfig WHEN 'no'::text THEN 'norwegian'::regconfig WHEN 'pt'::text THEN 'portuguese'::regconfig WHEN 'ro'::text THEN 'romanian'::regconfig WHEN 'ru'::text THEN 'russian'::regconfig WHEN 'sr'::text THEN 'serbian'::regconfig WHEN 'es'::text THEN 'spanish'::regconfig WHEN 'sv'::text THEN 'swedish'::regconfig WHEN 'ta'::text THEN 'tamil'::regconfig WHEN 'tr'::text THEN 'turkish'::regconfig WHEN 'yi'::text THEN 'yiddish'::regconfig ELSE 'simple'::regconfig END;

CREATE FUNCTION public.search_text(plain text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate(plain, '<>‹›«»“”„‟‘’‚‛…–—·•¿¡、。，'::text, '                        '::text);

CREATE FUNCTION public.search_names(name text, display_name text, summary text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((setweight(to_tsvector('simple'::regconfig, ((name || ' '::text) || translate(name, '._~-'::text, '    '::text))), 'A'::"char") || setweight(to_tsvector('simple'::regconfig, public.search_text((("left"(display_name, 1000) || ' '::text) || translate("left"(display_name, 1000), '._~-'::text, '    '::text)))), 'A'::"char")) || setweight(to_tsvector('simple'::regconfig, "left"(summary, 10000)), 'D'::"char"));

CREATE FUNCTION public.search_words(language text, title text, body text, carried jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (((setweight(to_tsvector(public.search_language(language), public.search_text("left"(title, 1000))), 'A'::"char") || setweight(to_tsvector(public.search_language(language), public.search_text("left"(COALESCE((carried ->> 'warning'::text), ''::text), 1000))), 'B'::"char")) || setweight(to_tsvector(public.search_language(language), public.search_text("left"(body, 50000))), 'D'::"char")) || array_to_tsvector(ARRAY(SELECT ('#'::text || "left"((h.tag ->> 'slug'::text), 200)) FROM jsonb_array_elements(COALESCE((search_words.carried -> 'hashtags'::text), '[]'::jsonb)) h(tag))));

CREATE TABLE public.accepted_answers (
    question_id bigint NOT NULL,
    answer_id bigint NOT NULL,
    chosen_by bigint NOT NULL,
    uri text NOT NULL,
    chosen_at timestamp with time zone NOT NULL
);

CREATE TABLE public.account_jobs (
    id bigint NOT NULL,
    member_id bigint NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    steps integer DEFAULT 0 NOT NULL,
    of_steps integer DEFAULT 0 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    content bytea,
    ended_at timestamp with time zone,
    expires_at timestamp with time zone,
    CONSTRAINT account_jobs_kind_check CHECK ((kind = ANY (ARRAY['export'::text, 'import'::text, 'ending'::text]))),
    CONSTRAINT account_jobs_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text, 'refused'::text])))
);

CREATE TABLE public.activities (
    id bigint NOT NULL,
    uri text NOT NULL,
    actor_id bigint NOT NULL,
    type text NOT NULL,
    object_uri text NOT NULL,
    post_id bigint,
    community_id bigint,
    visibility text NOT NULL,
    document bytea NOT NULL,
    published_at timestamp with time zone NOT NULL,
    CONSTRAINT activities_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'members'::text, 'direct'::text])))
);

CREATE TABLE public.actor_details (
    actor_id bigint NOT NULL,
    fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    locked boolean DEFAULT false NOT NULL,
    bot boolean DEFAULT false NOT NULL,
    discoverable boolean DEFAULT false NOT NULL,
    indexable boolean DEFAULT false NOT NULL,
    hides_collections boolean DEFAULT true NOT NULL,
    avatar_alt text DEFAULT ''::text NOT NULL,
    header_alt text DEFAULT ''::text NOT NULL
);

CREATE TABLE public.actor_keys (
    key_id text NOT NULL,
    actor_id bigint NOT NULL,
    kind text NOT NULL,
    public_pem text NOT NULL,
    private_pem text,
    fetched_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    signs_at timestamp with time zone,
    ends_at timestamp with time zone,
    CONSTRAINT actor_keys_kind_check CHECK ((kind = ANY (ARRAY['rsa'::text, 'ed25519'::text])))
);

CREATE TABLE public.actors (
    id bigint NOT NULL,
    uri text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    host text NOT NULL,
    local boolean NOT NULL,
    display_name text DEFAULT ''::text NOT NULL,
    summary text DEFAULT ''::text NOT NULL,
    summary_source text DEFAULT ''::text NOT NULL,
    inbox text,
    shared_inbox text,
    outbox text,
    followers text,
    following text,
    featured text,
    moderators text,
    url text,
    published_at timestamp with time zone NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    suspended_at timestamp with time zone,
    deleted_at timestamp with time zone,
    also_known_as text DEFAULT ''::text NOT NULL,
    moved_to text,
    words tsvector GENERATED ALWAYS AS (public.search_names(name, display_name, summary)) STORED,
    avatar text,
    header text,
    CONSTRAINT actors_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'community'::text, 'agency'::text, 'moderation'::text, 'feed'::text])))
);

CREATE TABLE public.addressees (
    post_id bigint NOT NULL,
    actor_id bigint NOT NULL
);

CREATE TABLE public.agencies (
    host text NOT NULL,
    state text NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    software text,
    version text,
    nodeinfo_at timestamp with time zone,
    knocked_at timestamp with time zone NOT NULL,
    decided_at timestamp with time zone,
    decided_by bigint,
    reason text DEFAULT ''::text NOT NULL,
    directory_at timestamp with time zone,
    id bigint NOT NULL,
    CONSTRAINT agencies_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'admitted'::text, 'blocked'::text])))
);

ALTER TABLE public.agencies ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.agencies_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.announcement_dismissals (
    announcement_id bigint NOT NULL,
    member_id bigint NOT NULL,
    dismissed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.announcement_reactions (
    announcement_id bigint NOT NULL,
    member_id bigint NOT NULL,
    name text NOT NULL,
    reacted_at timestamp with time zone NOT NULL,
    CONSTRAINT announcement_reactions_name_check CHECK ((name <> ''::text))
);

CREATE TABLE public.announcements (
    id bigint NOT NULL,
    source text NOT NULL,
    html text NOT NULL,
    hashtags text[] DEFAULT '{}'::text[] NOT NULL,
    mention_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    starts_at timestamp with time zone,
    ends_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    published_at timestamp with time zone,
    shown boolean DEFAULT false NOT NULL,
    CONSTRAINT announcements_check CHECK ((ends_at > starts_at)),
    CONSTRAINT announcements_source_check CHECK ((source <> ''::text))
);

CREATE TABLE public.apps (
    id bigint NOT NULL,
    client_id text NOT NULL,
    secret_hash bytea NOT NULL,
    name text NOT NULL,
    website text,
    redirect_uris text[] NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE public.audit_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.audit_events_id_seq OWNED BY public.audit_events.id;

CREATE TABLE public.authorizations (
    code_hash bytea NOT NULL,
    app_id bigint NOT NULL,
    member_id bigint NOT NULL,
    redirect_uri text NOT NULL,
    scopes text[] NOT NULL,
    challenge text,
    expires_at timestamp with time zone NOT NULL,
    token_id bigint
);

CREATE TABLE public.backfills (
    community_id bigint NOT NULL,
    origin text NOT NULL,
    whole boolean NOT NULL,
    state text NOT NULL,
    next_page text,
    pages integer DEFAULT 0 NOT NULL,
    known_until timestamp with time zone,
    began_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT backfills_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text, 'refused'::text])))
);

CREATE TABLE public.blobs (
    hash text NOT NULL,
    size bigint NOT NULL,
    kept_at timestamp with time zone NOT NULL,
    CONSTRAINT blobs_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT blobs_size_check CHECK ((size > 0))
);

CREATE TABLE public.bookmarks (
    member_id bigint NOT NULL,
    post_id bigint NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.boosts (
    uri text NOT NULL,
    actor_id bigint NOT NULL,
    post_id bigint NOT NULL,
    boosted_at timestamp with time zone NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.communities (
    actor_id bigint NOT NULL,
    charter text DEFAULT ''::text NOT NULL,
    charter_source text DEFAULT ''::text NOT NULL,
    join_rule text NOT NULL,
    visibility text NOT NULL,
    several_answers boolean DEFAULT true NOT NULL,
    boosts_answers boolean DEFAULT false NOT NULL,
    threads integer DEFAULT 0 NOT NULL,
    active_at timestamp with time zone NOT NULL,
    stewards_at timestamp with time zone,
    asks_questions boolean DEFAULT false NOT NULL,
    wall boolean DEFAULT false NOT NULL,
    CONSTRAINT communities_join_rule_check CHECK ((join_rule = ANY (ARRAY['open'::text, 'approval'::text]))),
    CONSTRAINT communities_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'members'::text])))
);

CREATE TABLE public.community_feeds (
    actor_id bigint NOT NULL,
    total integer DEFAULT 0 NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    listed_at timestamp with time zone,
    due_at timestamp with time zone,
    CONSTRAINT community_feeds_total_check CHECK ((total >= 0))
);

CREATE TABLE public.conversations (
    member_id bigint NOT NULL,
    root_id bigint NOT NULL,
    last_id bigint NOT NULL,
    unread boolean NOT NULL
);

CREATE TABLE public.deliveries (
    id bigint NOT NULL,
    activity_id bigint NOT NULL,
    inbox text NOT NULL,
    origin text NOT NULL,
    host text NOT NULL,
    lane text NOT NULL,
    state text NOT NULL,
    place text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    not_found integer DEFAULT 0 NOT NULL,
    enqueued_at timestamp with time zone NOT NULL,
    next_at timestamp with time zone NOT NULL,
    last_status integer,
    last_reason text DEFAULT ''::text NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT deliveries_check CHECK (((state = 'waiting'::text) = (place <> 'settled'::text))),
    CONSTRAINT deliveries_place_check CHECK ((place = ANY (ARRAY['new'::text, 'behind'::text, 'first'::text, 'leased'::text, 'settled'::text]))),
    CONSTRAINT deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'refused'::text, 'expired'::text])))
);

CREATE SEQUENCE public.deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.deliveries_id_seq OWNED BY public.deliveries.id;

CREATE TABLE public.dismissed_suggestions (
    member_id bigint NOT NULL,
    actor_id bigint NOT NULL
);

CREATE TABLE public.endorsements (
    member_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    id bigint NOT NULL,
    CONSTRAINT endorsements_check CHECK ((actor_id <> member_id))
);

CREATE TABLE public.featured_hashtags (
    member_id bigint NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.feed_curators (
    feed_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    since timestamp with time zone NOT NULL
);

CREATE TABLE public.feed_entries (
    feed_id bigint NOT NULL,
    uri text NOT NULL,
    community_id bigint,
    added_at timestamp with time zone NOT NULL,
    asked_at timestamp with time zone,
    place integer NOT NULL
);

CREATE TABLE public.feed_joins (
    feed_id bigint NOT NULL,
    member_id bigint NOT NULL,
    community_id bigint NOT NULL,
    follow_uri text NOT NULL
);

CREATE TABLE public.fill_origins (
    origin text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    leased_until timestamp with time zone NOT NULL,
    failures integer DEFAULT 0 NOT NULL
);

CREATE TABLE public.fills (
    root_uri text NOT NULL,
    community_id bigint NOT NULL,
    origin text NOT NULL,
    context text,
    digest text DEFAULT ''::text NOT NULL,
    state text NOT NULL,
    place integer NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    posts integer DEFAULT 0 NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    filled_at timestamp with time zone,
    reason text DEFAULT ''::text NOT NULL,
    CONSTRAINT fills_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text, 'refused'::text])))
);

CREATE TABLE public.filter_keywords (
    id bigint NOT NULL,
    filter_id bigint NOT NULL,
    keyword text NOT NULL,
    whole_word boolean NOT NULL,
    CONSTRAINT filter_keywords_keyword_check CHECK ((keyword <> ''::text))
);

CREATE TABLE public.filter_posts (
    id bigint NOT NULL,
    filter_id bigint NOT NULL,
    post_id bigint NOT NULL
);

CREATE TABLE public.filters (
    id bigint NOT NULL,
    member_id bigint NOT NULL,
    title text NOT NULL,
    contexts text[] NOT NULL,
    action text NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT filters_action_check CHECK ((action = ANY (ARRAY['warn'::text, 'hide'::text, 'blur'::text]))),
    CONSTRAINT filters_contexts_check CHECK (((cardinality(contexts) > 0) AND (contexts <@ ARRAY['home'::text, 'notifications'::text, 'public'::text, 'thread'::text, 'account'::text]))),
    CONSTRAINT filters_title_check CHECK ((title <> ''::text))
);

CREATE TABLE public.followed_hashtags (
    member_id bigint NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.follower_claims (
    actor_uri text NOT NULL,
    host text NOT NULL,
    header text NOT NULL,
    told_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT follower_claims_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'agreed'::text, 'differs'::text, 'settled'::text, 'ignored'::text])))
);

CREATE TABLE public.follows (
    follower_id bigint NOT NULL,
    target_id bigint NOT NULL,
    uri text NOT NULL,
    state text NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    settled_at timestamp with time zone,
    asked_again_at timestamp with time zone,
    until timestamp with time zone,
    CONSTRAINT follows_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'accepted'::text, 'refused'::text, 'banned'::text])))
);

CREATE TABLE public.gone_inboxes (
    inbox text NOT NULL,
    gone_at timestamp with time zone NOT NULL
);

CREATE TABLE public.inbox_events (
    id bigint NOT NULL,
    actor_uri text NOT NULL,
    activity_uri text NOT NULL,
    type text NOT NULL,
    host text NOT NULL,
    raw bytea NOT NULL,
    signature_hash bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    state text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT inbox_events_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text, 'ignored'::text, 'parked'::text])))
);

CREATE SEQUENCE public.inbox_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.inbox_events_id_seq OWNED BY public.inbox_events.id;

CREATE TABLE public.instance_texts (
    name text NOT NULL,
    source text NOT NULL,
    html text NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT instance_texts_name_check CHECK ((name = ANY (ARRAY['about'::text, 'privacy'::text, 'terms'::text])))
);

CREATE TABLE public.invitations (
    code_hash bytea NOT NULL,
    made_by bigint,
    role text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_by bigint,
    used_at timestamp with time zone,
    CONSTRAINT invitations_role_check CHECK ((role = ANY (ARRAY['member'::text, 'steward'::text, 'moderator'::text, 'operator'::text])))
);

CREATE TABLE public.key_refusals (
    key_id text NOT NULL,
    reason text NOT NULL,
    until timestamp with time zone NOT NULL
);

CREATE TABLE public.knocks (
    origin text NOT NULL,
    scheme text NOT NULL,
    learned_at timestamp with time zone NOT NULL,
    CONSTRAINT knocks_scheme_check CHECK ((scheme = ANY (ARRAY['cavage'::text, 'rfc9421'::text])))
);

CREATE TABLE public.list_entries (
    list_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.listed_pages (
    community_id bigint NOT NULL,
    page text NOT NULL
);

CREATE TABLE public.lists (
    id bigint NOT NULL,
    member_id bigint NOT NULL,
    title text NOT NULL,
    replies_policy text NOT NULL,
    exclusive boolean NOT NULL,
    CONSTRAINT lists_replies_policy_check CHECK ((replies_policy = ANY (ARRAY['followed'::text, 'list'::text, 'none'::text]))),
    CONSTRAINT lists_title_check CHECK ((title <> ''::text))
);

CREATE TABLE public.markers (
    member_id bigint NOT NULL,
    timeline text NOT NULL,
    last_read_id bigint NOT NULL,
    version integer NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT markers_timeline_check CHECK ((timeline = ANY (ARRAY['home'::text, 'notifications'::text])))
);

CREATE TABLE public.marks (
    actor_id bigint NOT NULL,
    post_id bigint NOT NULL,
    uri text NOT NULL,
    helpful boolean NOT NULL,
    category text,
    emoji text,
    note text DEFAULT ''::text NOT NULL,
    accepts boolean DEFAULT false NOT NULL,
    given_at timestamp with time zone NOT NULL,
    reaction text,
    reaction_custom jsonb,
    CONSTRAINT marks_check CHECK ((helpful OR (category IS NOT NULL) OR accepts))
);

CREATE TABLE public.media (
    id bigint NOT NULL,
    key text NOT NULL,
    member_id bigint NOT NULL,
    post_id bigint,
    place smallint DEFAULT 0 NOT NULL,
    kind text NOT NULL,
    media_type text NOT NULL,
    title text NOT NULL,
    hash text NOT NULL,
    size bigint NOT NULL,
    width integer,
    height integer,
    preview_hash text,
    preview_width integer,
    preview_height integer,
    blurhash text DEFAULT ''::text NOT NULL,
    focus_x real,
    focus_y real,
    description text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    scheduled_id bigint,
    CONSTRAINT media_description_check CHECK ((char_length(description) <= 1500)),
    CONSTRAINT media_focus_x_check CHECK (((focus_x >= ('-1'::integer)::double precision) AND (focus_x <= (1)::double precision))),
    CONSTRAINT media_focus_y_check CHECK (((focus_y >= ('-1'::integer)::double precision) AND (focus_y <= (1)::double precision))),
    CONSTRAINT media_height_check CHECK ((height > 0)),
    CONSTRAINT media_kind_check CHECK ((kind = ANY (ARRAY['image'::text, 'video'::text, 'audio'::text, 'file'::text]))),
    CONSTRAINT media_preview_height_check CHECK ((preview_height > 0)),
    CONSTRAINT media_preview_width_check CHECK ((preview_width > 0)),
    CONSTRAINT media_size_check CHECK ((size > 0)),
    CONSTRAINT media_width_check CHECK ((width > 0))
);

CREATE TABLE public.members (
    actor_id bigint NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_notifications bigint DEFAULT 0 NOT NULL,
    posts_as text DEFAULT 'public'::text NOT NULL,
    posts_sensitive boolean DEFAULT false NOT NULL,
    posts_language text,
    posts_quotable_by text DEFAULT 'public'::text NOT NULL,
    CONSTRAINT members_posts_as_check CHECK ((posts_as = ANY (ARRAY['public'::text, 'unlisted'::text, 'private'::text, 'direct'::text]))),
    CONSTRAINT members_posts_quotable_by_check CHECK ((posts_quotable_by = ANY (ARRAY['public'::text, 'followers'::text, 'nobody'::text]))),
    CONSTRAINT members_role_check CHECK ((role = ANY (ARRAY['member'::text, 'steward'::text, 'moderator'::text, 'operator'::text])))
);

CREATE TABLE public.moves (
    old_id bigint NOT NULL,
    new_id bigint NOT NULL,
    moved_at timestamp with time zone NOT NULL
);

CREATE TABLE public.mutes (
    member_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    id bigint NOT NULL,
    notifications boolean NOT NULL,
    until timestamp with time zone,
    CONSTRAINT mutes_check CHECK ((actor_id <> member_id))
);

CREATE TABLE public.notifications (
    id bigint NOT NULL,
    member_id bigint NOT NULL,
    kind text NOT NULL,
    actor_id bigint NOT NULL,
    subject text NOT NULL,
    post_id bigint,
    happened_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE public.notifications_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.notifications_id_seq OWNED BY public.notifications.id;

CREATE TABLE public.once (
    member_id bigint NOT NULL,
    key text NOT NULL,
    post_id bigint NOT NULL,
    done_at timestamp with time zone NOT NULL
);

CREATE TABLE public.originals (
    post_id bigint NOT NULL,
    document bytea NOT NULL
);

CREATE TABLE public.origins (
    origin text NOT NULL,
    due_at timestamp with time zone,
    width integer DEFAULT 1 NOT NULL,
    failed_at timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    failing_since timestamp with time zone,
    open_until timestamp with time zone,
    open_for interval,
    pause_until timestamp with time zone,
    last_success_at timestamp with time zone,
    last_failure_at timestamp with time zone,
    last_reason text DEFAULT ''::text NOT NULL,
    paused_at timestamp with time zone,
    resumed_at timestamp with time zone
);

CREATE TABLE public.personal_blocks (
    member_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    id bigint NOT NULL,
    CONSTRAINT personal_blocks_check CHECK ((actor_id <> member_id))
);

CREATE TABLE public.personal_domain_blocks (
    member_id bigint NOT NULL,
    domain text NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.pinned_posts (
    author_id bigint NOT NULL,
    post_id bigint NOT NULL,
    id bigint NOT NULL
);

CREATE TABLE public.poll_choices (
    post_id bigint NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    votes bigint NOT NULL,
    CONSTRAINT poll_choices_votes_check CHECK ((votes >= 0))
);

CREATE TABLE public.poll_votes (
    post_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    "position" integer NOT NULL,
    given_at timestamp with time zone NOT NULL
);

CREATE TABLE public.polls (
    post_id bigint NOT NULL,
    several boolean NOT NULL,
    closes_at timestamp with time zone,
    closed_at timestamp with time zone,
    voters bigint,
    told_at timestamp with time zone NOT NULL,
    is_due boolean DEFAULT false NOT NULL,
    settled_at timestamp with time zone,
    CONSTRAINT polls_voters_check CHECK ((voters >= 0))
);

CREATE TABLE public.portraits (
    actor_id bigint NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    media_type text NOT NULL,
    hash text NOT NULL,
    kept_at timestamp with time zone NOT NULL,
    CONSTRAINT portraits_kind_check CHECK ((kind = ANY (ARRAY['avatar'::text, 'header'::text])))
);

CREATE TABLE public.post_links (
    post_id bigint NOT NULL,
    key text NOT NULL,
    url text NOT NULL,
    title text NOT NULL
);

CREATE TABLE public.post_words (
    post_id bigint NOT NULL,
    words tsvector NOT NULL
);

CREATE TABLE public.posts (
    id bigint NOT NULL,
    uri text NOT NULL,
    kind text NOT NULL,
    author_id bigint NOT NULL,
    community_id bigint NOT NULL,
    root_id bigint NOT NULL,
    parent_id bigint,
    context text,
    visibility text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    source text DEFAULT ''::text NOT NULL,
    html text DEFAULT ''::text NOT NULL,
    text text DEFAULT ''::text NOT NULL,
    clean_version integer NOT NULL,
    language text DEFAULT 'en'::text NOT NULL,
    topic text,
    published_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    edited_at timestamp with time zone,
    deleted_at timestamp with time zone,
    deleted_by text,
    reason text DEFAULT ''::text NOT NULL,
    locked_at timestamp with time zone,
    pinned_at timestamp with time zone,
    announced_at timestamp with time zone,
    answers integer DEFAULT 0 NOT NULL,
    helpful integer DEFAULT 0 NOT NULL,
    active_at timestamp with time zone NOT NULL,
    carried jsonb DEFAULT '{}'::jsonb NOT NULL,
    duplicate_of text,
    quote_uri text,
    quote_stamp text,
    quote_request text,
    quote_state text,
    quiet boolean DEFAULT false NOT NULL,
    has_poll boolean DEFAULT false NOT NULL,
    CONSTRAINT posts_check CHECK (((parent_id IS NULL) = (kind = ANY (ARRAY['question'::text, 'discussion'::text, 'poll'::text])))),
    CONSTRAINT posts_check1 CHECK (((root_id = id) = (parent_id IS NULL))),
    CONSTRAINT posts_check2 CHECK (((deleted_at IS NULL) = (deleted_by IS NULL))),
    CONSTRAINT posts_deleted_by_check CHECK ((deleted_by = ANY (ARRAY['author'::text, 'moderator'::text]))),
    CONSTRAINT posts_kind_check CHECK ((kind = ANY (ARRAY['question'::text, 'discussion'::text, 'poll'::text, 'answer'::text, 'comment'::text]))),
    CONSTRAINT posts_quote_state_check CHECK ((quote_state = ANY (ARRAY['asked'::text, 'approved'::text, 'refused'::text]))),
    CONSTRAINT posts_visibility_check CHECK ((visibility = ANY (ARRAY['public'::text, 'members'::text, 'direct'::text])))
);

CREATE TABLE public.private_notes (
    member_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    note text NOT NULL,
    CONSTRAINT private_notes_note_check CHECK ((note <> ''::text))
);

CREATE SEQUENCE public.process_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE public.push_subscriptions (
    id integer NOT NULL,
    token_id bigint NOT NULL,
    endpoint text NOT NULL,
    public bytea NOT NULL,
    auth bytea NOT NULL,
    standard boolean NOT NULL,
    alerts text[] NOT NULL,
    policy text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT push_subscriptions_auth_check CHECK ((length(auth) = 16)),
    CONSTRAINT push_subscriptions_policy_check CHECK ((policy = ANY (ARRAY['all'::text, 'followed'::text, 'follower'::text, 'none'::text]))),
    CONSTRAINT push_subscriptions_public_check CHECK ((length(public) = 65))
);

ALTER TABLE public.push_subscriptions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.push_subscriptions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.pushes (
    id bigint NOT NULL,
    subscription_id integer NOT NULL,
    notification_id bigint NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone NOT NULL
);

ALTER TABLE public.pushes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.pushes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.quiet_threads (
    member_id bigint NOT NULL,
    root_id bigint NOT NULL
);

CREATE TABLE public.quote_stamps (
    id bigint NOT NULL,
    quoted_id bigint NOT NULL,
    quoting_uri text NOT NULL,
    given_to bigint NOT NULL,
    given_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE public.reactions (
    actor_id bigint NOT NULL,
    post_id bigint NOT NULL,
    content text NOT NULL,
    custom jsonb,
    uri text NOT NULL,
    given_at timestamp with time zone NOT NULL
);

CREATE TABLE public.recognitions (
    id bigint NOT NULL,
    uri text NOT NULL,
    credential_uri text NOT NULL,
    issuer_id bigint NOT NULL,
    person_id bigint NOT NULL,
    name text NOT NULL,
    criteria text NOT NULL,
    post_id bigint,
    given_at timestamp with time zone NOT NULL,
    status_index integer,
    withdrawn_at timestamp with time zone,
    hidden_at timestamp with time zone,
    CONSTRAINT recognitions_status_index_check CHECK ((status_index >= 0))
);

CREATE TABLE public.reconciliations (
    host text NOT NULL,
    due_at timestamp with time zone NOT NULL,
    back_at timestamp with time zone
);

CREATE TABLE public.remote_media (
    url_hash text NOT NULL,
    media_type text DEFAULT ''::text NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    refused_until timestamp with time zone,
    fetched_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone NOT NULL,
    CONSTRAINT remote_media_check CHECK (((reason = ''::text) = (refused_until IS NULL))),
    CONSTRAINT remote_media_url_hash_check CHECK ((url_hash ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.removed_posts (
    post_id bigint NOT NULL,
    title text NOT NULL,
    source text NOT NULL,
    html text NOT NULL,
    text text NOT NULL,
    carried jsonb DEFAULT '{}'::jsonb NOT NULL
);

CREATE TABLE public.reports (
    id bigint NOT NULL,
    uri text,
    reporter_id bigint,
    host text NOT NULL,
    target_id bigint,
    post_id bigint,
    community_id bigint,
    comment text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    closed_by bigint,
    outcome text DEFAULT ''::text NOT NULL,
    post_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    rule_ids bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    category text DEFAULT 'other'::text NOT NULL,
    forwarded boolean DEFAULT false NOT NULL,
    assigned_to bigint,
    changed_at timestamp with time zone,
    CONSTRAINT reports_category_check CHECK ((category = ANY (ARRAY['spam'::text, 'legal'::text, 'violation'::text, 'other'::text])))
);

CREATE TABLE public.revisions (
    post_id bigint NOT NULL,
    number integer NOT NULL,
    title text NOT NULL,
    source text NOT NULL,
    html text NOT NULL,
    written_at timestamp with time zone NOT NULL
);

CREATE TABLE public.rules (
    id bigint NOT NULL,
    text text NOT NULL,
    hint text DEFAULT ''::text NOT NULL,
    place integer NOT NULL,
    added_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone,
    CONSTRAINT rules_text_check CHECK ((text <> ''::text))
);

ALTER TABLE public.rules ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.rules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.scheduled_posts (
    id bigint NOT NULL,
    member_id bigint NOT NULL,
    form text NOT NULL,
    params jsonb NOT NULL,
    due_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    key text,
    leased_until timestamp with time zone NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    refused text DEFAULT ''::text NOT NULL,
    refused_at timestamp with time zone,
    CONSTRAINT scheduled_posts_form_check CHECK ((form = ANY (ARRAY['status'::text, 'thread'::text]))),
    CONSTRAINT scheduled_posts_key_check CHECK ((key <> ''::text)),
    CONSTRAINT scheduled_posts_params_check CHECK ((jsonb_typeof(params) = 'object'::text))
);

CREATE TABLE public.secrets (
    name text NOT NULL,
    value bytea NOT NULL
);

CREATE TABLE public.seen_pages (
    page text NOT NULL,
    community_id bigint NOT NULL,
    tag text NOT NULL,
    next_page text
);

CREATE TABLE public.sessions (
    id bigint NOT NULL,
    token_hash bytea NOT NULL,
    member_id bigint NOT NULL,
    csrf text NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.severed_follows (
    id bigint NOT NULL,
    member_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    direction text NOT NULL,
    blocked text NOT NULL,
    severed_at timestamp with time zone NOT NULL,
    CONSTRAINT severed_follows_direction_check CHECK ((direction = ANY (ARRAY['follows'::text, 'followed-by'::text])))
);

CREATE SEQUENCE public.severed_follows_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.severed_follows_id_seq OWNED BY public.severed_follows.id;

CREATE TABLE public.signs_of_life (
    one boolean DEFAULT true NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT signs_of_life_one_check CHECK (one)
);

CREATE TABLE public.stewards (
    community_id bigint NOT NULL,
    actor_id bigint NOT NULL,
    since timestamp with time zone NOT NULL
);

CREATE TABLE public.stream (
    id bigint NOT NULL,
    kind text NOT NULL,
    post_id bigint,
    notification_id bigint,
    member_id bigint,
    at timestamp with time zone NOT NULL,
    announcement_id bigint,
    emoji text,
    CONSTRAINT stream_kind_check CHECK ((kind = ANY (ARRAY['posted'::text, 'edited'::text, 'deleted'::text, 'notified'::text, 'announced'::text, 'unannounced'::text, 'reacted'::text])))
);

ALTER TABLE public.stream ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.stream_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.throttles (
    key text NOT NULL,
    hits integer NOT NULL,
    window_ends timestamp with time zone NOT NULL
);

CREATE TABLE public.tokens (
    id bigint NOT NULL,
    token_hash bytea NOT NULL,
    app_id bigint NOT NULL,
    member_id bigint,
    scopes text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

CREATE TABLE public.tombstones (
    uri text NOT NULL,
    actor_uri text NOT NULL,
    deleted_at timestamp with time zone NOT NULL
);

CREATE TABLE public.topics (
    community_id bigint NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    "position" integer NOT NULL
);

CREATE TABLE public.trend_days (
    kind text NOT NULL,
    subject text NOT NULL,
    day date NOT NULL,
    uses integer NOT NULL,
    people integer NOT NULL
);

CREATE TABLE public.trending (
    one boolean DEFAULT true NOT NULL,
    is_on boolean NOT NULL,
    CONSTRAINT trending_one_check CHECK (one)
);

CREATE TABLE public.trends (
    kind text NOT NULL,
    subject text NOT NULL,
    place integer NOT NULL,
    name text DEFAULT ''::text NOT NULL,
    url text DEFAULT ''::text NOT NULL,
    post_id bigint,
    CONSTRAINT trends_check CHECK (((kind = 'post'::text) = (post_id IS NOT NULL))),
    CONSTRAINT trends_kind_check CHECK ((kind = ANY (ARRAY['hashtag'::text, 'post'::text, 'link'::text])))
);

CREATE TABLE public.undone_marks (
    uri text NOT NULL,
    actor_uri text NOT NULL,
    undone_at timestamp with time zone NOT NULL
);

ALTER TABLE ONLY public.audit_events ALTER COLUMN id SET DEFAULT nextval('public.audit_events_id_seq'::regclass);

ALTER TABLE ONLY public.deliveries ALTER COLUMN id SET DEFAULT nextval('public.deliveries_id_seq'::regclass);

ALTER TABLE ONLY public.inbox_events ALTER COLUMN id SET DEFAULT nextval('public.inbox_events_id_seq'::regclass);

ALTER TABLE ONLY public.notifications ALTER COLUMN id SET DEFAULT nextval('public.notifications_id_seq'::regclass);

ALTER TABLE ONLY public.severed_follows ALTER COLUMN id SET DEFAULT nextval('public.severed_follows_id_seq'::regclass);

ALTER TABLE ONLY public.accepted_answers
    ADD CONSTRAINT accepted_answers_pkey PRIMARY KEY (question_id, answer_id);

ALTER TABLE ONLY public.account_jobs
    ADD CONSTRAINT account_jobs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.actor_details
    ADD CONSTRAINT actor_details_pkey PRIMARY KEY (actor_id);

ALTER TABLE ONLY public.actor_keys
    ADD CONSTRAINT actor_keys_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY public.actors
    ADD CONSTRAINT actors_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.actors
    ADD CONSTRAINT actors_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.addressees
    ADD CONSTRAINT addressees_pkey PRIMARY KEY (post_id, actor_id);

ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT agencies_id_key UNIQUE (id);

ALTER TABLE ONLY public.agencies
    ADD CONSTRAINT agencies_pkey PRIMARY KEY (host);

ALTER TABLE ONLY public.announcement_dismissals
    ADD CONSTRAINT announcement_dismissals_pkey PRIMARY KEY (announcement_id, member_id);

ALTER TABLE ONLY public.announcement_reactions
    ADD CONSTRAINT announcement_reactions_pkey PRIMARY KEY (announcement_id, member_id, name);

ALTER TABLE ONLY public.announcements
    ADD CONSTRAINT announcements_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_client_id_key UNIQUE (client_id);

ALTER TABLE ONLY public.apps
    ADD CONSTRAINT apps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.audit_events
    ADD CONSTRAINT audit_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.authorizations
    ADD CONSTRAINT authorizations_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.backfills
    ADD CONSTRAINT backfills_pkey PRIMARY KEY (community_id);

ALTER TABLE ONLY public.blobs
    ADD CONSTRAINT blobs_pkey PRIMARY KEY (hash);

ALTER TABLE ONLY public.bookmarks
    ADD CONSTRAINT bookmarks_pkey PRIMARY KEY (member_id, post_id);

ALTER TABLE ONLY public.boosts
    ADD CONSTRAINT boosts_pkey PRIMARY KEY (uri);

ALTER TABLE ONLY public.boosts
    ADD CONSTRAINT boosts_post_id_actor_id_key UNIQUE (post_id, actor_id);

ALTER TABLE ONLY public.communities
    ADD CONSTRAINT communities_pkey PRIMARY KEY (actor_id);

ALTER TABLE ONLY public.community_feeds
    ADD CONSTRAINT community_feeds_pkey PRIMARY KEY (actor_id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (member_id, root_id);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_activity_id_inbox_key UNIQUE (activity_id, inbox);

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.dismissed_suggestions
    ADD CONSTRAINT dismissed_suggestions_pkey PRIMARY KEY (member_id, actor_id);

ALTER TABLE ONLY public.endorsements
    ADD CONSTRAINT endorsements_pkey PRIMARY KEY (member_id, actor_id);

ALTER TABLE ONLY public.featured_hashtags
    ADD CONSTRAINT featured_hashtags_id_key UNIQUE (id);

ALTER TABLE ONLY public.featured_hashtags
    ADD CONSTRAINT featured_hashtags_pkey PRIMARY KEY (member_id, slug);

ALTER TABLE ONLY public.feed_curators
    ADD CONSTRAINT feed_curators_pkey PRIMARY KEY (feed_id, actor_id);

ALTER TABLE ONLY public.feed_entries
    ADD CONSTRAINT feed_entries_pkey PRIMARY KEY (feed_id, uri);

ALTER TABLE ONLY public.feed_joins
    ADD CONSTRAINT feed_joins_pkey PRIMARY KEY (feed_id, member_id, community_id);

ALTER TABLE ONLY public.fill_origins
    ADD CONSTRAINT fill_origins_pkey PRIMARY KEY (origin);

ALTER TABLE ONLY public.fills
    ADD CONSTRAINT fills_pkey PRIMARY KEY (root_uri);

ALTER TABLE ONLY public.filter_keywords
    ADD CONSTRAINT filter_keywords_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.filter_posts
    ADD CONSTRAINT filter_posts_filter_id_post_id_key UNIQUE (filter_id, post_id);

ALTER TABLE ONLY public.filter_posts
    ADD CONSTRAINT filter_posts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.filters
    ADD CONSTRAINT filters_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.followed_hashtags
    ADD CONSTRAINT followed_hashtags_pkey PRIMARY KEY (member_id, slug);

ALTER TABLE ONLY public.follower_claims
    ADD CONSTRAINT follower_claims_pkey PRIMARY KEY (actor_uri);

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_pkey PRIMARY KEY (follower_id, target_id);

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.gone_inboxes
    ADD CONSTRAINT gone_inboxes_pkey PRIMARY KEY (inbox);

ALTER TABLE ONLY public.inbox_events
    ADD CONSTRAINT inbox_events_actor_uri_activity_uri_key UNIQUE (actor_uri, activity_uri);

ALTER TABLE ONLY public.inbox_events
    ADD CONSTRAINT inbox_events_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inbox_events
    ADD CONSTRAINT inbox_events_signature_hash_key UNIQUE (signature_hash);

ALTER TABLE ONLY public.instance_texts
    ADD CONSTRAINT instance_texts_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (code_hash);

ALTER TABLE ONLY public.key_refusals
    ADD CONSTRAINT key_refusals_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY public.knocks
    ADD CONSTRAINT knocks_pkey PRIMARY KEY (origin);

ALTER TABLE ONLY public.list_entries
    ADD CONSTRAINT list_entries_pkey PRIMARY KEY (list_id, actor_id);

ALTER TABLE ONLY public.listed_pages
    ADD CONSTRAINT listed_pages_pkey PRIMARY KEY (community_id, page);

ALTER TABLE ONLY public.lists
    ADD CONSTRAINT lists_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_pkey PRIMARY KEY (member_id, timeline);

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_pkey PRIMARY KEY (actor_id, post_id);

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_key_key UNIQUE (key);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (actor_id);

ALTER TABLE ONLY public.moves
    ADD CONSTRAINT moves_pkey PRIMARY KEY (old_id, moved_at);

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_pkey PRIMARY KEY (member_id, actor_id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_member_id_kind_actor_id_subject_key UNIQUE (member_id, kind, actor_id, subject);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.once
    ADD CONSTRAINT once_pkey PRIMARY KEY (member_id, key);

ALTER TABLE ONLY public.originals
    ADD CONSTRAINT originals_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY public.origins
    ADD CONSTRAINT origins_pkey PRIMARY KEY (origin);

ALTER TABLE ONLY public.personal_blocks
    ADD CONSTRAINT personal_blocks_pkey PRIMARY KEY (member_id, actor_id);

ALTER TABLE ONLY public.personal_domain_blocks
    ADD CONSTRAINT personal_domain_blocks_pkey PRIMARY KEY (member_id, domain);

ALTER TABLE ONLY public.pinned_posts
    ADD CONSTRAINT pinned_posts_pkey PRIMARY KEY (author_id, post_id);

ALTER TABLE ONLY public.poll_choices
    ADD CONSTRAINT poll_choices_pkey PRIMARY KEY (post_id, "position");

ALTER TABLE ONLY public.poll_choices
    ADD CONSTRAINT poll_choices_post_id_name_key UNIQUE (post_id, name);

ALTER TABLE ONLY public.poll_votes
    ADD CONSTRAINT poll_votes_pkey PRIMARY KEY (post_id, actor_id, "position");

ALTER TABLE ONLY public.polls
    ADD CONSTRAINT polls_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY public.portraits
    ADD CONSTRAINT portraits_key_key UNIQUE (key);

ALTER TABLE ONLY public.portraits
    ADD CONSTRAINT portraits_pkey PRIMARY KEY (actor_id, kind);

ALTER TABLE ONLY public.post_links
    ADD CONSTRAINT post_links_pkey PRIMARY KEY (post_id, key);

ALTER TABLE ONLY public.post_words
    ADD CONSTRAINT post_words_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.private_notes
    ADD CONSTRAINT private_notes_pkey PRIMARY KEY (member_id, actor_id);

ALTER TABLE ONLY public.push_subscriptions
    ADD CONSTRAINT push_subscriptions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.push_subscriptions
    ADD CONSTRAINT push_subscriptions_token_id_key UNIQUE (token_id);

ALTER TABLE ONLY public.pushes
    ADD CONSTRAINT pushes_notification_id_subscription_id_key UNIQUE (notification_id, subscription_id);

ALTER TABLE ONLY public.pushes
    ADD CONSTRAINT pushes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quiet_threads
    ADD CONSTRAINT quiet_threads_pkey PRIMARY KEY (member_id, root_id);

ALTER TABLE ONLY public.quote_stamps
    ADD CONSTRAINT quote_stamps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.quote_stamps
    ADD CONSTRAINT quote_stamps_quoted_id_quoting_uri_key UNIQUE (quoted_id, quoting_uri);

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_pkey PRIMARY KEY (actor_id, post_id, content);

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.recognitions
    ADD CONSTRAINT recognitions_issuer_id_status_index_key UNIQUE (issuer_id, status_index);

ALTER TABLE ONLY public.recognitions
    ADD CONSTRAINT recognitions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.recognitions
    ADD CONSTRAINT recognitions_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.reconciliations
    ADD CONSTRAINT reconciliations_pkey PRIMARY KEY (host);

ALTER TABLE ONLY public.remote_media
    ADD CONSTRAINT remote_media_pkey PRIMARY KEY (url_hash);

ALTER TABLE ONLY public.removed_posts
    ADD CONSTRAINT removed_posts_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_uri_key UNIQUE (uri);

ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT revisions_pkey PRIMARY KEY (post_id, number);

ALTER TABLE ONLY public.rules
    ADD CONSTRAINT rules_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.scheduled_posts
    ADD CONSTRAINT scheduled_posts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.seen_pages
    ADD CONSTRAINT seen_pages_pkey PRIMARY KEY (page);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.severed_follows
    ADD CONSTRAINT severed_follows_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.signs_of_life
    ADD CONSTRAINT signs_of_life_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.stewards
    ADD CONSTRAINT stewards_pkey PRIMARY KEY (community_id, actor_id);

ALTER TABLE ONLY public.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.throttles
    ADD CONSTRAINT throttles_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (uri);

ALTER TABLE ONLY public.topics
    ADD CONSTRAINT topics_pkey PRIMARY KEY (community_id, slug);

ALTER TABLE ONLY public.trend_days
    ADD CONSTRAINT trend_days_pkey PRIMARY KEY (kind, subject, day);

ALTER TABLE ONLY public.trending
    ADD CONSTRAINT trending_pkey PRIMARY KEY (one);

ALTER TABLE ONLY public.trends
    ADD CONSTRAINT trends_pkey PRIMARY KEY (kind, subject);

ALTER TABLE ONLY public.undone_marks
    ADD CONSTRAINT undone_marks_pkey PRIMARY KEY (uri, actor_uri);

CREATE INDEX account_jobs_by_member ON public.account_jobs USING btree (member_id, kind, id DESC);

CREATE INDEX account_jobs_due ON public.account_jobs USING btree (due_at) WHERE (state = 'waiting'::text);

CREATE UNIQUE INDEX account_jobs_once ON public.account_jobs USING btree (member_id, kind) WHERE (state = 'waiting'::text);

CREATE INDEX activities_by_actor ON public.activities USING btree (actor_id, id DESC);

CREATE INDEX activities_by_post ON public.activities USING btree (post_id);

CREATE INDEX actor_keys_by_actor ON public.actor_keys USING btree (actor_id);

CREATE INDEX actor_keys_ending ON public.actor_keys USING btree (ends_at) WHERE (ends_at IS NOT NULL);

CREATE INDEX actors_by_handle ON public.actors USING btree (host, name);

CREATE INDEX actors_by_word ON public.actors USING gin (words);

CREATE UNIQUE INDEX actors_local_name ON public.actors USING btree (name) WHERE local;

CREATE INDEX addressees_by_actor ON public.addressees USING btree (actor_id, post_id);

CREATE INDEX agencies_by_state ON public.agencies USING btree (state, host);

CREATE INDEX announcement_dismissals_by_member ON public.announcement_dismissals USING btree (member_id);

CREATE INDEX announcement_reactions_by_member ON public.announcement_reactions USING btree (member_id);

CREATE INDEX announcements_published ON public.announcements USING btree (published_at) WHERE (published_at IS NOT NULL);

CREATE INDEX authorizations_by_member ON public.authorizations USING btree (member_id);

CREATE INDEX authorizations_by_token ON public.authorizations USING btree (token_id);

CREATE INDEX authorizations_expire ON public.authorizations USING btree (expires_at);

CREATE INDEX backfills_waiting ON public.backfills USING btree (origin) WHERE (state = 'waiting'::text);

CREATE UNIQUE INDEX bookmarks_latest ON public.bookmarks USING btree (member_id, id DESC);

CREATE INDEX boosts_by_actor ON public.boosts USING btree (actor_id, id DESC);

CREATE UNIQUE INDEX boosts_by_id ON public.boosts USING btree (id);

CREATE INDEX community_feeds_due ON public.community_feeds USING btree (due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX conversations_latest ON public.conversations USING btree (member_id, last_id DESC);

CREATE INDEX deliveries_by_age ON public.deliveries USING btree (enqueued_at) WHERE (state = 'waiting'::text);

CREATE INDEX deliveries_by_host ON public.deliveries USING btree (host) WHERE (state = 'waiting'::text);

CREATE INDEX deliveries_by_lane ON public.deliveries USING btree (origin, lane, id) WHERE (state = 'waiting'::text);

CREATE INDEX deliveries_expired ON public.deliveries USING btree (origin, host) WHERE (state = 'expired'::text);

CREATE INDEX deliveries_leased ON public.deliveries USING btree (origin, next_at) WHERE (place = 'leased'::text);

CREATE INDEX deliveries_new ON public.deliveries USING btree (id) WHERE (place = 'new'::text);

CREATE INDEX deliveries_ready ON public.deliveries USING btree (origin, next_at, id) WHERE (place = ANY (ARRAY['first'::text, 'leased'::text]));

CREATE UNIQUE INDEX endorsements_latest ON public.endorsements USING btree (member_id, id DESC);

CREATE INDEX feed_curators_by_actor ON public.feed_curators USING btree (actor_id);

CREATE INDEX feed_entries_by_community ON public.feed_entries USING btree (community_id);

CREATE INDEX feed_entries_by_uri ON public.feed_entries USING btree (uri) WHERE (community_id IS NULL);

CREATE INDEX feed_joins_by_member ON public.feed_joins USING btree (member_id);

CREATE INDEX fill_origins_due ON public.fill_origins USING btree (due_at);

CREATE INDEX fills_by_community ON public.fills USING btree (community_id, state);

CREATE INDEX fills_waiting ON public.fills USING btree (origin, place, asked_at, root_uri) WHERE (state = 'waiting'::text);

CREATE INDEX filter_keywords_by_filter ON public.filter_keywords USING btree (filter_id, id);

CREATE INDEX filters_by_member ON public.filters USING btree (member_id, id);

CREATE UNIQUE INDEX followed_hashtags_latest ON public.followed_hashtags USING btree (member_id, id DESC);

CREATE INDEX follower_claims_by_age ON public.follower_claims USING btree (told_at);

CREATE INDEX follower_claims_differing ON public.follower_claims USING btree (host, told_at) WHERE (state = 'differs'::text);

CREATE INDEX follower_claims_waiting ON public.follower_claims USING btree (told_at) WHERE (state = 'waiting'::text);

CREATE INDEX follows_by_target ON public.follows USING btree (target_id, state, asked_at);

CREATE INDEX follows_ending ON public.follows USING btree (until) WHERE (until IS NOT NULL);

CREATE INDEX inbox_events_by_age ON public.inbox_events USING btree (received_at);

CREATE INDEX inbox_events_lines ON public.inbox_events USING btree (actor_uri, id) WHERE ((state = 'waiting'::text) AND (attempts = 0));

CREATE INDEX inbox_events_retries ON public.inbox_events USING btree (next_at) WHERE ((state = 'waiting'::text) AND (attempts > 0));

CREATE INDEX inbox_events_waiting ON public.inbox_events USING btree (id) WHERE (state = 'waiting'::text);

CREATE INDEX key_refusals_by_age ON public.key_refusals USING btree (until);

CREATE INDEX knocks_by_age ON public.knocks USING btree (learned_at);

CREATE INDEX list_entries_by_actor ON public.list_entries USING btree (actor_id);

CREATE UNIQUE INDEX list_entries_latest ON public.list_entries USING btree (list_id, id DESC);

CREATE INDEX lists_by_member ON public.lists USING btree (member_id, id);

CREATE INDEX marks_by_post ON public.marks USING btree (post_id, given_at);

CREATE INDEX media_by_hash ON public.media USING btree (hash);

CREATE INDEX media_by_member ON public.media USING btree (member_id);

CREATE INDEX media_by_post ON public.media USING btree (post_id, place) WHERE (post_id IS NOT NULL);

CREATE INDEX media_by_preview ON public.media USING btree (preview_hash) WHERE (preview_hash IS NOT NULL);

CREATE INDEX media_by_scheduled ON public.media USING btree (scheduled_id, place) WHERE (scheduled_id IS NOT NULL);

CREATE INDEX media_unattached ON public.media USING btree (created_at) WHERE (post_id IS NULL);

CREATE INDEX moves_by_new ON public.moves USING btree (new_id, moved_at);

CREATE INDEX mutes_end ON public.mutes USING btree (until) WHERE (until IS NOT NULL);

CREATE UNIQUE INDEX mutes_latest ON public.mutes USING btree (member_id, id DESC);

CREATE INDEX notifications_by_member ON public.notifications USING btree (member_id, id DESC);

CREATE INDEX once_by_age ON public.once USING btree (done_at);

CREATE INDEX origins_due ON public.origins USING btree (due_at) WHERE (failing_since IS NULL);

CREATE INDEX origins_failing_due ON public.origins USING btree (due_at) WHERE (failing_since IS NOT NULL);

CREATE UNIQUE INDEX personal_blocks_latest ON public.personal_blocks USING btree (member_id, id DESC);

CREATE UNIQUE INDEX personal_domain_blocks_latest ON public.personal_domain_blocks USING btree (member_id, id DESC);

CREATE INDEX pinned_posts_by_post ON public.pinned_posts USING btree (post_id);

CREATE UNIQUE INDEX pinned_posts_latest ON public.pinned_posts USING btree (author_id, id DESC);

CREATE INDEX poll_votes_by_actor ON public.poll_votes USING btree (actor_id);

CREATE INDEX polls_due ON public.polls USING btree (told_at) WHERE (is_due AND (settled_at IS NULL));

CREATE INDEX polls_unsettled ON public.polls USING btree (LEAST(closes_at, closed_at)) WHERE (settled_at IS NULL);

CREATE INDEX portraits_by_hash ON public.portraits USING btree (hash);

CREATE INDEX post_links_by_key ON public.post_links USING btree (key, post_id DESC);

CREATE INDEX post_words_by_word ON public.post_words USING gin (words) WITH (gin_pending_list_limit='256');

CREATE INDEX posts_archive ON public.posts USING btree (community_id, published_at, id) WHERE (parent_id IS NULL);

CREATE INDEX posts_author_by_id ON public.posts USING btree (author_id, id DESC);

CREATE INDEX posts_by_author ON public.posts USING btree (author_id, published_at DESC);

CREATE INDEX posts_by_context ON public.posts USING btree (context) WHERE (parent_id IS NULL);

CREATE INDEX posts_by_hashtag ON public.posts USING gin (((carried -> 'hashtags'::text)) jsonb_path_ops);

CREATE INDEX posts_by_parent ON public.posts USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX posts_by_quote_request ON public.posts USING btree (quote_request) WHERE (quote_request IS NOT NULL);

CREATE INDEX posts_by_quote_stamp ON public.posts USING btree (quote_stamp) WHERE (quote_stamp IS NOT NULL);

CREATE INDEX posts_by_root ON public.posts USING btree (root_id, published_at, uri);

CREATE INDEX posts_recent ON public.posts USING btree (active_at DESC, id DESC) WHERE (parent_id IS NULL);

CREATE INDEX posts_roots_by_author ON public.posts USING btree (author_id, id DESC) WHERE (parent_id IS NULL);

CREATE INDEX posts_roots_by_id ON public.posts USING btree (community_id, id DESC) WHERE (parent_id IS NULL);

CREATE INDEX posts_threads ON public.posts USING btree (community_id, active_at DESC, id DESC) WHERE (parent_id IS NULL);

CREATE INDEX posts_unanswered ON public.posts USING btree (community_id, published_at DESC) WHERE ((kind = 'question'::text) AND (answers = 0) AND (deleted_at IS NULL));

CREATE INDEX pushes_by_subscription ON public.pushes USING btree (subscription_id);

CREATE INDEX pushes_due ON public.pushes USING btree (due_at, id);

CREATE INDEX reactions_by_post ON public.reactions USING btree (post_id);

CREATE INDEX recognitions_of_person ON public.recognitions USING btree (person_id, id DESC);

CREATE UNIQUE INDEX recognitions_once ON public.recognitions USING btree (issuer_id, person_id, name) WHERE ((withdrawn_at IS NULL) AND (name <> ''::text));

CREATE INDEX reconciliations_due ON public.reconciliations USING btree (due_at);

CREATE INDEX remote_media_by_use ON public.remote_media USING btree (used_at);

CREATE INDEX reports_by_target ON public.reports USING btree (target_id, id DESC);

CREATE UNIQUE INDEX reports_once ON public.reports USING btree (reporter_id, post_id) WHERE (closed_at IS NULL);

CREATE INDEX reports_open ON public.reports USING btree (opened_at DESC) WHERE (closed_at IS NULL);

CREATE INDEX scheduled_posts_by_member ON public.scheduled_posts USING btree (member_id, id DESC);

CREATE INDEX scheduled_posts_due ON public.scheduled_posts USING btree (due_at, id) WHERE (refused_at IS NULL);

CREATE UNIQUE INDEX scheduled_posts_once ON public.scheduled_posts USING btree (member_id, key) WHERE (key IS NOT NULL);

CREATE INDEX seen_pages_by_community ON public.seen_pages USING btree (community_id);

CREATE INDEX sessions_by_expiry ON public.sessions USING btree (expires_at);

CREATE INDEX sessions_by_member ON public.sessions USING btree (member_id, seen_at);

CREATE INDEX severed_follows_by_member ON public.severed_follows USING btree (member_id, id DESC);

CREATE INDEX stewards_by_actor ON public.stewards USING btree (actor_id);

CREATE INDEX stream_by_age ON public.stream USING btree (at);

CREATE INDEX throttles_by_end ON public.throttles USING btree (window_ends);

CREATE INDEX tokens_by_member ON public.tokens USING btree (member_id, seen_at DESC);

CREATE INDEX tokens_seen ON public.tokens USING btree (seen_at);

CREATE UNIQUE INDEX trends_in_order ON public.trends USING btree (kind, place);

CREATE INDEX undone_marks_by_age ON public.undone_marks USING btree (undone_at);

CREATE TRIGGER posts_change_links AFTER UPDATE OF html ON public.posts FOR EACH ROW WHEN ((old.html IS DISTINCT FROM new.html)) EXECUTE FUNCTION public.change_links();

CREATE TRIGGER posts_change_words AFTER UPDATE OF language, title, text, carried ON public.posts FOR EACH ROW WHEN (((((old.language IS DISTINCT FROM new.language) OR (old.title IS DISTINCT FROM new.title)) OR (old.text IS DISTINCT FROM new.text)) OR (old.carried IS DISTINCT FROM new.carried))) EXECUTE FUNCTION public.change_words();

CREATE TRIGGER posts_keep_links AFTER INSERT ON public.posts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.keep_links();

CREATE TRIGGER posts_keep_words AFTER INSERT ON public.posts REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION public.keep_words();

ALTER TABLE ONLY public.accepted_answers
    ADD CONSTRAINT accepted_answers_answer_id_fkey FOREIGN KEY (answer_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.accepted_answers
    ADD CONSTRAINT accepted_answers_chosen_by_fkey FOREIGN KEY (chosen_by) REFERENCES public.actors(id);

ALTER TABLE ONLY public.accepted_answers
    ADD CONSTRAINT accepted_answers_question_id_fkey FOREIGN KEY (question_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.account_jobs
    ADD CONSTRAINT account_jobs_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.actor_details
    ADD CONSTRAINT actor_details_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.actor_keys
    ADD CONSTRAINT actor_keys_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.addressees
    ADD CONSTRAINT addressees_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.addressees
    ADD CONSTRAINT addressees_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.announcement_dismissals
    ADD CONSTRAINT announcement_dismissals_announcement_id_fkey FOREIGN KEY (announcement_id) REFERENCES public.announcements(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.announcement_dismissals
    ADD CONSTRAINT announcement_dismissals_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.announcement_reactions
    ADD CONSTRAINT announcement_reactions_announcement_id_fkey FOREIGN KEY (announcement_id) REFERENCES public.announcements(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.announcement_reactions
    ADD CONSTRAINT announcement_reactions_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authorizations
    ADD CONSTRAINT authorizations_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authorizations
    ADD CONSTRAINT authorizations_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.authorizations
    ADD CONSTRAINT authorizations_token_id_fkey FOREIGN KEY (token_id) REFERENCES public.tokens(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.backfills
    ADD CONSTRAINT backfills_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.bookmarks
    ADD CONSTRAINT bookmarks_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.bookmarks
    ADD CONSTRAINT bookmarks_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.boosts
    ADD CONSTRAINT boosts_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.boosts
    ADD CONSTRAINT boosts_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.communities
    ADD CONSTRAINT communities_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.community_feeds
    ADD CONSTRAINT community_feeds_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_root_id_fkey FOREIGN KEY (root_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.deliveries
    ADD CONSTRAINT deliveries_activity_id_fkey FOREIGN KEY (activity_id) REFERENCES public.activities(id);

ALTER TABLE ONLY public.dismissed_suggestions
    ADD CONSTRAINT dismissed_suggestions_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.dismissed_suggestions
    ADD CONSTRAINT dismissed_suggestions_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.endorsements
    ADD CONSTRAINT endorsements_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.endorsements
    ADD CONSTRAINT endorsements_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.featured_hashtags
    ADD CONSTRAINT featured_hashtags_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_curators
    ADD CONSTRAINT feed_curators_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.feed_curators
    ADD CONSTRAINT feed_curators_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.community_feeds(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_entries
    ADD CONSTRAINT feed_entries_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.feed_entries
    ADD CONSTRAINT feed_entries_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.community_feeds(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_joins
    ADD CONSTRAINT feed_joins_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.feed_joins
    ADD CONSTRAINT feed_joins_feed_id_fkey FOREIGN KEY (feed_id) REFERENCES public.community_feeds(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.feed_joins
    ADD CONSTRAINT feed_joins_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.fills
    ADD CONSTRAINT fills_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.filter_keywords
    ADD CONSTRAINT filter_keywords_filter_id_fkey FOREIGN KEY (filter_id) REFERENCES public.filters(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.filter_posts
    ADD CONSTRAINT filter_posts_filter_id_fkey FOREIGN KEY (filter_id) REFERENCES public.filters(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.filter_posts
    ADD CONSTRAINT filter_posts_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.filters
    ADD CONSTRAINT filters_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.followed_hashtags
    ADD CONSTRAINT followed_hashtags_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_follower_id_fkey FOREIGN KEY (follower_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_made_by_fkey FOREIGN KEY (made_by) REFERENCES public.members(actor_id);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_used_by_fkey FOREIGN KEY (used_by) REFERENCES public.members(actor_id);

ALTER TABLE ONLY public.list_entries
    ADD CONSTRAINT list_entries_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.list_entries
    ADD CONSTRAINT list_entries_list_id_fkey FOREIGN KEY (list_id) REFERENCES public.lists(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.listed_pages
    ADD CONSTRAINT listed_pages_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.backfills(community_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.lists
    ADD CONSTRAINT lists_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.markers
    ADD CONSTRAINT markers_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.marks
    ADD CONSTRAINT marks_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_hash_fkey FOREIGN KEY (hash) REFERENCES public.blobs(hash);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_preview_hash_fkey FOREIGN KEY (preview_hash) REFERENCES public.blobs(hash);

ALTER TABLE ONLY public.media
    ADD CONSTRAINT media_scheduled_id_fkey FOREIGN KEY (scheduled_id) REFERENCES public.scheduled_posts(id) ON DELETE SET NULL;

ALTER TABLE ONLY public.members
    ADD CONSTRAINT members_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.moves
    ADD CONSTRAINT moves_new_id_fkey FOREIGN KEY (new_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.moves
    ADD CONSTRAINT moves_old_id_fkey FOREIGN KEY (old_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.once
    ADD CONSTRAINT once_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.once
    ADD CONSTRAINT once_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.originals
    ADD CONSTRAINT originals_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.personal_blocks
    ADD CONSTRAINT personal_blocks_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.personal_blocks
    ADD CONSTRAINT personal_blocks_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.personal_domain_blocks
    ADD CONSTRAINT personal_domain_blocks_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pinned_posts
    ADD CONSTRAINT pinned_posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.pinned_posts
    ADD CONSTRAINT pinned_posts_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.poll_choices
    ADD CONSTRAINT poll_choices_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.polls(post_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.poll_votes
    ADD CONSTRAINT poll_votes_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.poll_votes
    ADD CONSTRAINT poll_votes_post_id_position_fkey FOREIGN KEY (post_id, "position") REFERENCES public.poll_choices(post_id, "position") ON DELETE CASCADE;

ALTER TABLE ONLY public.polls
    ADD CONSTRAINT polls_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.portraits
    ADD CONSTRAINT portraits_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.portraits
    ADD CONSTRAINT portraits_hash_fkey FOREIGN KEY (hash) REFERENCES public.blobs(hash);

ALTER TABLE ONLY public.post_links
    ADD CONSTRAINT post_links_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.post_words
    ADD CONSTRAINT post_words_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_author_id_fkey FOREIGN KEY (author_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.posts
    ADD CONSTRAINT posts_root_id_fkey FOREIGN KEY (root_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.private_notes
    ADD CONSTRAINT private_notes_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.private_notes
    ADD CONSTRAINT private_notes_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.push_subscriptions
    ADD CONSTRAINT push_subscriptions_token_id_fkey FOREIGN KEY (token_id) REFERENCES public.tokens(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pushes
    ADD CONSTRAINT pushes_notification_id_fkey FOREIGN KEY (notification_id) REFERENCES public.notifications(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.pushes
    ADD CONSTRAINT pushes_subscription_id_fkey FOREIGN KEY (subscription_id) REFERENCES public.push_subscriptions(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.quiet_threads
    ADD CONSTRAINT quiet_threads_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.quiet_threads
    ADD CONSTRAINT quiet_threads_root_id_fkey FOREIGN KEY (root_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.quote_stamps
    ADD CONSTRAINT quote_stamps_given_to_fkey FOREIGN KEY (given_to) REFERENCES public.actors(id);

ALTER TABLE ONLY public.quote_stamps
    ADD CONSTRAINT quote_stamps_quoted_id_fkey FOREIGN KEY (quoted_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.reactions
    ADD CONSTRAINT reactions_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.recognitions
    ADD CONSTRAINT recognitions_issuer_id_fkey FOREIGN KEY (issuer_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.recognitions
    ADD CONSTRAINT recognitions_person_id_fkey FOREIGN KEY (person_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.recognitions
    ADD CONSTRAINT recognitions_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.removed_posts
    ADD CONSTRAINT removed_posts_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_assigned_to_fkey FOREIGN KEY (assigned_to) REFERENCES public.members(actor_id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_closed_by_fkey FOREIGN KEY (closed_by) REFERENCES public.members(actor_id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_reporter_id_fkey FOREIGN KEY (reporter_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_target_id_fkey FOREIGN KEY (target_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.revisions
    ADD CONSTRAINT revisions_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

ALTER TABLE ONLY public.scheduled_posts
    ADD CONSTRAINT scheduled_posts_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.seen_pages
    ADD CONSTRAINT seen_pages_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.backfills(community_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.severed_follows
    ADD CONSTRAINT severed_follows_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.severed_follows
    ADD CONSTRAINT severed_follows_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.stewards
    ADD CONSTRAINT stewards_actor_id_fkey FOREIGN KEY (actor_id) REFERENCES public.actors(id);

ALTER TABLE ONLY public.stewards
    ADD CONSTRAINT stewards_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_app_id_fkey FOREIGN KEY (app_id) REFERENCES public.apps(id) ON DELETE CASCADE;

ALTER TABLE ONLY public.tokens
    ADD CONSTRAINT tokens_member_id_fkey FOREIGN KEY (member_id) REFERENCES public.members(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.topics
    ADD CONSTRAINT topics_community_id_fkey FOREIGN KEY (community_id) REFERENCES public.communities(actor_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.trend_days
    ADD CONSTRAINT trend_days_kind_subject_fkey FOREIGN KEY (kind, subject) REFERENCES public.trends(kind, subject) ON DELETE CASCADE;

ALTER TABLE ONLY public.trends
    ADD CONSTRAINT trends_post_id_fkey FOREIGN KEY (post_id) REFERENCES public.posts(id);

GRANT USAGE ON SCHEMA public TO commonlore_app;
GRANT USAGE ON SCHEMA public TO commonlore_audit;

GRANT SELECT ON TABLE public.audit_events TO commonlore_app;
GRANT SELECT,INSERT ON TABLE public.audit_events TO commonlore_audit;

REVOKE ALL ON FUNCTION public.append_audit(happened_at timestamp with time zone, actor text, act text, object text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.append_audit(happened_at timestamp with time zone, actor text, act text, object text, reason text) TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.accepted_answers TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.account_jobs TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.activities TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.actor_details TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.actor_keys TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.actors TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.addressees TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.agencies TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.agencies_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.announcement_dismissals TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.announcement_reactions TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.announcements TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.apps TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.audit_events_id_seq TO commonlore_app;
GRANT USAGE ON SEQUENCE public.audit_events_id_seq TO commonlore_audit;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.authorizations TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.backfills TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.blobs TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.bookmarks TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.boosts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.communities TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.community_feeds TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversations TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deliveries TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.deliveries_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.dismissed_suggestions TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.endorsements TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.featured_hashtags TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feed_curators TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feed_entries TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.feed_joins TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fill_origins TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.fills TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.filter_keywords TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.filter_posts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.filters TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.followed_hashtags TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.follower_claims TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.follows TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.gone_inboxes TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox_events TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.inbox_events_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.instance_texts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.invitations TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.key_refusals TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.knocks TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.list_entries TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.listed_pages TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.lists TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.markers TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.marks TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.media TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.members TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.moves TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.mutes TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notifications TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.notifications_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.once TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.originals TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.origins TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.personal_blocks TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.personal_domain_blocks TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pinned_posts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.poll_choices TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.poll_votes TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.polls TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.portraits TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.post_links TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.post_words TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.posts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.private_notes TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.process_numbers TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.push_subscriptions TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.push_subscriptions_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.pushes TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.pushes_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.quiet_threads TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.quote_stamps TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reactions TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.recognitions TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reconciliations TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.remote_media TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.removed_posts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.reports TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.revisions TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rules TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.rules_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.scheduled_posts TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.secrets TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.seen_pages TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sessions TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.severed_follows TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.severed_follows_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.signs_of_life TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stewards TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.stream TO commonlore_app;

GRANT SELECT,USAGE ON SEQUENCE public.stream_id_seq TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.throttles TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tokens TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.tombstones TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.topics TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trend_days TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trending TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.trends TO commonlore_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.undone_marks TO commonlore_app;
