"""The directory that agencies share: our public communities, and those of admitted agencies."""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from federation.errors import FederationError
from federation.translate.outgoing import timestamp
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.wire.collections import count, ordered_collection, parse_collection
from schemas.wire.reading import link_or_none
from server.context import Context
from server.services import confirming, discovery
from server.storage import directories
from server.storage.directories import Offered

log = structlog.get_logger()

#: How many communities of one agency we list, and take from another.
MOST: Final = 1_000
#: How many that we do not know yet are fetched of one agency at a time; the rest an hour later.
_NEW_AT_ONCE: Final = 100
_AGE: Final = timedelta(hours=1)
_AGENCIES_AT_ONCE: Final = 20
_COMMONLORE: Final = "commonlore"


def address(agency_uri: str) -> str:
    """Give where an agency lists its communities, by its own actor."""
    return f"{agency_uri}/communities"


async def document(context: Context, since: datetime | None) -> dict[str, Any]:
    """Build the list of our public communities (wire.md 4.4); private ones are in no list."""
    async with context.database.reading() as tx:
        found = await directories.offered(tx, since=since, limit=MOST)
    uri = address(context.home.agency)
    if since is not None:
        uri += f"?since={timestamp(since)}"
    items = [_entry(each) for each in found]
    return ordered_collection(uri, items, owner=context.home.agency)


def _entry(offered: Offered) -> dict[str, Any]:
    community = offered.community
    return {
        "id": community.uri,
        "type": "Group",
        "preferredUsername": community.name,
        "name": community.display_name or community.name,
        "summary": community.summary,
        "followers": count(f"{community.uri}/followers", offered.followers),
        "tag": [{"type": "Object", "name": topic} for topic in offered.topics],
        "updated": timestamp(offered.active_at),
    }


async def ask_due(context: Context) -> None:
    """Ask agencies whose list is an hour old for their communities, and get to know those."""
    async with context.database.reading() as tx:
        hosts = await directories.due(
            tx,
            software=_COMMONLORE,
            before=context.now() - _AGE,
            limit=_AGENCIES_AT_ONCE,
        )
    for host in hosts:
        # Noted first: an agency that fails us is asked an hour later, like any other.
        async with context.database.transaction("directories.asked") as tx:
            await directories.note_asked(tx, host, now=context.now())
        try:
            await _meet_all(context, host)
        except FederationError as error:
            log.info("directory-failed", agency=host, reason=error.reason)


async def _meet_all(context: Context, host: str) -> None:
    origin = context.session.origin_for(host)
    listed = await confirming.fetch(context, address(f"{origin}/actor"))
    async with context.database.reading() as tx:
        unknown = await directories.unknown(tx, _named_in(listed, origin))
    for uri in unknown[:_NEW_AT_ONCE]:
        try:
            await discovery.find_or_fetch_actor(context, uri)
        except FederationError as error:
            log.info("community-not-met", agency=host, reason=error.reason)


def _named_in(listed: dict[str, Any], origin: str) -> list[str]:
    """Give the communities of a list that are its own agency's: nobody lists another's."""
    entries = read(parse_collection, listed).entries
    found = (link_or_none(each) for each in entries[:MOST])
    own = (uri for uri in found if uri is not None and same_origin(uri, origin))
    return list(dict.fromkeys(own))
