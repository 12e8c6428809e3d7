"""A post or an answer arrives."""

from federation.audience import Event
from federation.translate.incoming import (
    IncomingPost,
    IncomingVote,
    created_from,
    post_from,
)
from federation.translate.incoming_recognition import is_recognition
from schemas.records import Actor, Community, FollowState, PostFacts, Visibility
from server.context import Context
from server.services import (
    confirming,
    discovery,
    fanout,
    posts,
    quoting,
    recognized,
    standing,
    votes,
    wall_arrivals,
)
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.fanout import about_post
from server.services.newcomer import meant_for
from server.storage import communities, follows, threads
from server.storage import posts as stored
from server.storage.database import Transaction

#: How many unknown ancestors of a reply are fetched before giving up (DOS-01).
_DEPTH = 8


async def on_create(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Store the post; in a community of ours, judge it like a local one and pass it on."""
    if is_recognition(arrived.activity):
        await recognized.receive(context, arrived)
        return
    created = created_from(arrived.activity, now=context.now())
    given = [each for each in created if isinstance(each, IncomingVote)]
    match created:
        case ():
            raise Ignored("create-without-object")
        case (IncomingPost() as incoming,):
            await _on_post(context, arrived, incoming)
        case _ if len(given) < len(created):
            raise Ignored("create-of-several")
        case _:
            await votes.take(context, arrived, given)


async def _on_post(context: Context, arrived: Arrived, incoming: IncomingPost) -> None:
    author = await standing.actor_of(context, arrived)
    if arrived.via is None and await wall_arrivals.is_for_a_wall(context, incoming):
        await wall_arrivals.receive(context, arrived, author, incoming)
    else:
        await _in_community(context, arrived, author, incoming)


async def _in_community(
    context: Context, arrived: Arrived, author: Actor, incoming: IncomingPost
) -> None:
    within = arrived.via or await _where_followed(context, author, incoming)
    if within is not None:
        await _fetch_ancestors(context, within, incoming)

    if incoming.quote is not None and await _is_fellow(context, arrived, author):
        incoming = await quoting.proven(context, incoming)

    async with arrived.effect() as tx:
        parent = None
        if incoming.parent_uri is not None:
            parent = await standing.post_of(tx, arrived, incoming.parent_uri)
        community = await _community(tx, context, arrived, incoming, parent, within)
        passed_on = community.actor.local or arrived.via is not None
        facts, new = await _known(tx, incoming, community), None
        if facts is None:
            await _judge(tx, author, community, parent, passed_on=passed_on)
            new = await posts.receive(
                tx, context, incoming, author=author, community=community, parent=parent
            )
            await threads.take_places(tx, [incoming.uri])
            # Of two that bring it in the same moment, one finds it stored by the other.
            facts = new or await _known(tx, incoming, community)
        if facts is None:
            raise Ignored("post-deleted")
        if passed_on:
            await stored.mark_announced(tx, facts.id, now=context.now())
        if new and community.actor.local:
            event = Event.POST if parent is None else Event.REPLY
            await fanout.announce(
                tx, context, arrived.document, about_post(event, community, facts)
            )


async def _is_fellow(context: Context, arrived: Arrived, author: Actor) -> bool:
    """Say whether an origin may be asked on word of this author; not of a stranger."""
    async with context.database.reading() as tx:
        return arrived.via is not None or await follows.is_fellow(tx, author.id)


async def _known(
    tx: Transaction, incoming: IncomingPost, community: Community
) -> PostFacts | None:
    known = await stored.find_by_uri(tx, incoming.uri)
    if known is None:
        return None
    if known.facts.is_gap:
        await threads.make_way(tx, [incoming.uri])
        return None
    if known.facts.community_id != community.id:
        raise Ignored("post-of-another-community")
    return known.facts


async def _where_followed(
    context: Context, author: Actor, incoming: IncomingPost
) -> Community | None:
    """Find the community elsewhere of what somebody wrote whom one of ours follows (0.4).

    It is fetched only then, and only for a public post: a stranger makes us ask nobody.
    """
    uri = incoming.community_uri
    if uri is None or context.home.is_ours(uri) or incoming.visibility is not Visibility.PUBLIC:
        return None
    async with context.database.reading() as tx:
        if not await follows.has_local_follower(tx, author.id):
            return None
    group = await discovery.find_or_fetch_actor(context, uri)
    async with context.database.reading() as tx:
        return await communities.find(tx, group.id)


async def _community(
    tx: Transaction,
    context: Context,
    arrived: Arrived,
    incoming: IncomingPost,
    parent: PostFacts | None,
    within: Community | None,
) -> Community:
    """Find where its author posted it (ACT-08): no community takes what was not meant for it.

    Only a community of ours is written to directly. `within` is who passed it on, or where
    somebody wrote it whom one of ours follows.
    """
    if parent is not None:
        if within is not None and parent.community_id == within.id:
            return within
        return await standing.community_of(tx, arrived, parent)
    given = meant_for(incoming)
    if within is not None:
        if within.uri not in given:
            raise Ignored("post-of-another-community")
        return within
    for uri in filter(context.home.is_ours, given):
        community = await communities.find_by_uri(tx, uri)
        if community is not None and community.actor.local:
            return community
    raise Ignored("not-for-a-community-here")


async def _judge(
    tx: Transaction,
    author: Actor,
    community: Community,
    parent: PostFacts | None,
    *,
    passed_on: bool,
) -> None:
    """Judge as its community would, where that has not: all of ours, and what came past one."""
    await standing.insist_on_member(tx, author, community)
    if parent is not None and (community.actor.local or not passed_on):
        await standing.insist_on_open(tx, parent)
    if passed_on:
        return
    edge = await follows.find(tx, author.id, community.id)
    if edge is not None and edge.state is FollowState.BANNED:
        raise Ignored("banned-there")
    if Visibility.MEMBERS in (community.visibility, parent.visibility if parent else None):
        raise Ignored("not-through-its-community")


async def _fetch_ancestors(
    context: Context, community: Community, incoming: IncomingPost
) -> None:
    """Fetch what a reply replies to, as far as we do not know it, oldest first."""
    missing: list[IncomingPost] = []
    uri = incoming.parent_uri
    while uri is not None and len(missing) < _DEPTH:
        async with context.database.reading() as tx:
            if await stored.find_by_uri(tx, uri) or await stored.is_tombstone(tx, uri):
                break
        if context.home.is_ours(uri):
            break
        ancestor = post_from(await confirming.fetch(context, uri), now=context.now())
        missing.append(ancestor)
        uri = ancestor.parent_uri
    for ancestor in reversed(missing):
        await _store_ancestor(context, community, ancestor)


async def _store_ancestor(
    context: Context, community: Community, incoming: IncomingPost
) -> None:
    author = await discovery.find_or_fetch_actor(context, incoming.author_uri)

    if author.suspended_at is not None:
        return
    async with context.database.transaction("inbox.ancestor") as tx:
        parent = None
        if incoming.parent_uri is not None:
            sealed = await stored.find_by_uri(tx, incoming.parent_uri)
            if sealed is None or sealed.facts.community_id != community.id:
                return
            parent = sealed.facts
        elif community.uri not in meant_for(incoming):
            return
        await posts.receive(
            tx, context, incoming, author=author, community=community, parent=parent
        )
