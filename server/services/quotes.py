"""Quotes between agencies: asked for, let or refused, taken back (FEP-044f)."""

from typing import Any, Final

from federation.audience import Addressing
from federation.translate.incoming import (
    IncomingPost,
    IncomingQuoteRequest,
    approval_from,
)
from federation.translate.outgoing_activities import delete_activity
from federation.translate.outgoing_quotes import accept_quote_activity, reject_quote_activity
from federation.uris import same_origin
from schemas.attached import Permission, Quote, QuoteState
from schemas.gate import Released
from schemas.records import Actor, Post, PostFacts, Surface, Visibility
from schemas.wire.vocabulary import PUBLIC, ActivityType
from server.context import Context
from server.services import confirming, fanout, quoting, sharing
from server.services.arrived import Arrived, Ignored
from server.services.documents import tell_state
from server.services.errors import Conflict, NotAllowed, NotFound
from server.services.newcomer import quote_of
from server.services.posts import principal_of
from server.storage import actors, communities, notifications, posts, quotes, stream
from server.storage.database import Transaction
from server.storage.quotes import Asked, Given, Stamp
from server.storage.sessions import SignedIn
from server.storage.stream import Told

_WHY_NOT: Final = "Its author does not let you quote this post."


async def answer(
    tx: Transaction,
    context: Context,
    actor: Actor,
    facts: PostFacts,
    asked: IncomingQuoteRequest,
    *,
    let: bool,
) -> None:
    """Let a post of ours be quoted, and tell its author; or say that it may not be.

    What its author took back stays taken back, however often it is asked for.
    """
    author = await actors.get(tx, facts.author_id)
    now = context.now()
    stamp = None
    if let:
        stamp = await quotes.give(
            tx,
            context.ids.mint(now),
            quoted_id=facts.id,
            quoting_uri=asked.quoting_uri,
            given_to=actor.id,
            now=now,
        )
    document = _answer(context, author, asked, stamp)
    await fanout.send_to(tx, context, author, document, [actor], about=asked.quoting_uri)
    if stamp is not None and stamp.revoked_at is None:
        await notifications.add(
            tx,
            member_id=author.id,
            kind="quote",
            actor_id=actor.id,
            subject=asked.quoting_uri,
            post_id=facts.id,
            now=now,
        )


def _answer(
    context: Context, author: Actor, asked: IncomingQuoteRequest, stamp: Stamp | None
) -> dict[str, Any]:
    uri, now = fanout.mint_activity(context), context.now()
    request = {
        "id": asked.uri,
        "type": ActivityType.QUOTE_REQUEST.value,
        "actor": asked.actor_uri,
        "object": asked.quoted_uri,
        "instrument": asked.quoting_uri,
    }
    if stamp is None or stamp.revoked_at is not None:
        why = _WHY_NOT if stamp is None else ""
        return reject_quote_activity(
            uri, actor=author.uri, request=request, published=now, reason=why
        )
    return accept_quote_activity(
        uri, actor=author.uri, request=request, stamp=stamp.uri, published=now
    )


async def is_about_a_quote(context: Context, arrived: Arrived) -> bool:
    """Say whether an Accept or a Reject answers what we asked an author."""
    async with context.database.reading() as tx:
        return await quotes.asked_with(tx, arrived.activity.object_id or "") is not None


async def take_verdict(context: Context, arrived: Arrived) -> None:
    """Take an author's answer; what they let is shown once its stamp was looked at (ACT-13)."""
    approval = None
    if arrived.activity.verb is ActivityType.ACCEPT:
        approval = approval_from(arrived.activity)
        if approval is None:
            raise Ignored("quote-without-stamp")
    async with context.database.reading() as tx:
        asked = await _asked(tx, arrived)
    quote = Quote(uri=asked.quote_uri, state=QuoteState.REFUSED)
    if approval is not None:
        quote = Quote(uri=asked.quote_uri, stamp=approval.stamp_uri, state=QuoteState.APPROVED)
        if not await quoting.is_stamped(context, asked.facts.uri, quote):
            raise Ignored("quote-not-proven")

    async with arrived.effect() as tx:
        asked = await _asked(tx, arrived)
        if not await quotes.settle(tx, asked.facts.id, quote):
            raise Ignored("verdict-known")
        community = await communities.get(tx, asked.facts.community_id)
        await tell_state(tx, context, asked.facts, community)


async def _asked(tx: Transaction, arrived: Arrived) -> Asked:
    found = await quotes.asked_with(tx, arrived.activity.object_id or "")
    if found is None:
        raise Ignored("quote-unknown")
    if found.quoted_author_uri != arrived.activity.actor:
        raise Ignored("verdict-of-another")
    return found


async def proven_edit(context: Context, incoming: IncomingPost) -> IncomingPost:
    """Look at the stamp of an edit; where the post is not here, nobody is asked."""
    if incoming.quote is None or incoming.quote.stamp is None:
        return incoming
    async with context.database.reading() as tx:
        sealed = await posts.find_by_uri(tx, incoming.uri)
    if sealed is None or sealed.facts.author_uri != incoming.author_uri:
        return incoming
    return await quoting.proven(context, incoming)


