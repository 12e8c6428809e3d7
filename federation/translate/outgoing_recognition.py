"""Record to document: a community or an organisation recognises somebody, for all to see."""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from federation.translate import sanitize
from federation.translate.outgoing_activities import activity_document
from federation.translate.outgoing_actors import timestamp
from schemas.records import Actor
from schemas.wire.vocabulary import CONTEXT, HTML, PUBLIC, ActivityType

CREDENTIAL = "application/vc+ld+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """Who gets what from whom; `credential` is where it can be verified."""

    uri: str
    issuer: Actor
    recipient: Actor
    title: str
    credential: str
    given_at: datetime


def recognition_activity(uri: str, given: Recognition) -> dict[str, Any]:
    """Build the Create of a recognition; it goes to whom it is for, and to followers."""
    note = recognition_document(given)
    document = activity_document(
        uri, ActivityType.CREATE, given.issuer.uri, note, given.given_at
    )
    return document | {"to": note["to"], "cc": note["cc"]}


def recognition_document(given: Recognition) -> dict[str, Any]:
    """Build the Note that tells of a recognition (wire.md 0.7); its Delete revokes it.

    The credential is a `Link`: an `Assertion` would make Lemmy refuse the whole. The community
    is the author and never addressed, for Lemmy takes nothing that a community wrote.
    """
    recipient = given.recipient
    called = (
        f'<span class="h-card"><a class="u-url mention" href="{escape(recipient.uri)}">'
        f"@<span>{escape(recipient.name)}</span></a></span>"
    )
    title = escape(sanitize.plain(given.title, limit=200), quote=False)
    verify = f'<a href="{escape(given.credential)}">Verify</a>'
    return {
        "@context": CONTEXT,
        "id": given.uri,
        "type": "Note",
        "attributedTo": given.issuer.uri,
        "to": [PUBLIC],
        "cc": [recipient.uri],
        "content": f"<p>🏅 {called} received <strong>{title}</strong>. {verify}</p>",
        "mediaType": HTML,
        "tag": [{"type": "Mention", "href": recipient.uri, "name": recipient.handle}],
        "attachment": [{"type": "Link", "href": given.credential, "mediaType": CREDENTIAL}],
        "url": given.uri,
        "published": timestamp(given.given_at),
    }
