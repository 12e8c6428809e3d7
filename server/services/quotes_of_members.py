"""Who elsewhere may quote a members-only post of ours: a fellow member, among the members."""

from federation.errors import FederationError, Unreachable
from federation.translate.incoming import IncomingPost, IncomingQuoteRequest
from federation.translate.incoming_posts import post_from
from schemas.records import Actor, Community, PostFacts, Surface, Visibility
from server.context import Context
from server.services import confirming, entitlement, fanout, sharing
from server.services.arrived import Ignored
from server.storage import communities, follows, posts


async def check(context: Context, actor: Actor, asked: IncomingQuoteRequest) -> bool:
    """Say whether what quotes a post of ours is for the very members that it is for.

    Only where its agency may read the post is anything fetched: what quotes it, from there,
    which must be its author's, in the same community, addressed to nobody beside it (ACT-13).
    Its author must belong, as far as we see who does: of a community elsewhere, its host tells
    of agencies, and has refused what others wrote there. False for a public post, too.

    Raises:
        Ignored: "not-for-them": of what they may not read they get no answer.
        Unreachable: the community's host, or the agency of what quotes, is away.
    """
    async with context.database.reading() as tx:
        sealed = await posts.find_by_uri(tx, asked.quoted_uri)
        if sealed is None or sealed.facts.visibility is Visibility.PUBLIC:
            return False
        facts = sealed.facts
        community = await communities.find(tx, facts.community_id)
        if community is None or facts.deleted_at is not None:
            return False
        reader = await sharing.agency_principal(tx, actor.host)
        belongs = await follows.is_member(tx, community.id, actor.id)
    widened = await entitlement.widened(context, reader, facts, community.actor)
    if sharing.release(context, sealed, widened, Surface.OBJECT) is None:
        raise Ignored("not-for-them")
    if actor.suspended_at is not None or (community.actor.local and not belongs):
        return False
    quoting = await _fetched(context, asked.quoting_uri)
    return quoting is not None and _stays(quoting, actor, facts, community)


async def _fetched(context: Context, uri: str) -> IncomingPost | None:
    try:
        return post_from(await confirming.fetch(context, uri), now=context.now())
    except Unreachable:
        raise
    except FederationError:
        return None


def _stays(quoting: IncomingPost, actor: Actor, facts: PostFacts, community: Community) -> bool:
    told = (quoting.author_uri, quoting.community_uri, quoting.visibility)
    allowed = {community.uri, fanout.followers_of(community.actor)}
    return (
        told == (actor.uri, facts.community_uri, Visibility.MEMBERS)
        and {*quoting.to, *quoting.cc} <= allowed
        and quoting.quote is not None
        and quoting.quote.uri == facts.uri
    )
