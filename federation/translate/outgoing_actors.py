"""Record to document: our people, our communities, our agency."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from federation.signatures.keys import KeyKind, PublicKey, multikey
from federation.translate import sanitize
from schemas.profiles import UNSAID, Details
from schemas.records import Actor, Community, JoinRule, Topic, Visibility
from schemas.wire.vocabulary import (
    ACTOR_CONTEXT,
    CONTEXT,
    FIELDS_TERMS,
    LIMITS,
    MARKDOWN,
    MOVED_TERMS,
    PERSON_CONTEXT,
    TOMBSTONE,
)

_FEP = "https://codeberg.org/fediverse/fep/src/branch/main/fep"
# As FEP-844e spells it.
_RFC_9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
_DESCRIPTION = 500
#: Lemmy drops the whole list for a colour that it does not know.
_COLOURS = tuple(f"color{number:02}" for number in range(1, 11))
_PICTURES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
STATE_NAMES = {"question": "Question", "answered": "Answered"}


def timestamp(at: datetime) -> str:
    """Write a time as RFC 3339 in UTC, cut to the millisecond (so it reads back the same)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def person_document(
    actor: Actor, keys: Iterable[PublicKey], details: Details = UNSAID
) -> dict[str, Any]:
    """Build a member's actor document, or what is left of it (wire.md 6.1, FEP-521a).

    Nobody's staff is put into public directories or search unasked: `discoverable` and
    `indexable` are false where the member did not say otherwise.
    """
    if actor.deleted_at is not None:
        return _tombstone(actor, "Person", actor.deleted_at)
    document = _opening(actor, "Service" if details.bot else "Person")
    document["summary"] = actor.summary
    document |= _source(actor.summary_source)
    document |= {
        "@context": [*PERSON_CONTEXT, *_more_terms(actor, details)],
        "manuallyApprovesFollowers": details.locked,
        "discoverable": details.discoverable,
        "indexable": details.indexable,
        "featuredTags": f"{actor.uri}/featured_tags",
    }
    document |= _fields(details) | _other_accounts(actor)
    return document | _closing(actor, keys, details)


def _fields(details: Details) -> dict[str, Any]:
    """List the lines of a profile: on people only, for Lemmy refuses them elsewhere."""
    lines = [
        {"type": "PropertyValue", "name": each.name, "value": each.value}
        for each in details.fields
    ]
    return {"attachment": lines} if lines else {}


def _other_accounts(actor: Actor) -> dict[str, Any]:
    """Name a member's other accounts, both ends of a Move (wire.md 6.1)."""
    named: dict[str, Any] = {}
    if actor.also_known_as:
        named["alsoKnownAs"] = list(actor.also_known_as)
    if actor.moved_to is not None:
        named["movedTo"] = actor.moved_to
    return named


def _more_terms(actor: Actor, details: Details) -> list[object]:
    terms: list[object] = [FIELDS_TERMS] if details.fields else []
    return terms if actor.moved_to is None else [*terms, MOVED_TERMS]


def agency_document(actor: Actor, keys: Iterable[PublicKey]) -> dict[str, Any]:
    """Build the document of the agency's own actor, which signs our fetches (FEP-2677)."""
    document = _opening(actor, "Application")
    document["summary"] = actor.summary
    document |= {"manuallyApprovesFollowers": True}
    document |= {"discoverable": False, "indexable": False}
    document["communities"] = f"{actor.uri}/communities"
    document["implements"] = [
        {"href": f"{_FEP}/1b12/fep-1b12.md", "name": "FEP-1b12"},
        {"href": f"{_FEP}/521a/fep-521a.md", "name": "FEP-521a"},
        {"href": _RFC_9421, "name": "RFC-9421: HTTP Message Signatures"},
        {"href": f"{_FEP}/8b32/fep-8b32.md", "name": "FEP-8b32"},
    ]
    return document | _closing(actor, keys)


def moderation_document(
    actor: Actor, keys: Iterable[PublicKey], *, agency_uri: str
) -> dict[str, Any]:
    """Build the document of the actor from which the agency reports (ACT-14, wire.md 1.2).

    A Service, for Lemmy takes no report from an Application; `generator` names the agency's
    own actor, which stays one (FEP-2677).
    """
    document = _opening(actor, "Service")
    document["summary"] = actor.summary
    document |= {"manuallyApprovesFollowers": True}
    document |= {"discoverable": False, "indexable": False}
    document["generator"] = {"type": "Application", "id": agency_uri}
    return document | _closing(actor, keys)


def community_document(
    community: Community,
    keys: Iterable[PublicKey],
    *,
    stewards_uri: str,
    agency_uri: str,
    details: Details = UNSAID,
) -> dict[str, Any]:
    """Build a community's actor document (wire.md 0.3), or what is left of it.

    Args:
        community: one of ours.
        keys: what the Group signs with.
        stewards_uri: the collection of its stewards; others call them moderators.
        agency_uri: the actor of the agency that hosts it.
        details: what its pictures show; a community has no fields (wire.md 1.2).
    """
    actor = community.actor
    if actor.deleted_at is not None:
        return _tombstone(actor, "Group", actor.deleted_at)
    is_public = community.visibility is Visibility.PUBLIC
    document = _opening(actor, "Group")
    document["description"] = sanitize.teaser(
        sanitize.from_html(actor.summary).text, limit=_DESCRIPTION
    )
    document["summary"] = community.charter
    document |= _source(community.charter_source)
    document |= {
        # A string, not a list: Lemmy, Mbin and NodeBB look for the moderators here.
        "attributedTo": stewards_uri,
        "moderators": stewards_uri,
        "postingRestrictedToMods": False,
        "manuallyApprovesFollowers": community.join is JoinRule.APPROVAL,
        "discoverable": is_public,
        "indexable": is_public,
        "sensitive": False,
        "visibility": community.visibility.value,
        "questionAnswer": True,
        "multipleAnswers": community.several_answers,
        "topics": [{"slug": topic.slug, "name": topic.name} for topic in community.topics],
        "tag": _post_tags(community),
        "language": [{"identifier": "en", "name": "English"}],
        "generator": {"type": "Application", "id": agency_uri},
    }
    return document | _closing(actor, keys, details)


