"""Find an actor from a handle or a URL, and believe no name that its host does not confirm."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from yarl import URL

from federation import uris
from federation.errors import FederationError, Malformed
from federation.fetch import fetch_document, read_json, refuse_failure
from federation.handles import Handle, parse_handle
from federation.media_types import is_activity, is_jrd, parse_media_type
from federation.nodeinfo import NodeInfo, nodeinfo
from federation.session import Session, Sign
from federation.uris import Uri
from schemas.wire.vocabulary import ActorType

__all__ = [
    "Handle",
    "NodeInfo",
    "WebFinger",
    "ask_webfinger",
    "find_actor",
    "nodeinfo",
    "parse_handle",
    "webfinger",
]

_ACTORS: Final = frozenset(ActorType)
_MOST_LINKS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class WebFinger:
    """What a host says about a handle: the handle it prefers, and the id of the actor."""

    subject: Handle
    self_link: Uri


async def webfinger(session: Session, handle: Handle) -> WebFinger:
    """Ask the host of a handle for the actor behind it (RFC 7033; security.md FET-06).

    The first link with `rel` "self" and an ActivityPub type counts; it is judged like any URL
    before it is given back, and refused rather than skipped.

    Raises:
        Malformed: no answer by RFC 7033, no such link, or one that we would not dial.
        FederationError: as `fetch_document`.
    """
    answer = await ask_webfinger(session, handle)
    subject = _account(answer.get("subject"))
    if subject is None:
        raise Malformed("webfinger-subject")
    link = next(_self_links(answer.get("links")), None)
    if link is None:
        raise Malformed("webfinger-no-actor")
    session.judge(link)
    return WebFinger(subject=subject, self_link=Uri(link))


async def ask_webfinger(session: Session, handle: Handle) -> dict[str, Any]:
    """Give what a host answers about a handle, unread (RFC 7033 4): one request.

    Raises:
        FederationError: as `fetch_document`.
    """
    address = URL(session.origin_for(handle.host)).joinpath(".well-known", "webfinger")
    fetched = await session.get(
        str(address.with_query(resource=f"acct:{handle}")),
        accept="application/jrd+json, application/json",
        accept_types=is_jrd,
    )
    refuse_failure(fetched)
    return read_json(fetched)


async def find_actor(
    session: Session, handle_or_url: Handle | str, *, sign: Sign | None
) -> tuple[dict[str, Any], Handle | None]:
    """Find an actor and the handle that may be shown for it (security.md ORI-14).

    A handle is confirmed only if its own host links it back to the very id of the document;
    None means: show `preferredUsername` at the host of the id, as unconfirmed.

    Raises:
        Malformed: "document-not-an-actor", and as below.
        FederationError: as `webfinger` for a handle and `fetch_document` for both.
    """
    if isinstance(handle_or_url, Handle):
        found = await webfinger(session, handle_or_url)
        document = await _fetch_actor(session, found.self_link, sign)
        if found.self_link != document["id"]:
            return document, None
        return document, await _settle(session, handle_or_url, found)
    document = await _fetch_actor(session, handle_or_url, sign)
    return document, await confirm_handle(session, document)


async def confirm_handle(session: Session, document: dict[str, Any]) -> Handle | None:
    """Ask the host that an actor names in its document whether the handle is its own.

    The handle comes from `webfinger` (FEP-2c59), or is `preferredUsername` at the host of the
    id. Whatever goes wrong on the way, the answer is None.
    """
    claimed = _claimed_handle(document)
    if claimed is None:
        return None
    try:
        found = await webfinger(session, claimed)
        if found.self_link != document["id"]:
            return None
        return await _settle(session, claimed, found)
    except FederationError:
        return None


async def _settle(session: Session, asked: Handle, found: WebFinger) -> Handle | None:
    """Follow a host that prefers another handle, one step, if that one leads back as well."""
    if found.subject.is_same(asked):
        return found.subject
    try:
        again = await webfinger(session, found.subject)
    except FederationError:
        return None
    confirmed = again.subject.is_same(found.subject) and again.self_link == found.self_link
    return again.subject if confirmed else None


async def _fetch_actor(session: Session, uri: str, sign: Sign | None) -> dict[str, Any]:
    document = await fetch_document(session, uri, sign=sign)
    kind = document.get("type")
    if not isinstance(kind, str) or kind not in _ACTORS:
        raise Malformed("document-not-an-actor")
    return document


def _claimed_handle(document: dict[str, Any]) -> Handle | None:
    claimed = _account(document.get("webfinger"))
    if claimed is not None:
        return claimed
    return _account(f"{document.get('preferredUsername')}@{uris.authority_of(document['id'])}")


def _account(value: object) -> Handle | None:
    """Read a handle out of a document; with or without acct:, but no URL."""
    found = parse_handle(value) if isinstance(value, str) else None
    return found if isinstance(found, Handle) else None


def _self_links(links: object) -> Iterator[str]:
    for link in links[:_MOST_LINKS] if isinstance(links, list) else []:
        match link:
            case {"rel": "self", "type": str(kind), "href": str(href)}:
                if is_activity(parse_media_type(kind)):
                    yield href
            case _:
                continue
