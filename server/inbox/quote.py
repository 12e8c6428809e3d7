"""Somebody asks to quote a post of ours."""

from federation.translate.incoming import quote_request_from
from schemas.records import Surface
from server.context import Context
from server.services import quotes, sharing, standing
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import posts


async def on_quote_request(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Answer by the audience of the post (FEP-044f); whoever may not read it gets no answer."""
    if arrived.via is not None:
        raise Ignored("quote-through-a-community")
    asked = quote_request_from(arrived.activity)
    if not context.home.is_ours(asked.quoted_uri):
        raise Ignored("quote-of-another")
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        sealed = await posts.find_by_uri(tx, asked.quoted_uri)
        reader = await sharing.agency_principal(tx, actor.host)
        if sealed is None or sealed.facts.deleted_at is not None:
            raise Ignored("post-deleted")
        released = sharing.release(context, sealed, reader, Surface.OBJECT)
        if released is None:
            raise Ignored("not-for-them")
        if not sealed.facts.author_local or actor.suspended_at is not None:
            raise Ignored("quote-of-another")
        await quotes.answer(tx, context, actor, released.content, asked)
