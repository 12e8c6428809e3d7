"""Account, its fields and roles, and what one account is to another."""

from datetime import date

from schemas.mastodon.entity import Entity, Moment, Numbered


class CustomEmoji(Entity):
    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool = False
    category: str | None = None


class Field(Entity):
    name: str
    value: str
    verified_at: Moment | None = None


class AccountRole(Entity):
    """A badge on a profile, such as "Community" or "Steward"."""

    id: str
    name: str
    color: str


class Account(Numbered):
    """A person or a community; `group` says which (client-api.md 4 and 10.1)."""

    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool = False
    group: bool
    discoverable: bool = True
    indexable: bool = True
    created_at: Moment
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    avatar_description: str = ""
    header: str
    header_static: str
    header_description: str = ""
    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: date | None
    hide_collections: bool = True
    noindex: bool = False
    emojis: tuple[CustomEmoji, ...] = ()
    roles: tuple[AccountRole, ...] = ()
    fields: tuple[Field, ...] = ()


class Source(Entity):
    """What an account's owner edits."""

    privacy: str = "public"
    sensitive: bool = False
    language: str
    note: str
    fields: tuple[Field, ...] = ()
    follow_requests_count: int = 0
    hide_collections: bool = True
    discoverable: bool = True
    indexable: bool = True
    quote_policy: str = "public"
    attribution_domains: tuple[str, ...] = ()


class Role(Entity):
    """What a member may do at their agency; `permissions` are bits, as a decimal string."""

    id: str
    name: str
    permissions: str
    color: str = ""
    highlighted: bool


class CredentialAccount(Account):
    source: Source
    role: Role


class Relationship(Entity):
    id: str
    following: bool = False
    showing_reblogs: bool = True
    notifying: bool = False
    languages: tuple[str, ...] | None = None
    followed_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_expires_at: Moment | None = None
    requested: bool = False
    requested_by: bool = False
    domain_blocking: bool = False
    endorsed: bool = False
    note: str = ""


class FamiliarFollowers(Numbered):
    """Who of those whom one follows follows an account, too."""

    accounts: tuple[Account, ...]
