"""Document to recognition: a badge or a credential that an organisation gives somebody."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.reading import read, settled_time
from federation.uris import same_origin
from schemas.wire.activities import Activity
from schemas.wire.objects import PostDocument, parse_post
from schemas.wire.reading import entries, link_or_none
from schemas.wire.vocabulary import LIMITS

#: A credential that is linked to (Open Badges 3.0), in its two spellings.
_CREDENTIALS = frozenset({"application/vc+ld+json", "application/vc"})


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRecognition:
    """Who recognises whom for what; `credential_uri` is where it can be verified.

    `assertion` is the Open Badges 2.0 assertion as it was sent (BadgeFed), or empty: then the
    credential is behind its address. Nothing in it was verified but who issued it.
    """

    uri: str
    issuer_uri: str
    recipient_uris: tuple[str, ...]
    credential_uri: str
    assertion: dict[str, Any] = field(repr=False)
    text: str
    issued_at: datetime


def recognition_from(activity: Activity, *, now: datetime) -> IncomingRecognition | None:
    """Read a Note with a credential: ours (wire.md 0.7) or BadgeFed's (wire.md 3).

    None where a Create carries none.

    Raises:
        Malformed: "author-not-actor", "badge-for-nobody", "badge-of-another-origin".
    """
    document = activity.embedded
    if document is None:
        return None
    found = read(parse_post, document)
    assertion = _assertion(document)
    credential = link_or_none(assertion.get("id")) if assertion else _linked(found)
    if credential is None:
        return None
    if found.attributed_to != activity.actor:
        raise Malformed("author-not-actor")
    if not (same_origin(credential, activity.actor) and same_origin(found.id, activity.actor)):
        raise Malformed("badge-of-another-origin")
    return IncomingRecognition(
        uri=found.id,
        issuer_uri=activity.actor,
        recipient_uris=_recipients(found, assertion),
        credential_uri=credential,
        assertion=assertion,
        text=sanitize.from_html(found.content[: LIMITS["summary"].at]).text,
        issued_at=settled_time(found.published or activity.published, now),
    )


def _assertion(document: dict[str, Any]) -> dict[str, Any]:
    attached = entries(document.get("attachment"))[: LIMITS["attachment"].at]
    return next((entry for entry in attached if entry.get("type") == "Assertion"), {})


def _linked(found: PostDocument) -> str | None:
    for attachment in found.attachment:
        if attachment.media_type.partition(";")[0].strip().lower() in _CREDENTIALS:
            return attachment.address
    return None


def _recipients(found: PostDocument, assertion: dict[str, Any]) -> tuple[str, ...]:
    """Say whom it is for; an assertion names one, openly, and the Note mentions them."""
    mentioned = tuple(dict.fromkeys(tag.href for tag in found.mentions if tag.href))
    if assertion:
        named = _identity(assertion.get("recipient"))
        mentioned = tuple(uri for uri in mentioned if uri == named)
    if not mentioned:
        raise Malformed("badge-for-nobody")
    return mentioned


def _identity(recipient: object) -> str | None:
    match recipient:
        case {"type": "url", "identity": str(identity), **rest} if not rest.get("hashed"):
            return identity
        case _:
            return None
