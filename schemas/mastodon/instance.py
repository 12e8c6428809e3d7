"""Instance, in both versions: what every client reads before it signs in (client-api.md 3)."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity, Moment


class Rule(Entity):
    id: str
    text: str
    hint: str = ""
    translations: dict[str, Any] = Field(default_factory=dict)


class Language(Entity):
    code: str
    name: str


class ExtendedDescription(Entity):
    """What the agency says of itself, and what it says of privacy: clean HTML."""

    updated_at: Moment
    content: str


class TermsOfService(Entity):
    effective_date: date
    effective: bool = True
    content: str
    succeeded_by: date | None = None


class Week(Entity):
    """One week, its figures as clients take them: words of digits."""

    week: str
    statuses: str
    logins: str
    registrations: str


class DomainBlock(Entity):
    """An agency that was blocked, as everybody may read it."""

    domain: str
    digest: str
    severity: Literal["suspend"] = "suspend"
    comment: str


class Thumbnail(Entity):
    url: str
    description: str = ""
    blurhash: str | None = None
    versions: dict[str, str]


class Icon(Entity):
    src: str
    size: str


class Usage(Entity):
    users: dict[str, int]


class Contact(Entity):
    email: str
    account: Account


class Registrations(Entity):
    enabled: bool
    approval_required: bool = False
    reason_required: bool = False
    message: str | None = None
    min_age: int | None = None
    url: str | None


class Instance(Entity):
    """GET /api/v2/instance."""

    domain: str
    title: str
    version: str
    source_url: str
    description: str
    usage: Usage
    thumbnail: Thumbnail
    icon: tuple[Icon, ...]
    languages: tuple[str, ...]
    configuration: dict[str, Any]
    registrations: Registrations
    api_versions: dict[str, int]
    contact: Contact
    rules: tuple[Rule, ...] = ()


class InstanceV1(Entity):
    """GET /api/v1/instance; `uri` is a bare domain."""

    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: dict[str, str]
    stats: dict[str, int]
    thumbnail: str
    languages: tuple[str, ...]
    registrations: bool
    approval_required: bool = False
    invites_enabled: bool
    configuration: dict[str, Any]
    contact_account: Account
    rules: tuple[Rule, ...] = ()
    max_toot_chars: int