def feed_document(
    actor: Actor, keys: Iterable[PublicKey], *, changed_at: datetime, agency_uri: str
) -> dict[str, Any]:
    """Build the document of a collection of communities, or what is left of it (wire.md 4.4).

    What is in it stands in its `following`, which PieFed and Lemmy fetch beside it.

    Args:
        actor: one of ours.
        keys: what it signs with.
        changed_at: when its list, or what it says of itself, last changed.
        agency_uri: the actor of the agency that hosts it.
    """
    if actor.deleted_at is not None:
        return _tombstone(actor, "Feed", actor.deleted_at)
    document = _opening(actor, "Feed")
    document["description"] = sanitize.teaser(
        sanitize.from_html(actor.summary).text, limit=_DESCRIPTION
    )
    document["summary"] = actor.summary
    document |= _source(actor.summary_source)
    document |= {
        # A string, as PieFed reads it.
        "attributedTo": actor.moderators,
        "moderators": actor.moderators,
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "indexable": True,
        "sensitive": False,
        "generator": {"type": "Application", "id": agency_uri},
    }
    document |= _closing(actor, keys)
    if changed_at > actor.published_at:
        document["updated"] = timestamp(changed_at)
    return document


def post_tag(community_uri: str, slug: str, name: str) -> dict[str, Any]:
    """Build a tag by which a community sorts its posts (Lemmy 1.0, PieFed)."""
    return {
        "type": "CommunityPostTag",
        "id": f"{community_uri}/tag/{slug}",
        "preferredUsername": slug,
        "name": name,
    }


def _post_tags(community: Community) -> list[dict[str, Any]]:
    states = [Topic(slug=slug, name=name) for slug, name in STATE_NAMES.items()]
    ours = [topic for topic in community.topics if topic.slug not in STATE_NAMES]
    shown = [*states, *ours][: LIMITS["topics"].at]
    return [
        post_tag(community.uri, topic.slug, topic.name)
        | {"color": _COLOURS[position % len(_COLOURS)]}
        for position, topic in enumerate(shown)
    ]


def _opening(actor: Actor, actor_type: str) -> dict[str, Any]:
    return {
        "@context": ACTOR_CONTEXT,
        "id": actor.uri,
        "type": actor_type,
        "preferredUsername": actor.name,
        "webfinger": actor.handle.removeprefix("@"),
        "name": actor.display_name or actor.name,
    }


def _closing(
    actor: Actor, keys: Iterable[PublicKey], details: Details = UNSAID
) -> dict[str, Any]:
    links = {
        "url": actor.url or actor.uri,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "followers": actor.followers,
        "following": actor.following,
        "featured": actor.featured,
    }
    document: dict[str, Any] = {name: uri for name, uri in links.items() if uri is not None}
    pictures = {
        "icon": (actor.avatar, details.avatar_alt),
        "image": (actor.header, details.header_alt),
    }
    document |= {
        name: _picture(url, alt) for name, (url, alt) in pictures.items() if url is not None
    }
    if actor.shared_inbox is not None:
        document["endpoints"] = {"sharedInbox": actor.shared_inbox}
        # Discourse looks outside of `endpoints`.
        document["sharedInbox"] = actor.shared_inbox
    if actor.suspended_at is not None:
        document["suspended"] = True
    document["published"] = timestamp(actor.published_at)
    return document | _keys(keys)


def _picture(url: str, alt: str) -> dict[str, Any]:
    """Build a single object: a list would make Lemmy refuse the whole actor."""
    media_type = _PICTURES.get(url.rpartition(".")[2])
    picture = {"type": "Image"} | ({"mediaType": media_type} if media_type else {})
    return picture | {"url": url} | ({"name": alt, "summary": alt} if alt else {})


def _source(written: str) -> dict[str, Any]:
    return {"source": {"content": written, "mediaType": MARKDOWN}} if written else {}


def _keys(keys: Iterable[PublicKey]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for key in keys:
        if key.kind is KeyKind.RSA and "publicKey" not in document:
            # One only, and the first is the one that signs: most programs read an object here,
            # and few read a list. While keys are changed the other is a Multikey.
            document["publicKey"] = {
                "id": key.key_id,
                "owner": key.owner,
                "publicKeyPem": key.pem,
            }
        else:
            document.setdefault("assertionMethod", []).append(
                {
                    "type": "Multikey",
                    "id": key.key_id,
                    "controller": key.owner,
                    "publicKeyMultibase": multikey(key.pem),
                }
            )
    return document


def _tombstone(actor: Actor, former_type: str, deleted_at: datetime) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": actor.uri,
        "type": TOMBSTONE,
        "formerType": former_type,
        "published": timestamp(actor.published_at),
        "deleted": timestamp(deleted_at),
    }
