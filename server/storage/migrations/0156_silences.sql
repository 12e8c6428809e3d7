-- Whom members do not want to hear: muted, perhaps until a time; blocked; whole domains.
CREATE TABLE mutes (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors CHECK (actor_id <> member_id),
    id bigint NOT NULL,
    notifications boolean NOT NULL,
    until timestamptz,
    PRIMARY KEY (member_id, actor_id)
);
CREATE UNIQUE INDEX mutes_latest ON mutes (member_id, id DESC);
CREATE INDEX mutes_end ON mutes (until) WHERE until IS NOT NULL;

CREATE TABLE personal_blocks (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    actor_id bigint NOT NULL REFERENCES actors CHECK (actor_id <> member_id),
    id bigint NOT NULL,
    PRIMARY KEY (member_id, actor_id)
);
CREATE UNIQUE INDEX personal_blocks_latest ON personal_blocks (member_id, id DESC);

CREATE TABLE personal_domain_blocks (
    member_id bigint NOT NULL REFERENCES members ON DELETE CASCADE,
    domain text NOT NULL,
    id bigint NOT NULL,
    PRIMARY KEY (member_id, domain)
);
CREATE UNIQUE INDEX personal_domain_blocks_latest
    ON personal_domain_blocks (member_id, id DESC);
