"""The archive of a community of ours, for those who may read it (wire.md 4.2)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from federation.errors import Malformed
from federation.translate.outgoing import timestamp
from schemas.records import Community, Surface
from schemas.wire import archive as wire
from server.context import Context
from server.services import outboxes, sharing
from server.services.reading import Asker
from server.storage import archive
from server.storage.archive import Archived, Place
from server.storage.database import Transaction

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR: Final = re.compile(r"([0-9]{1,17})-([0-9]{1,19})")
_LARGEST_ID: Final = 2**63 - 1


async def head(context: Context, asker: Asker, name: str, since: str | None) -> dict[str, Any]:
    """Say how many threads there are, and where the first page is."""
    changed = _since(since)
    async with context.database.reading() as tx:
        community = await _readable(tx, context, asker, name)
        scope = sharing.scope(context, asker, Surface.COLLECTION)
        total = await archive.count(tx, scope, community.id)
    uri = _uri(context, community)
    return wire.archive(uri, total=total, first=_page_uri(uri, after=None, since=changed))


async def page(
    context: Context, asker: Asker, name: str, *, after: str, since: str | None
) -> dict[str, Any]:
    """List a hundred threads, oldest first, behind the place that a page before this named.

    Raises:
        Malformed: "archive-cursor" or "archive-since".
        NotFound: there is no such community, or it is not for them.
    """
    place, changed = _place(after), _since(since)
    async with context.database.reading() as tx:
        community = await _readable(tx, context, asker, name)
        scope = sharing.scope(context, asker, Surface.COLLECTION)
        found = await archive.page(
            tx, scope, community.id, after=place, since=changed, limit=wire.PAGE + 1
        )
    uri = _uri(context, community)
    shown = found[: wire.PAGE]
    following = None
    if len(found) > wire.PAGE:
        following = _page_uri(uri, after=_cursor(shown[-1]), since=changed)
    threads = [
        wire.ArchivedThread(
            root=released.content.facts.uri,
            context=released.content.facts.context,
            digest=each.digest,
            updated=timestamp(each.changed_at),
        )
        for each in shown
        if (released := sharing.release(context, each.post, asker, Surface.COLLECTION))
    ]
    here = _page_uri(uri, after=after or None, since=changed)
    return wire.archive_page(here, archive=uri, threads=threads, next_page=following)


async def _readable(tx: Transaction, context: Context, asker: Asker, name: str) -> Community:
    community = await outboxes.community_of(tx, context, name)
    outboxes.check_open(context, asker, community)
    return community


def _uri(context: Context, community: Community) -> str:
    return context.home.collection(community.uri, "archive")


def _page_uri(archive_uri: str, *, after: str | None, since: datetime | None) -> str:
    query = {"after": after or "0-0"} | ({"since": timestamp(since)} if since else {})
    return f"{archive_uri}?{urlencode(query)}"


def _cursor(last: Archived) -> str:
    facts = last.post.facts
    return f"{(facts.published_at - _EPOCH) // timedelta(microseconds=1)}-{facts.id}"


def _place(after: str) -> Place | None:
    found = _CURSOR.fullmatch(after)
    if found is None or int(found[2]) > _LARGEST_ID:
        raise Malformed("archive-cursor")
    microseconds, post_id = int(found[1]), int(found[2])
    if not microseconds:
        return None
    return _EPOCH + timedelta(microseconds=microseconds), post_id


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("archive-since") from None
    if moment.tzinfo is None:
        raise Malformed("archive-since")
    return in_utc
