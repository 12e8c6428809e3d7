"""What happened to a member, one by one and in groups (client-api.md 7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web
from pydantic import Field

from schemas.mastodon.accounts import Account
from schemas.mastodon.notifications import (
    GroupedNotifications,
    Notification,
    NotificationGroup,
    NotificationPolicy,
    SeveranceEvent,
)
from schemas.mastodon.statuses import Status
from schemas.records import Surface
from server.context import Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import (
    Page,
    entities,
    entity,
    id_in,
    links,
    number,
    page_of,
    plain,
)
from server.handlers.mastodon.parameters import Many, Maybe, read
from server.handlers.mastodon.status_entities import Reader, of_entries
from server.handlers.mastodon.statuses import missing, reader_of
from server.middleware import CONTEXT
from server.services import sharing
from server.storage import bulletins, statuses
from server.storage.bulletins import Wanted
from server.storage.database import Transaction
from server.storage.notifications import Notification as Stored
from server.storage.timelines import Window

#: Kinds of ours to types of theirs; the others are told on the pages alone.
_TYPES: Final = {
    "answer": "mention",
    "comment": "mention",
    "mention": "mention",
    "quote": "quote",
    "accepted": "favourite",
    "helpful": "favourite",
    "boost": "reblog",
    "kudos": "favourite",
    "follow": "follow",
    "asks-to-follow": "follow_request",
    "severed": "severed_relationships",
    "poll-closed": "poll",
}
_GROUPED: Final = frozenset({"favourite", "follow", "reblog"})
_BUCKET: Final = 3600  # seconds of one group
#: So many notifications are looked at for one group on a page.
_PER_GROUP: Final = 4
_SAMPLE: Final = 8
_MOST_GROUPS: Final = 80


class _Listed(Page):
    types: Many[str] = Field(default_factory=list)
    exclude_types: Many[str] = Field(default_factory=list)
    account_id: Maybe[str] = None
    grouped_types: Many[str] = Field(default_factory=lambda: sorted(_GROUPED))

    def wanted(self) -> Wanted:
        kinds = [
            kind
            for kind, name in _TYPES.items()
            if (not self.types or name in self.types) and name not in self.exclude_types
        ]
        return Wanted(kinds=kinds, actor_id=number(self.account_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """Notifications whose posts the member may read, with what they name."""

    stored: Sequence[Stored]
    accounts: dict[int, Account]
    statuses: dict[int, Status]


async def _show(
    tx: Transaction, context: Context, reader: Reader, found: Sequence[Stored]
) -> _Shown:
    scope = sharing.scope(context, reader.principal, Surface.API)
    post_ids = sorted({each.post_id for each in found if each.post_id is not None})
    entries = await statuses.entries(tx, scope, post_ids)
    made = await of_entries(tx, context, reader, list(entries.values()))
    people = {each.actor.id: each.actor for each in found}
    return _Shown(
        stored=[each for each in found if each.post_id is None or each.post_id in made],
        accounts=await accounts(tx, context, list(people.values())),
        statuses={post_id: each.status for post_id, each in made.items()},
    )


async def rendered(
    tx: Transaction, context: Context, reader: Reader, found: Sequence[Stored]
) -> list[Notification]:
    """Make those that clients know, and whose posts the reader may read."""
    shown = await _show(tx, context, reader, [each for each in found if each.kind in _TYPES])
    return [_one(each, shown) for each in shown.stored]


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/notifications."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Listed)
    window = given.window_of_ids(given.at_most(80, 40))
    async with context.database.reading() as tx:
        found = await bulletins.listed(tx, member.member.id, given.wanted(), window)
        shown = await _show(tx, context, reader_of(request), found)
    return page_of(request, [_one(each, shown) for each in shown.stored])


def _one(of: Stored, shown: _Shown) -> Notification:
    return Notification(
        id=str(of.id),
        type=_TYPES[of.kind],
        created_at=of.happened_at,
        group_key=f"ungrouped-{of.id}",
        account=shown.accounts[of.actor.id],
        status=shown.statuses.get(of.post_id) if of.post_id is not None else None,
        event=_event(of),
    )


def _event(of: Stored) -> SeveranceEvent | None:
    if of.kind != "severed":
        return None
    return SeveranceEvent(
        id=str(of.id), target_name=of.subject.partition(" ")[0], created_at=of.happened_at
    )


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/notifications/{id}."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    async with context.database.reading() as tx:
        found = await bulletins.find(tx, member.member.id, [wanted])
        known = [each for each in found if each.kind in _TYPES]
        shown = await _show(tx, context, reader_of(request), known)
    if not shown.stored:
        raise missing()
    return entity(_one(shown.stored[0], shown))


async def clear(request: web.Request) -> web.Response:
    """POST /api/v1/notifications/clear."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.transaction("notifications.clear") as tx:
        await bulletins.clear(tx, member.member.id)
    return plain({})


