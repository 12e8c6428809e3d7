"""The collections of communities and members."""

from aiohttp import web

from federation.errors import Malformed
from schemas.records import ActorKind, Anonymous
from server.context import Context
from server.handlers.activitypub.answers import (
    for_asker,
    for_one,
    for_one_again,
    signature_required,
)
from server.services import archive, contexts, outboxes, synchronizing
from server.services.reading import Asker


def _name(request: web.Request) -> str:
    return request.match_info["name"]


@for_asker
async def community_outbox(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /c/NAME/outbox."""
    return for_one(await outboxes.community_outbox(context, asker, _name(request)))


@for_asker
async def community_archive(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /c/NAME/archive, and with `after` one of its pages."""
    since, after = request.query.get("since"), request.query.get("after")
    if after is None:
        head = await archive.head(context, asker, _name(request), since)
        return for_one_again(request, head)
    page = await archive.page(context, asker, _name(request), after=after, since=since)
    return for_one_again(request, page)


@for_asker
async def community_followers(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /c/NAME/followers, and with `is_follower` whether an agency is among them."""
    about = request.query.getall("is_follower", [])
    if not about:
        return for_one(await outboxes.community_followers(context, asker, _name(request)))
    if isinstance(asker, Anonymous):
        raise signature_required()
    if len(about) > 1:
        raise Malformed("is-follower-duplicated")
    return for_one(await outboxes.is_follower(context, asker, _name(request), about[0]))


@for_asker
async def community_synchronization(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /c/NAME/followers/synchronization: who of the asking agency (FEP-8fcf)."""
    return await followers_there(request, context, asker, ActorKind.COMMUNITY)


@for_asker
async def person_synchronization(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /@NAME/followers/synchronization: who of the asking agency (FEP-8fcf)."""
    return await followers_there(request, context, asker, ActorKind.PERSON)


async def followers_there(
    request: web.Request, context: Context, asker: Asker, kind: ActorKind
) -> web.Response:
    """Answer which people of the asking agency follow one of ours (FEP-8fcf)."""
    if isinstance(asker, Anonymous):
        raise signature_required()
    return for_one(await synchronizing.partial_followers(context, asker, _name(request), kind))


@for_asker
async def community_following(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /c/NAME/following."""
    return for_one(await outboxes.community_following(context, asker, _name(request)))


@for_asker
async def featured(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /c/NAME/featured."""
    return for_one(await outboxes.featured(context, asker, _name(request)))


@for_asker
async def moderators(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /c/NAME/moderators."""
    return for_one(await outboxes.moderators(context, asker, _name(request)))


@for_asker
async def thread(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /c/NAME/t/KEY, the context of a thread."""
    uri = f"{context.home.origin}/c/{_name(request)}/t/{request.match_info['key']}"
    return for_one(await contexts.thread(context, asker, uri))


@for_asker
async def thread_likes(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /c/NAME/t/KEY/likes."""
    uri = f"{context.home.origin}/c/{_name(request)}/t/{request.match_info['key']}"
    return for_one(await contexts.likes(context, asker, uri))


@for_asker
async def person_outbox(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /@NAME/outbox."""
    return for_one(await outboxes.person_outbox(context, asker, _name(request)))


@for_asker
async def person_featured(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /@NAME/featured."""
    return for_one(await outboxes.person_featured(context, asker, _name(request)))


@for_asker
async def person_featured_tags(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /@NAME/featured_tags."""
    return for_one(await outboxes.person_featured_tags(context, asker, _name(request)))


@for_asker
async def person_followers(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /@NAME/followers."""
    return for_one(await outboxes.person_followers(context, asker, _name(request)))


@for_asker
async def person_following(
    request: web.Request, context: Context, asker: Asker
) -> web.Response:
    """Answer /@NAME/following."""
    return for_one(await outboxes.person_following(context, asker, _name(request)))
