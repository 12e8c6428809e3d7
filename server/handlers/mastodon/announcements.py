"""Announcements: listed, dismissed, answered with emoji, told at once (client-api.md 4, 8)."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from aiohttp import web

from schemas.mastodon.announcements import Announcement, AnnouncementReaction, ReactionTold
from schemas.mastodon.statuses import Mention, StatusTag
from schemas.records import Actor
from server.context import Context
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entities, id_in, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.middleware import CONTEXT
from server.services import announcing
from server.storage import announcements, desk
from server.storage.announcements import Announcement as Stored
from server.storage.database import Transaction
from server.storage.stream import Fact, Told
from server.streaming import Listener, Message

#: What happens to announcements rather than to posts.
TOLD: Final = frozenset({Told.ANNOUNCED, Told.UNANNOUNCED, Told.REACTED})
_USER: Final = ("user",)


class _Listed(Parameters):
    with_dismissed: Maybe[bool] = None


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/announcements."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Listed)
    async with context.database.reading() as tx:
        found = await announcements.there_for(
            tx, member.member.id, now=context.now(), dismissed=bool(given.with_dismissed)
        )
        return entities(await _entities(tx, context, found, member.member.id))


async def _entities(
    tx: Transaction,
    context: Context,
    found: Sequence[tuple[Stored, bool]],
    member_id: int | None,
) -> list[Announcement]:
    ids = [each.id for each, _ in found]
    reactions = await announcements.reactions(tx, ids, member_id=member_id)
    called = {number for each, _ in found for number in each.mention_ids}
    people = await desk.actors_by_id(tx, sorted(called))
    return [
        Announcement(
            id=str(each.id),
            content=each.html,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            published_at=each.published_at or each.created_at,
            updated_at=each.updated_at,
            read=is_read,
            mentions=tuple(
                _mention(people[number]) for number in each.mention_ids if number in people
            ),
            tags=tuple(
                StatusTag(name=name, url=f"{context.home.origin}/tags/{quote(name)}")
                for name in each.hashtags
            ),
            reactions=tuple(
                AnnouncementReaction(name=one.name, count=one.count, me=one.me)
                for one in reactions.get(each.id, ())
            ),
        )
        for each, is_read in found
    ]


def _mention(of: Actor) -> Mention:
    return Mention(
        id=str(of.id),
        username=of.name,
        url=of.url or of.uri,
        acct=of.name if of.local else of.handle.removeprefix("@"),
    )


async def dismiss(request: web.Request) -> web.Response:
    """POST /api/v1/announcements/{id}/dismiss."""
    await announcing.dismiss(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})


async def react(request: web.Request) -> web.Response:
    """PUT /api/v1/announcements/{id}/reactions/{emoji}."""
    await announcing.react(
        request.app[CONTEXT], signed_in(request), id_in(request), request.match_info["emoji"]
    )
    return plain({})


async def take_back(request: web.Request) -> web.Response:
    """DELETE /api/v1/announcements/{id}/reactions/{emoji}."""
    await announcing.take_back(
        request.app[CONTEXT], signed_in(request), id_in(request), request.match_info["emoji"]
    )
    return plain({})


async def tell(
    tx: Transaction, context: Context, fact: Fact, listeners: Sequence[Listener]
) -> None:
    """Tell all who listen to what is theirs; the same to each, read by nobody yet."""
    wanted = [each for each in listeners if _USER in each.streams]
    if not wanted:
        return
    message = await _message(tx, context, fact)
    if message is not None:
        for each in wanted:
            each.tell([message])


async def _message(tx: Transaction, context: Context, fact: Fact) -> Message | None:
    number = fact.announcement_id or 0
    if fact.kind is Told.UNANNOUNCED:
        return Message(stream=_USER, event="announcement.delete", payload=str(number))
    found = await announcements.find(tx, number)
    if found is None or found.published_at is None:
        return None
    if fact.kind is Told.ANNOUNCED:
        [shown] = await _entities(tx, context, [(found, False)], None)
        return Message(stream=_USER, event="announcement", payload=shown.model_dump_json())
    reactions = await announcements.reactions(tx, [number], member_id=None)
    counts = {each.name: each.count for each in reactions.get(number, ())}
    name = fact.emoji or ""
    told = ReactionTold(name=name, count=counts.get(name, 0), announcement_id=str(number))
    return Message(stream=_USER, event="announcement.reaction", payload=told.model_dump_json())
