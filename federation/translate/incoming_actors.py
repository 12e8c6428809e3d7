"""Document to actor: a person, a community or an agency as its own server describes it."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from federation.errors import FederationError, Malformed
from federation.signatures.keys import PublicKey, multikey_pem, public_key
from federation.translate import sanitize
from federation.translate.incoming_parts import emojis_of
from federation.translate.reading import on_origin_of, read, settled_time, topic_tags, topics
from federation.uris import authority_of, same_origin
from schemas.attached import Emoji
from schemas.profiles import LONGEST_FIELD, Details, ProfileField
from schemas.records import ActorKind, JoinRule, Topic, Visibility
from schemas.wire.actors import ActorDocument, KeyDocument, MultikeyDocument, parse_actor
from schemas.wire.vocabulary import LIMITS, MARKDOWN, TOMBSTONE, ActorType

#: What Mastodon calls a line of a profile.
_FIELD = "PropertyValue"
_KINDS = {
    ActorType.PERSON: ActorKind.PERSON,
    ActorType.SERVICE: ActorKind.PERSON,
    ActorType.ORGANIZATION: ActorKind.PERSON,
    ActorType.GROUP: ActorKind.COMMUNITY,
    ActorType.APPLICATION: ActorKind.AGENCY,
    ActorType.FEED: ActorKind.FEED,
}
# What Mastodon takes as a username; nothing in it can be mistaken for a path or a handle.
_NAME = re.compile(r"[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingActor:
    """An actor as its server tells it; all HTML is clean, all links are on its own origin.

    `url` is the exception: a page for people may be anywhere, and proves nothing (ORI-05).
    `summary` is the short text; a community's long one is its `charter`. Whether they want to
    be shown in directories and found by search, `discoverable` and `indexable`, may be unsaid.
    """

    uri: str
    kind: ActorKind
    host: str
    name: str
    display_name: str
    summary: str
    summary_text: str
    summary_source: str
    charter: str
    charter_source: str
    inbox: str | None
    shared_inbox: str | None
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    moderators: str | None
    url: str | None
    keys: tuple[PublicKey, ...]
    join: JoinRule
    visibility: Visibility
    topics: tuple[Topic, ...]
    several_answers: bool
    published_at: datetime
    suspended: bool
    deleted: bool
    avatar: str | None
    header: str | None
    details: Details
    emojis: tuple[Emoji, ...]
    also_known_as: tuple[str, ...]
    moved_to: str | None
    asks_questions: bool
    stewards_only: bool
    discoverable: bool | None
    indexable: bool | None


def actor_from(document: dict[str, Any], *, now: datetime) -> IncomingActor:
    """Read an actor (wire.md 0.3, 1.2; ORI-16, ORI-18).

    Links to other origins and keys that do not name this actor are left out.

    Raises:
        Malformed: "not-an-actor", "name-invalid", "inbox-missing", "host-…", or a property
            and what is wrong with it ("id-several").
    """
    found = read(parse_actor, document)
    uri, kind = found.id, _kind(found)
    host = authority_of(uri)
    inbox = on_origin_of(uri, found.inbox)
    if inbox is None and kind is not ActorKind.AGENCY:
        raise Malformed("inbox-missing")
    short, long = _texts(found, kind)
    source = _source(found)
    is_community = kind is ActorKind.COMMUNITY
    return IncomingActor(
        uri=uri,
        kind=kind,
        host=host,
        name=_name(found, kind, host),
        display_name=sanitize.plain(found.name, limit=LIMITS["name"].at),
        summary=short.html,
        summary_text=short.text,
        summary_source="" if is_community else source,
        charter=long.html,
        charter_source=source if is_community else "",
        inbox=inbox,
        shared_inbox=on_origin_of(uri, _shared_inbox(found)),
        outbox=on_origin_of(uri, found.outbox),
        followers=on_origin_of(uri, found.followers),
        following=on_origin_of(uri, found.following),
        featured=on_origin_of(uri, found.featured),
        moderators=on_origin_of(uri, found.moderators or found.attributed_to),
        url=sanitize.link(found.url),
        keys=_keys(found),
        join=JoinRule.APPROVAL if found.manually_approves_followers else JoinRule.OPEN,
        visibility=_visibility(found, kind),
        topics=_topics(found),
        several_answers=found.multiple_answers is True,
        published_at=settled_time(found.published, now),
        suspended=found.suspended is True,
        deleted=TOMBSTONE in found.type,
        avatar=sanitize.link(found.icon.url),
        header=sanitize.link(found.image.url),
        details=_details(found),
        emojis=emojis_of(found.tag),
        also_known_as=found.also_known_as[: LIMITS["alsoKnownAs"].at],
        moved_to=found.moved_to,
        asks_questions=found.question_answer is True,
        stewards_only=found.posting_restricted_to_mods is True,
        discoverable=found.discoverable,
        indexable=found.indexable,
    )


def refreshed_actor_from(document: dict[str, Any], *, uri: str, now: datetime) -> IncomingActor:
    """Read an actor that we know already; it must still be the same one (ORI-12).

    Raises:
        Malformed: "actor-id-changed", or as `actor_from`.
    """
    actor = actor_from(document, now=now)
    if actor.uri != uri:
        raise Malformed("actor-id-changed")
    return actor


def _kind(found: ActorDocument) -> ActorKind:
    for name in found.type:
        if name in set(ActorType):
            return _KINDS[ActorType(name)]
    raise Malformed("not-an-actor")


def _name(found: ActorDocument, kind: ActorKind, host: str) -> str:
    name = found.preferred_username
    if len(name) <= LIMITS["preferredUsername"].at and _NAME.fullmatch(name):
        return name
    # Nobody types the name of an agency's own actor; Takahē calls its own "__system__".
    if kind is ActorKind.AGENCY:
        return host
    raise Malformed("name-invalid")


def _texts(found: ActorDocument, kind: ActorKind) -> tuple[sanitize.Clean, sanitize.Clean]:
    limit = LIMITS["summary"].at
    long = sanitize.from_html(found.summary[:limit])
    if kind is not ActorKind.COMMUNITY:
        return long, sanitize.from_html("")
    short = sanitize.plain(found.description, limit=limit)
    return sanitize.from_html(f"<p>{escape(short, quote=False)}</p>"), long


def _source(found: ActorDocument) -> str:
    if found.source is None or found.source.media_type != MARKDOWN:
        return ""
    return found.source.content[: LIMITS["summary"].at]


def _details(found: ActorDocument) -> Details:
    return Details(
        fields=_fields(found),
        locked=found.manually_approves_followers is True,
        bot=ActorType.SERVICE in found.type,
        discoverable=found.discoverable is True,
        indexable=found.indexable is True,
        avatar_alt=sanitize.plain(found.icon.description, limit=LIMITS["alt text"].at),
        header_alt=sanitize.plain(found.image.description, limit=LIMITS["alt text"].at),
    )


def _fields(found: ActorDocument) -> tuple[ProfileField, ...]:
    """Read the lines of a profile; what stands in them is HTML of others (XSS-01)."""
    given = (each for each in found.attachment if each.type == _FIELD)
    lines = (
        ProfileField(
            name=sanitize.plain(each.name, limit=LONGEST_FIELD),
            value=_in_line(sanitize.from_html(each.value[: LIMITS["field"].at]).html),
        )
        for each in given
    )
    return tuple(line for line in lines if line.name)[: LIMITS["fields"].at]


def _in_line(html: str) -> str:
    """Take a line out of its paragraph, where it is only that."""
    inner = html.removeprefix("<p>").removesuffix("</p>")
    return html if "<p>" in inner else inner


def _shared_inbox(found: ActorDocument) -> str | None:
    # Discourse has it outside of `endpoints`.
    return (found.endpoints.shared_inbox if found.endpoints else None) or found.shared_inbox


def _visibility(found: ActorDocument, kind: ActorKind) -> Visibility:
    if found.visibility == "":
        # Lemmy says by this alone that a community is private; better too narrow than too wide.
        closed = kind is ActorKind.COMMUNITY and found.manually_approves_followers is True
        return Visibility.MEMBERS if closed else Visibility.PUBLIC
    # Only our own agencies say it; a word that we do not know is taken as the narrower one.
    if found.visibility == Visibility.PUBLIC:
        return Visibility.PUBLIC
    return Visibility.MEMBERS


def _topics(found: ActorDocument) -> tuple[Topic, ...]:
    ours = ((topic.slug, topic.name) for topic in found.topics)
    return topics([*ours, *topic_tags(found.tag)])[: LIMITS["topics"].at]


def _keys(found: ActorDocument) -> tuple[PublicKey, ...]:
    offered: list[PublicKey | None] = [
        *(_rsa_key(found.id, key) for key in found.public_key),
        *(_multikey(found.id, key) for key in found.assertion_method),
    ]
    kept: dict[str, PublicKey] = {}
    for key in offered:
        if key is not None:
            kept.setdefault(key.key_id, key)
    return tuple(kept.values())


def _rsa_key(uri: str, key: KeyDocument) -> PublicKey | None:
    if key.id is None or key.owner != uri or not same_origin(key.id, uri):
        return None
    if len(key.public_key_pem) > LIMITS["publicKeyPem"].at:
        return None
    try:
        return public_key(key_id=key.id, owner=uri, pem=key.public_key_pem)
    except FederationError:
        return None


def _multikey(uri: str, key: MultikeyDocument) -> PublicKey | None:
    if key.id is None or key.controller != uri or not same_origin(key.id, uri):
        return None
    if key.type != "Multikey":
        return None
    try:
        pem = multikey_pem(key.public_key_multibase)
        return public_key(key_id=key.id, owner=uri, pem=pem)
    except FederationError:
        return None
