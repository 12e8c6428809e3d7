"""Document to permission: who asks to quote or reply, who is let, and the stamp for it."""

from dataclasses import dataclass
from typing import Any

from federation.errors import Malformed
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.wire.activities import Activity
from schemas.wire.stamps import parse_stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingQuoteRequest:
    """Somebody asks the author of a post whether their own may quote it (FEP-044f)."""

    uri: str
    actor_uri: str
    quoted_uri: str
    quoting_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingApproval:
    """An author lets somebody quote, reply or like; `stamp_uri` is where that is written."""

    uri: str
    actor_uri: str
    request_uri: str
    stamp_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingStamp:
    """An author's permission: that `interacting_uri` may quote, or reply to, `target_uri`."""

    uri: str
    author_uri: str
    interacting_uri: str
    target_uri: str


def quote_request_from(activity: Activity) -> IncomingQuoteRequest:
    """Read a QuoteRequest (FEP-044f): `object` is quoted, `instrument` quotes.

    Raises:
        Malformed: "quote-of-nothing", "quote-by-nothing", "quote-of-another-origin".
    """
    if activity.object_id is None:
        raise Malformed("quote-of-nothing")
    if activity.instrument is None:
        raise Malformed("quote-by-nothing")
    if not same_origin(activity.instrument, activity.actor):
        raise Malformed("quote-of-another-origin")
    return IncomingQuoteRequest(
        uri=activity.id,
        actor_uri=activity.actor,
        quoted_uri=activity.object_id,
        quoting_uri=activity.instrument,
    )


def approval_from(activity: Activity) -> IncomingApproval | None:
    """Read an Accept with a stamp (FEP-044f, GoToSocial); None where it has none.

    Raises:
        Malformed: "stamp-of-another-origin": nobody hands out the permissions of others.
    """
    if activity.result is None or activity.object_id is None:
        return None
    if not same_origin(activity.result, activity.actor):
        raise Malformed("stamp-of-another-origin")
    return IncomingApproval(
        uri=activity.id,
        actor_uri=activity.actor,
        request_uri=activity.object_id,
        stamp_uri=activity.result,
    )


def stamp_from(document: dict[str, Any]) -> IncomingStamp:
    """Read a stamp that was fetched where it lives (FEP-044f).

    Raises:
        Malformed: "not-a-stamp"; "stamp-of-another-origin", for only the author of what is
            quoted can let others; or a property and what is wrong with it.
    """
    found = read(parse_stamp, document)
    if not found.is_stamp:
        raise Malformed("not-a-stamp")
    if not same_origin(found.id, found.attributed_to) or not same_origin(
        found.attributed_to, found.interaction_target
    ):
        raise Malformed("stamp-of-another-origin")
    return IncomingStamp(
        uri=found.id,
        author_uri=found.attributed_to,
        interacting_uri=found.interacting_object,
        target_uri=found.interaction_target,
    )