async def take_over(tx: Transaction, facts: PostFacts, incoming: IncomingPost) -> bool:
    """Take over what a post quotes by its author's Update; `incoming` must be `proven`.

    An old Update changes nothing but that the quote is proven now. In a new one its author
    may have lost the stamp: then it is a link again.
    """
    known, told = await quotes.of_post(tx, facts.id), quote_of(incoming)
    is_stale = incoming.edited_at is None or incoming.edited_at < (
        facts.edited_at or facts.published_at
    )
    same = known is not None and told is not None and known.uri == told.uri
    if incoming.quote is None or told is None:
        return False
    if told.state is not QuoteState.APPROVED:
        lost = incoming.quote.stamp is None
        if is_stale or (same and not lost):
            return False
    elif is_stale and not same:
        return False
    return await quotes.settle(tx, facts.id, told)


async def take_revocation(context: Context, arrived: Arrived) -> bool:
    """Take it that a stamp is gone, where its origin says so; False where it is none of ours.

    Quotes that it allowed are links from then on.
    """
    uri = arrived.activity.object_id or ""
    async with context.database.reading() as tx:
        if not await quotes.stamped(tx, uri):
            return False
    if not same_origin(uri, arrived.activity.actor) or not await confirming.is_gone(
        context, uri
    ):
        raise Ignored("not-theirs-to-delete")

    async with arrived.effect() as tx:
        for facts in await quotes.unstamp(tx, uri):
            community = await communities.get(tx, facts.community_id)
            await tell_state(tx, context, facts, community)
    return True


async def given(
    context: Context, member: SignedIn, post_id: int
) -> tuple[Released[Post], list[Given]]:
    """List who quotes a member's own post with their leave."""
    async with context.database.reading() as tx:
        released = await _own(tx, context, member, post_id)
        return released, await quotes.given_for(tx, post_id)


async def revoke(context: Context, member: SignedIn, post_id: int, stamp_id: int) -> None:
    """Take back that somebody may quote one's own post; whoever shows it is told."""
    async with context.database.transaction("quotes.revoke") as tx:
        released = await _own(tx, context, member, post_id)
        facts = released.content.facts
        stamp = await quotes.find(tx, stamp_id)
        if stamp is None or stamp.quoted_id != facts.id:
            raise NotFound("quote-not-found", "There is no such quote.")
        now = context.now()
        if not await quotes.revoke(tx, stamp.id, now=now):
            return
        document = delete_activity(
            fanout.mint_activity(context),
            actor=facts.author_uri,
            object_uri=stamp.uri,
            addressed=Addressing((stamp.given_to_uri, *_everybody(facts)), ()),
            published=now,
            community=facts.community_uri,
        )
        author = await actors.get(tx, facts.author_id)
        told = await actors.find(tx, stamp.given_to_uri)
        await fanout.send_to(
            tx, context, author, document, [told] if told else [], about=stamp.uri
        )
        for quoting in await quotes.unstamp(tx, stamp.uri):
            community = await communities.get(tx, quoting.community_id)
            await tell_state(tx, context, quoting, community)


def _everybody(facts: PostFacts) -> tuple[str, ...]:
    return (PUBLIC,) if facts.visibility is Visibility.PUBLIC else ()


async def revoke_in(context: Context, member: SignedIn, post_id: int, quoting_id: int) -> None:
    """Take back that one's own post may be quoted in a certain other one.

    Raises:
        NotAllowed: "not-your-post".
        NotFound: "quote-not-found", or a post that is not theirs to read.
    """
    reader = principal_of(member)
    async with context.database.transaction("quotes.revoke-in") as tx:
        facts = (await _own(tx, context, member, post_id)).content.facts
        other = await sharing.released(tx, context, quoting_id, reader, Surface.DECISION)
        quote, quoting_facts = other.content.quote, other.content.facts
        stamp = await quotes.find_for(tx, facts.id, quoting_facts.uri)
        if stamp is None and (quote is None or quote.uri != facts.uri):
            raise NotFound("quote-not-found", "There is no such quote.")
        if stamp is None:
            # Among the members of a community no stamp is given: there is only what we show.
            refused = Quote(uri=facts.uri, state=QuoteState.REFUSED)
            if await quotes.settle(tx, quoting_facts.id, refused):
                community = await communities.get(tx, quoting_facts.community_id)
                await tell_state(tx, context, quoting_facts, community)
            return
    await revoke(context, member, post_id, stamp.id)


async def change_policy(
    context: Context, member: SignedIn, post_id: int, wanted: Permission
) -> None:
    """Say who may quote one's own post from now on; those who were let still may.

    Raises:
        NotAllowed: "not-your-post".
        NotFound: no such post, or none they may read.
        Conflict: "post-deleted".
    """
    async with context.database.transaction("quotes.policy") as tx:
        facts = (await _own(tx, context, member, post_id)).content.facts
        if facts.deleted_at is not None:
            raise Conflict("post-deleted", "It is deleted already.")
        if not await quotes.let(tx, facts.id, quoting.kept(wanted, None)):
            return
        await stream.tell(tx, Told.EDITED, [facts.id], now=context.now())
        community = await communities.get(tx, facts.community_id)
        await tell_state(tx, context, facts, community)


async def _own(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> Released[Post]:
    released = await sharing.released(tx, context, post_id, principal_of(member), Surface.PAGE)
    if released.content.facts.author_id != member.member.actor.id:
        raise NotAllowed("not-your-post", "Only its author can do that.")
    return released
