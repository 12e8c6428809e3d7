"""A question that was asked before: its thread points to the other one, and is closed."""

from federation.audience import Event
from federation.translate import sanitize
from federation.translate.incoming import IncomingPost
from federation.translate.outgoing_activities import lock_activity
from schemas.gate import Released
from schemas.records import Community, Kind, Post, PostFacts, Surface, Visibility
from server.context import Context
from server.services import calling, fanout, sharing, stewardship
from server.services.documents import tell_state
from server.services.errors import Invalid
from server.services.posts import Draft, principal_of, reply_within
from server.storage import posts
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

_NOT_FOUND = "That is the address of no other thread that you can read here."


async def mark(context: Context, member: SignedIn, post_id: int, address: str) -> PostFacts:
    """Close a thread as a duplicate: a note, a Lock, and an Update by its author (2.4)."""
    async with context.database.reading() as tx:
        await stewardship.governed_thread(tx, context, member, post_id)
        original = await _original(tx, context, member, post_id, address)
    note = f"The same was asked here: <{original.content.facts.uri}>"
    clean = sanitize.from_markdown(note)

    async with context.database.transaction("stewardship.duplicate") as tx:
        facts, community = await stewardship.governed_thread(tx, context, member, post_id)
        original = await _original(tx, context, member, post_id, address)
        _insist_on_readers(facts, community, original.content.facts)
        if community.id in member.joined and facts.locked_at is None:
            said = calling.Written(clean=clean)
            draft = Draft(source=note)
            await reply_within(tx, context, member, facts.id, Kind.COMMENT, draft, said)
        await posts.lock(tx, facts.id, at=context.now())
        await posts.point_to(tx, facts.id, original.content.facts.uri)
        await _tell(tx, context, member, facts, community, original.content)
        return facts


async def take_over(tx: Transaction, facts: PostFacts, incoming: IncomingPost) -> bool:
    """Take over where a question was asked before, by its author's Update."""
    if incoming.duplicate_of is None or facts.parent_id is not None:
        return False
    if incoming.edited_at is None or incoming.edited_at < (
        facts.edited_at or facts.published_at
    ):
        return False
    return await posts.point_to(tx, facts.id, incoming.duplicate_of)


async def _original(
    tx: Transaction, context: Context, member: SignedIn, post_id: int, address: str
) -> Released[Post]:
    uri = address.strip().partition("#")[0]
    place = context.home.locate(uri) if uri else None
    if place is not None and place.kind == "post":
        sealed = await posts.find(tx, int(place.key))
    else:
        sealed = await posts.find_by_uri(tx, uri)
    if sealed is not None and sealed.facts.parent_id is not None:
        sealed = await posts.find(tx, sealed.facts.root_id)
    if sealed is None or sealed.facts.id == post_id or sealed.facts.deleted_at is not None:
        raise Invalid({"original": _NOT_FOUND})
    released = sharing.release(context, sealed, principal_of(member), Surface.DECISION)
    if released is None:
        raise Invalid({"original": _NOT_FOUND})
    return released


def _insist_on_readers(facts: PostFacts, community: Community, original: PostFacts) -> None:
    """Point nobody to what they cannot read."""
    same_readers = original.community_id == community.id and (
        facts.visibility is Visibility.MEMBERS
    )
    if original.visibility is not Visibility.PUBLIC and not same_readers:
        raise Invalid({"original": "Not everybody who reads this thread may read that one."})


async def _tell(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    facts: PostFacts,
    community: Community,
    original: Post,
) -> None:
    voice = stewardship.voice_of(member, community)
    reason = f"The same was asked here: {original.facts.uri}"
    document = lock_activity(
        fanout.mint_activity(context),
        actor=voice.uri,
        about=facts.uri,
        community=community.uri,
        addressed=stewardship.addressed_as(facts, community),
        published=context.now(),
        reason=reason,
        duplicate_of=original.facts.uri,
    )
    await stewardship.log_act(tx, context, member, "duplicate", facts.uri, reason)
    await stewardship.publish(tx, context, voice, document, facts, community, Event.GOVERNANCE)
    await tell_state(tx, context, facts, community)
