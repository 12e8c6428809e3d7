"""Who may read a post from elsewhere, once its author's server addresses it anew (ACT-01)."""

from dataclasses import replace

from federation.errors import FederationError, Unreachable
from federation.translate.incoming import IncomingPost, post_from
from schemas.records import Community, PostFacts, Visibility
from server.context import Context
from server.services import confirming
from server.services.arrived import Ignored
from server.storage import audiences, posts
from server.storage.database import Transaction


async def confirmed(context: Context, incoming: IncomingPost) -> IncomingPost:
    """Look at the origin anew before more people may read a post; to fewer it goes unasked.

    Its words are the author's either way; the audience is what the origin says now.

    Raises:
        Ignored: "not-theirs-to-edit".
        Unreachable: the origin does not answer.
    """
    if incoming.visibility is not Visibility.PUBLIC:
        return incoming
    async with context.database.reading() as tx:
        sealed = await posts.find_by_uri(tx, incoming.uri)
    if sealed is None or sealed.facts.wall or sealed.facts.visibility is Visibility.PUBLIC:
        return incoming
    if sealed.facts.author_uri != incoming.author_uri or sealed.facts.author_local:
        raise Ignored("not-theirs-to-edit")
    return replace(incoming, visibility=await _told_at_origin(context, incoming))


async def _told_at_origin(context: Context, incoming: IncomingPost) -> Visibility:
    try:
        fresh = post_from(await confirming.fetch(context, incoming.uri), now=context.now())
    except Unreachable:
        raise
    except FederationError:
        return Visibility.MEMBERS
    if (fresh.uri, fresh.author_uri) != (incoming.uri, incoming.author_uri):
        return Visibility.MEMBERS
    return fresh.visibility


async def take_over(
    tx: Transaction, facts: PostFacts, incoming: IncomingPost, community: Community
) -> PostFacts:
    """Let those read a post whom its author addresses now; `incoming` must be `confirmed`.

    An Update older than the last edit changes nothing. No post is shown to more people than
    its community, or than what it replies to; those of what stands on a wall never change.
    """
    if facts.wall:
        return facts
    last = facts.edited_at or facts.published_at
    is_stale = incoming.edited_at is not None and incoming.edited_at < last
    if is_stale or incoming.visibility is facts.visibility:
        return facts
    if incoming.visibility is Visibility.MEMBERS:
        await audiences.narrow(tx, facts.id, edited_at=incoming.edited_at)
        return replace(facts, visibility=Visibility.MEMBERS)
    parent = await posts.find(tx, facts.parent_id) if facts.parent_id else None
    above = parent.facts.visibility if parent else Visibility.PUBLIC
    if Visibility.MEMBERS in (community.visibility, above):
        return facts
    await audiences.widen(tx, facts.id, edited_at=incoming.edited_at)
    return replace(facts, visibility=Visibility.PUBLIC)
