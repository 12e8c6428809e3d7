"""Whether a post may be quoted: ours by its audience, others by their author's word."""

from dataclasses import dataclass, replace
from typing import Final

import structlog

from federation.errors import FederationError
from federation.translate.incoming import stamp_from
from federation.translate.incoming_posts import IncomingPost
from federation.translate.outgoing_quotes import quote_request_activity
from federation.uris import same_origin
from schemas.attached import Permission, Quote, QuoteState
from schemas.gate import Released
from schemas.records import Actor, Community, Post, PostFacts, Principal, Surface, Visibility
from server.context import Context
from server.services import confirming, fanout, sharing
from server.services.errors import Conflict, NotAllowed
from server.storage import actors, follows, notifications, posts, quotes
from server.storage.database import Transaction
from server.storage.posts import NewPost

log = structlog.get_logger()

_STAMPS: Final = "/quotes/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A post that a member quotes, and what is to be done for it."""

    quote: Quote
    quoted: PostFacts
    author: Actor


def may_quote(post: Post, reader_id: int | None, *, follows: bool = True) -> bool:
    """Say whether somebody who may read a post may quote it, or ask to.

    `follows` says whether they follow its author; where nobody looked, `choose` will.
    """
    facts = post.facts
    if facts.deleted_at is not None:
        return False
    if facts.author_id == reader_id:
        return True
    match post.quotable:
        case None:
            return facts.author_local
        case Permission.FOLLOWERS:
            return follows
        case Permission.EVERYBODY | Permission.ON_REQUEST:
            return True
        case Permission.NOBODY:
            return False


def kept(asked: Permission | None, before: Permission | None) -> Permission | None:
    """Say what a post of ours keeps of whom its author lets quote it: None is everybody."""
    if asked is None:
        return before
    return None if asked is Permission.EVERYBODY else asked


async def lets(
    tx: Transaction, post: Post, actor_id: int, *, among_members: bool = False
) -> bool:
    """Say whether a post of ours lets somebody quote it, as others ask its author.

    What is not public may be quoted where it stays `among_members`.
    """
    if post.facts.visibility is not Visibility.PUBLIC and not among_members:
        return False
    follows_author = await follows.is_member(tx, post.facts.author_id, actor_id)
    return may_quote(post, actor_id, follows=follows_author)


async def choose(
    tx: Transaction,
    context: Context,
    principal: Principal,
    author: Actor,
    quoted_id: int,
    community: Community,
    quoting_uri: str,
) -> Chosen:
    """Settle what a member may quote where: what is for members stays in their community."""
    released = await sharing.released(tx, context, quoted_id, principal, Surface.DECISION)
    facts = released.content.facts
    if facts.deleted_at is not None:
        raise Conflict("post-deleted", "What you quote was deleted meanwhile.")
    if not _stays(facts, community):
        raise NotAllowed(
            "quote-leaves-community", "What is for members is quoted among them only."
        )
    follows_author = await follows.is_member(tx, facts.author_id, author.id)
    if not may_quote(released.content, author.id, follows=follows_author):
        raise NotAllowed(
            "quoting-not-allowed",
            "Its author does not let others quote it. Link to it instead.",
        )
    quote = await _settled(tx, context, released, author, quoting_uri)
    return Chosen(quote=quote, quoted=facts, author=await actors.get(tx, facts.author_id))


def _stays(facts: PostFacts, community: Community) -> bool:
    if facts.visibility is Visibility.PUBLIC:
        return True
    return facts.community_id == community.id and community.visibility is Visibility.MEMBERS


async def _settled(
    tx: Transaction,
    context: Context,
    released: Released[Post],
    author: Actor,
    quoting_uri: str,
) -> Quote:
    facts = released.content.facts
    if facts.author_id == author.id:
        return Quote(uri=facts.uri, state=QuoteState.APPROVED)
    if not facts.author_local:
        return Quote(uri=facts.uri, state=QuoteState.ASKED)
    now = context.now()
    stamp = await quotes.give(
        tx,
        context.ids.mint(now),
        quoted_id=facts.id,
        quoting_uri=quoting_uri,
        given_to=author.id,
        now=now,
    )
    return Quote(uri=facts.uri, stamp=stamp.uri, state=QuoteState.APPROVED)


async def follow_up(
    tx: Transaction, context: Context, actor: Actor, new: NewPost, chosen: Chosen
) -> None:
    """Tell a member of ours that they are quoted, or ask an author elsewhere."""
    if chosen.quoted.author_local:
        await notifications.add(
            tx,
            member_id=chosen.quoted.author_id,
            kind="quote",
            actor_id=actor.id,
            subject=new.uri,
            post_id=new.id,
            now=context.now(),
        )
    if chosen.quote.state is not QuoteState.ASKED:
        return
    document = quote_request_activity(
        fanout.mint_activity(context),
        actor=actor.uri,
        quoted=chosen.quoted.uri,
        author=chosen.author.uri,
        quoting=new.uri,
        published=context.now(),
    )
    await quotes.note_request(tx, new.id, str(document["id"]))
    await fanout.send_to(tx, context, actor, document, [chosen.author], about=new.uri)


async def proven(context: Context, incoming: IncomingPost) -> IncomingPost:
    """Look at its origin whether a stamp holds; `state` says so, and nothing else (ACT-13)."""
    quote = incoming.quote
    if quote is None or quote.stamp is None:
        return incoming
    if not await is_stamped(context, incoming.uri, quote):
        return incoming
    return replace(incoming, quote=replace(quote, state=QuoteState.APPROVED))


async def is_stamped(context: Context, quoting_uri: str, quote: Quote) -> bool:
    """Say whether the author of what is quoted wrote this permission, and keeps to it."""
    stamp_uri = quote.stamp or ""
    if not same_origin(stamp_uri, quote.uri):
        return False
    if context.home.is_ours(stamp_uri):
        return await _is_of_ours(context, stamp_uri, quoting_uri, quote.uri)
    try:
        stamp = stamp_from(await confirming.fetch(context, stamp_uri))
    except FederationError as error:
        log.info("quote-not-proven", reason=error.reason)
        return False
    async with context.database.reading() as tx:
        quoted = await posts.find_by_uri(tx, quote.uri)
    author_uri = quoted.facts.author_uri if quoted else stamp.author_uri
    told = (stamp.uri, stamp.author_uri, stamp.interacting_uri, stamp.target_uri)
    return told == (stamp_uri, author_uri, quoting_uri, quote.uri)


async def _is_of_ours(
    context: Context, stamp_uri: str, quoting_uri: str, quoted_uri: str
) -> bool:
    number = stamp_uri.rpartition(_STAMPS)[2]
    if not number.isascii() or not number.isdigit() or len(number) > len(str(2**63)):
        return False
    async with context.database.reading() as tx:
        stamp = await quotes.find(tx, int(number) % 2**63)
    return stamp is not None and (
        stamp.uri,
        stamp.quoting_uri,
        stamp.quoted_uri,
        stamp.revoked_at,
    ) == (stamp_uri, quoting_uri, quoted_uri, None)
