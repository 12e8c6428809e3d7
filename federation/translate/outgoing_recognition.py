"""Record to document: a recognition as a Note, as a credential, and what was withdrawn."""

import gzip
from base64 import urlsafe_b64encode
from collections.abc import Collection
from html import escape
from typing import Any, Final

from federation.audience import Addressing, create_addressing
from federation.translate.outgoing_activities import activity_document, addressed_to
from federation.translate.outgoing_actors import timestamp
from schemas.recognition import Recognition
from schemas.records import Actor
from schemas.wire.credentials import (
    CREDENTIAL_TYPES,
    CREDENTIALS,
    OPEN_BADGES,
    OPEN_BADGES_2,
)
from schemas.wire.vocabulary import CONTEXT, PUBLIC, TOMBSTONE, ActivityType

#: The shortest list there may be, in bits: who asks about one entry shall not tell which.
SHORTEST: Final = 131_072


def recognition_note(given: Recognition) -> dict[str, Any]:
    """Build the Note of a recognition, or what is left of it (wire.md 0.7).

    The Group is no recipient: who reads Groups as places to post in would find it there.
    """
    if given.ended_at is not None:
        return {
            "@context": CONTEXT,
            "id": given.uri,
            "type": TOMBSTONE,
            "formerType": "Note",
            "deleted": timestamp(given.ended_at),
        }
    called = given.person.handle.rpartition("@")[0]
    mention = f'<a class="u-url mention" href="{escape(given.person.uri)}">{escape(called)}</a>'
    verify = f'<a href="{escape(given.credential_uri)}">Verify</a>'
    name = f"<strong>{escape(given.name)}</strong>"
    return {
        "@context": CONTEXT,
        "id": given.uri,
        "type": "Note",
        "attributedTo": given.issuer.uri,
        "to": [PUBLIC],
        "cc": [given.person.uri],
        "content": f"<p>🏅 {mention} received {name}. {verify}</p>",
        "tag": [
            {"type": "Mention", "href": given.person.uri, "name": given.person.handle},
        ],
        "attachment": [
            {
                "type": "Link",
                "href": given.credential_uri,
                "mediaType": CREDENTIAL_TYPES[0],
            }
        ],
        "published": timestamp(given.given_at),
    }


def create_recognition_activity(
    uri: str, note: dict[str, Any], given: Recognition, *, followers: str
) -> dict[str, Any]:
    """Build the Create of a recognition; only it names the community's followers.

    Args:
        uri: the id of the activity.
        note: as `recognition_note` built it.
        given: the recognition.
        followers: the Group's followers collection.
    """
    document = activity_document(
        uri, ActivityType.CREATE, given.issuer.uri, note, given.given_at
    )
    return document | addressed_to(recognition_addressing(given, followers=followers))


def recognition_addressing(given: Recognition, *, followers: str) -> Addressing:
    """Address the Create and the Delete of a recognition (wire.md 0.7)."""
    told = Addressing((PUBLIC,), (given.person.uri,))
    return create_addressing(told, author_followers=followers)


def credential_document(given: Recognition, *, status_list: str) -> dict[str, Any]:
    """Build the credential, without a proof (Open Badges 3.0, VC Data Model 2.0).

    Args:
        given: a recognition of ours.
        status_list: where it is told which credentials were withdrawn.
    """
    document: dict[str, Any] = {
        "@context": [CREDENTIALS, OPEN_BADGES],
        "id": given.credential_uri,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {
            "id": given.issuer.uri,
            "type": ["Profile"],
            "name": _name_of(given.issuer),
            "url": given.issuer.uri,
        },
        "validFrom": timestamp(given.given_at),
        "name": given.name,
        "credentialSubject": {
            "id": given.person.uri,
            "type": ["AchievementSubject"],
            "achievement": {
                "id": f"{given.credential_uri}#achievement",
                "type": ["Achievement"],
                "name": given.name,
                "description": _described(given),
                "criteria": {"narrative": given.criteria},
            },
        },
        "credentialStatus": {
            "id": f"{status_list}#{given.status_index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(given.status_index),
            "statusListCredential": status_list,
        },
    }
    if given.post_uri is not None:
        document["evidence"] = [{"id": given.post_uri, "type": ["Evidence"]}]
    return document


def assertion_document(given: Recognition) -> dict[str, Any]:
    """Build the same as a hosted assertion, for BadgeFed and its like (Open Badges 2.0)."""
    document: dict[str, Any] = {
        "@context": OPEN_BADGES_2,
        "type": "Assertion",
        "id": given.credential_uri,
        "recipient": {"type": "url", "identity": given.person.uri, "hashed": False},
        "badge": {
            "type": "BadgeClass",
            "id": f"{given.credential_uri}#achievement",
            "name": given.name,
            "description": _described(given),
            "criteria": {"narrative": given.criteria},
            "issuer": {
                "type": "Profile",
                "id": given.issuer.uri,
                "name": _name_of(given.issuer),
                "url": given.issuer.uri,
            },
        },
        "verification": {"type": "hosted"},
        "issuedOn": timestamp(given.given_at),
    }
    if given.post_uri is not None:
        document["evidence"] = [{"type": "Evidence", "id": given.post_uri}]
    return document


def revoked_assertion_document(given: Recognition) -> dict[str, Any]:
    """Build what is left of an assertion that was withdrawn; it goes with a 410 (2.0)."""
    return {
        "@context": OPEN_BADGES_2,
        "type": "Assertion",
        "id": given.credential_uri,
        "revoked": True,
    }


def status_list_document(
    uri: str, *, issuer: str, withdrawn: Collection[int]
) -> dict[str, Any]:
    """Build the list of an issuer's withdrawn credentials (Bitstring Status List 1.0).

    Args:
        uri: where it is.
        issuer: the Group.
        withdrawn: the places of those that no longer hold.
    """
    return {
        "@context": [CREDENTIALS],
        "id": uri,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "credentialSubject": {
            "id": f"{uri}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded_list(withdrawn),
        },
    }


def encoded_list(withdrawn: Collection[int]) -> str:
    """Write a list of bits, the first one leftmost: GZIP, then base64url as a multibase."""
    longest = max(withdrawn, default=0) + 1
    bits = bytearray(-(-max(longest, SHORTEST) // 8))
    for place in withdrawn:
        bits[place // 8] |= 0x80 >> place % 8
    # The same list is the same text, whenever it is asked for.
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def _described(given: Recognition) -> str:
    return f"{given.name} ({_name_of(given.issuer)})"


def _name_of(actor: Actor) -> str:
    return actor.display_name or actor.name
