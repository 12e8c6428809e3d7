"""Somebody asks to quote a post of ours."""

from federation.translate.incoming import quote_request_from
from schemas.records import Surface, Visibility
from server.context import Context
from server.services import quotes, quotes_of_members, quoting, sharing, standing
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import communities, posts


async def on_quote_request(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Answer by the audience of the post (FEP-044f); whoever may not read it gets no answer."""
    if arrived.via is not None:
        raise Ignored("quote-through-a-community")
    asked = quote_request_from(arrived.activity)
    if not context.home.is_ours(asked.quoted_uri):
        raise Ignored("quote-of-another")
    actor = await standing.actor_of(context, arrived)
    among_members = await quotes_of_members.check(context, actor, asked)

    async with arrived.effect() as tx:
        sealed = await posts.find_by_uri(tx, asked.quoted_uri)
        reader = await sharing.agency_principal(tx, actor.host)
        if sealed is None or sealed.facts.deleted_at is not None:
            raise Ignored("post-deleted")
        released = sharing.release(context, sealed, reader, Surface.OBJECT)
        facts = sealed.facts
        if released is None and among_members:
            community = await communities.get(tx, facts.community_id)
            released = sharing.for_audience(context, sealed, community)
        if released is None and facts.visibility is Visibility.PUBLIC:
            raise Ignored("not-for-them")
        if not facts.author_local or actor.suspended_at is not None:
            raise Ignored("quote-of-another")
        let = released is not None and await quoting.lets(
            tx, released.content, actor.id, among_members=among_members
        )
        await quotes.answer(tx, context, actor, facts, asked, let=let)
