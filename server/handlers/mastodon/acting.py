"""What members do with posts and people from clients: help, thank, join, follow."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from schemas.records import KUDOS_EMOJI, ActorKind
from server.context import BOOST, Context
from server.handlers.mastodon.accounts import account_of, related, signed_in
from server.handlers.mastodon.answers import entity, id_in
from server.handlers.mastodon.statuses import one, reader_of
from server.middleware import CONTEXT
from server.services import boosting, choices, communities, kudos, people
from server.services.errors import Conflict, Invalid
from server.storage.sessions import SignedIn

_ACCEPTED: Final = "✅"
_CATEGORIES: Final = {emoji: category for category, emoji in KUDOS_EMOJI.items()}
_THANKS: Final = "Thank with one of these: " + " ".join((_ACCEPTED, *_CATEGORIES))

Act = Callable[[Context, SignedIn, int], Awaitable[object]]


async def do(request: web.Request, act: Act) -> web.Response:
    """Do it, and answer with the status as it is now; a second time changes nothing."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request) & ~BOOST
    await act(context, member, wanted)
    async with context.database.reading() as tx:
        return entity(await one(tx, context, reader_of(request), wanted))


async def favourite(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/favourite: it helped."""

    async def act(context: Context, member: SignedIn, post_id: int) -> None:
        await kudos.mark_helpful(context, member, post_id, helpful=True)

    return await do(request, act)


async def unfavourite(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/unfavourite."""

    async def act(context: Context, member: SignedIn, post_id: int) -> None:
        await kudos.mark_helpful(context, member, post_id, helpful=False)

    return await do(request, act)


async def reblog(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/reblog; gives the boost, which has an id of its own."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request) & ~BOOST
    made = await boosting.boost(context, member, wanted)
    async with context.database.reading() as tx:
        return entity(await one(tx, context, reader_of(request), made.id))


async def unreblog(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/unreblog."""
    return await do(request, boosting.unboost)


async def react(request: web.Request) -> web.Response:
    """PUT …/statuses/{id}/reactions/{emoji}: ✅ accepts an answer, others thank (10.2)."""
    emoji = request.match_info["emoji"]

    async def act(context: Context, member: SignedIn, post_id: int) -> None:
        if emoji == _ACCEPTED:
            await _settled(choices.accept(context, member, post_id), "accepted-already")
        elif emoji in _CATEGORIES:
            await kudos.give_kudos(context, member, post_id, _CATEGORIES[emoji], "")
        else:
            raise Invalid({"emoji": _THANKS}, reason="no-such-thanks")

    return await do(request, act)


async def unreact(request: web.Request) -> web.Response:
    """DELETE …/statuses/{id}/reactions/{emoji}."""
    emoji = request.match_info["emoji"]

    async def act(context: Context, member: SignedIn, post_id: int) -> None:
        if emoji == _ACCEPTED:
            await _settled(choices.reopen(context, member, post_id), "not-accepted")
        else:
            await kudos.take_back_kudos(context, member, post_id)

    return await do(request, act)


async def _settled(doing: Awaitable[object], already: str) -> None:
    try:
        await doing
    except Conflict as conflict:
        if conflict.reason != already:
            raise


async def follow(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/follow: follow a person, or join a community (10.1)."""
    return await _relate(request, join=communities.join, follow=people.follow)


async def unfollow(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/unfollow: follow no longer, or leave."""
    return await _relate(request, join=communities.leave, follow=people.unfollow)


async def _relate(request: web.Request, *, join: Act, follow: Act) -> web.Response:
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    async with context.database.reading() as tx:
        actor = await account_of(tx, wanted)
    act = join if actor.kind is ActorKind.COMMUNITY else follow
    await act(context, member, actor.id)
    async with context.database.reading() as tx:
        return await related(tx, context, member, actor.id)