async def dismiss(request: web.Request) -> web.Response:
    """POST /api/v1/notifications/{id}/dismiss."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    async with context.database.transaction("notifications.dismiss") as tx:
        await bulletins.dismiss(tx, member.member.id, [wanted])
    return plain({})


async def unread(request: web.Request) -> web.Response:
    """GET /api/v1/notifications/unread_count, of all that the pages count."""
    return plain({"count": signed_in(request).unread})


# In groups: version 2.


async def groups(request: web.Request) -> web.Response:
    """GET /api/v2/notifications."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Listed)
    most = given.at_most(_MOST_GROUPS, 40)
    window = given.window_of_ids(most * _PER_GROUP)
    async with context.database.reading() as tx:
        found = await bulletins.listed(tx, member.member.id, given.wanted(), window)
        shown = await _show(tx, context, reader_of(request), found)
    return _grouped(request, shown, frozenset(given.grouped_types), most)


def _grouped(
    request: web.Request, shown: _Shown, types: frozenset[str], most: int
) -> web.Response:
    by_key: dict[str, list[Stored]] = {}
    for each in shown.stored:
        key = group_key(each, types)
        if key not in by_key and len(by_key) == most:
            break
        by_key.setdefault(key, []).append(each)
    kept = [each for group in by_key.values() for each in group]
    people = dict.fromkeys(each.actor.id for each in kept)
    about = dict.fromkeys(each.post_id for each in kept if each.post_id is not None)
    answer = entity(
        GroupedNotifications(
            accounts=tuple(shown.accounts[each] for each in people),
            statuses=tuple(shown.statuses[each] for each in about),
            notification_groups=tuple(_group(key, group) for key, group in by_key.items()),
        )
    )
    if kept:
        numbers = [each.id for each in kept]
        answer.headers[hdrs.LINK] = links(request, max(numbers), min(numbers))
    return answer


def group_key(of: Stored, types: frozenset[str]) -> str:
    """Name the group of a notification: of one kind, about one thing, in one hour."""
    name = _TYPES[of.kind]
    if name not in types or name not in _GROUPED:
        return f"ungrouped-{of.id}"
    bucket = int(of.happened_at.timestamp()) // _BUCKET
    return f"{name}-{of.post_id or 0}-{bucket}"


def _group(key: str, group: Sequence[Stored]) -> NotificationGroup:
    latest, numbers = group[0], [each.id for each in group]
    people = dict.fromkeys(str(each.actor.id) for each in group)
    return NotificationGroup(
        group_key=key,
        notifications_count=len(group),
        type=_TYPES[latest.kind],
        most_recent_notification_id=max(numbers),
        page_min_id=str(min(numbers)),
        page_max_id=str(max(numbers)),
        latest_page_notification_at=max(each.happened_at for each in group),
        sample_account_ids=tuple(people)[:_SAMPLE],
        status_id=str(latest.post_id) if latest.post_id is not None else None,
        event=_event(latest),
    )


async def _in_group(
    tx: Transaction, context: Context, request: web.Request
) -> tuple[str, _Shown]:
    """Find the notifications of the group in the path.

    Raises:
        NotFound: "record-not-found".
    """
    member, key = signed_in(request), request.match_info["key"]
    name, _, rest = key.partition("-")
    if name == "ungrouped":
        found = await bulletins.find(tx, member.member.id, [number(rest) or 0])
        found = [each for each in found if each.kind in _TYPES]
    else:
        kinds = [kind for kind, known in _TYPES.items() if known == name]
        window = Window(limit=_MOST_GROUPS * _PER_GROUP)
        listed = await bulletins.listed(tx, member.member.id, Wanted(kinds=kinds), window)
        found = [each for each in listed if group_key(each, _GROUPED) == key]
    shown = await _show(tx, context, reader_of(request), found)
    if not shown.stored:
        raise missing()
    return key, shown


async def show_group(request: web.Request) -> web.Response:
    """GET /api/v2/notifications/{key}."""
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        key, shown = await _in_group(tx, context, request)
    types = frozenset() if key.startswith("ungrouped-") else _GROUPED
    return _grouped(request, shown, types, 1)


async def people_of_group(request: web.Request) -> web.Response:
    """GET /api/v2/notifications/{key}/accounts."""
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        _, shown = await _in_group(tx, context, request)
    people = dict.fromkeys(each.actor.id for each in shown.stored)
    return entities([shown.accounts[each] for each in people])


async def dismiss_group(request: web.Request) -> web.Response:
    """POST /api/v2/notifications/{key}/dismiss."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.transaction("notifications.dismiss") as tx:
        _, shown = await _in_group(tx, context, request)
        await bulletins.dismiss(tx, member.member.id, [each.id for each in shown.stored])
    return plain({})


async def policy(_request: web.Request) -> web.Response:
    """GET and PATCH /api/v2/notifications/policy: everything is accepted, always."""
    summary = {"pending_requests_count": 0, "pending_notifications_count": 0}
    return entity(NotificationPolicy(summary=summary))
