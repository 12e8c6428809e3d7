-- Filters of members: posts by words or one by one, folded or left out, where and until when.
CREATE TABLE filters (
    id bigint PRIMARY KEY,
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    title text NOT NULL CHECK (title <> ''),
    contexts text[] NOT NULL CHECK (
        cardinality(contexts) > 0
        AND contexts <@ ARRAY['home', 'notifications', 'public', 'thread', 'account']
    ),
    action text NOT NULL CHECK (action IN ('warn', 'hide', 'blur')),
    expires_at timestamptz
);
CREATE INDEX filters_by_member ON filters (member_id, id);

CREATE TABLE filter_keywords (
    id bigint PRIMARY KEY,
    filter_id bigint NOT NULL REFERENCES filters ON DELETE CASCADE,
    keyword text NOT NULL CHECK (keyword <> ''),
    whole_word boolean NOT NULL
);
CREATE INDEX filter_keywords_by_filter ON filter_keywords (filter_id, id);

CREATE TABLE filter_posts (
    id bigint PRIMARY KEY,
    filter_id bigint NOT NULL REFERENCES filters ON DELETE CASCADE,
    post_id bigint NOT NULL REFERENCES posts,
    UNIQUE (filter_id, post_id)
);
