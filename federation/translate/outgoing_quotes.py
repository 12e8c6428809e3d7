"""Record to document: asking to quote a post, letting others quote ours, and the stamp."""

from datetime import datetime
from typing import Any

from federation.audience import Addressing
from federation.translate.outgoing_activities import activity_document, addressed_to
from schemas.wire.vocabulary import CONTEXT, ActivityType


def quote_request_activity(
    uri: str, *, actor: str, quoted: str, author: str, quoting: str, published: datetime
) -> dict[str, Any]:
    """Ask the author of a post whether one of ours may quote it (FEP-044f).

    Args:
        uri: the id of the activity.
        actor: who quotes.
        quoted: the post that is quoted.
        author: who wrote that one, and decides.
        quoting: our post.
        published: when.
    """
    document = activity_document(uri, ActivityType.QUOTE_REQUEST, actor, quoted, published)
    return document | {"instrument": quoting} | addressed_to(Addressing((author,), ()))


def accept_quote_activity(
    uri: str, *, actor: str, request: dict[str, Any], stamp: str, published: datetime
) -> dict[str, Any]:
    """Let somebody quote a post of ours; `stamp` is where the permission is (FEP-044f)."""
    document = activity_document(uri, ActivityType.ACCEPT, actor, request, published)
    told = Addressing((str(request["actor"]),), ())
    return document | {"result": stamp} | addressed_to(told)


def reject_quote_activity(
    uri: str, *, actor: str, request: dict[str, Any], published: datetime, reason: str = ""
) -> dict[str, Any]:
    """Do not let somebody quote a post of ours, and say why (FEP-044f)."""
    document = activity_document(uri, ActivityType.REJECT, actor, request, published)
    document |= {"summary": reason} if reason else {}
    return document | addressed_to(Addressing((str(request["actor"]),), ()))


def stamp_document(uri: str, *, author: str, quoting: str, quoted: str) -> dict[str, Any]:
    """Build the permission itself, to be served at its id until it is deleted (FEP-044f)."""
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "QuoteAuthorization",
        "attributedTo": author,
        "interactingObject": quoting,
        "interactionTarget": quoted,
    }
