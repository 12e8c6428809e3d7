"""What members show on their profile: posts they pinned, people they recommend, hashtags."""

from typing import Final
from urllib.parse import quote

from federation.audience import Addressing
from federation.translate.outgoing_profiles import feature_activity, hashtag_document
from schemas.records import Actor, PostFacts, Surface, Visibility
from schemas.wire.vocabulary import PUBLIC, ActivityType
from server.context import Context
from server.services import fanout, sharing, telling
from server.services.errors import Invalid, NotFound
from server.services.posts import principal_of
from server.storage import desk, endorsements, follows, pins
from server.storage.database import Transaction
from server.storage.member_hashtags import Tag
from server.storage.sessions import SignedIn

MOST_PINNED: Final = 5
#: Why a post is not pinned that somebody else wrote.
ANOTHERS: Final = "not-the-author"
_ANOTHERS: Final = "You can pin your own posts only."
_TOO_MANY: Final = f"A profile shows {MOST_PINNED} pinned posts."
_NOT_FOLLOWED: Final = "You can recommend those whom you follow only."


async def pin(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Pin a post of one's own to one's profile; followers elsewhere are told of a public one.

    Raises:
        NotFound: "post-not-found": there is none, it is gone, or it is not theirs to read.
        Invalid: field status: it is another's, or too many are pinned.
    """
    me = member.member.actor
    async with context.database.transaction("showing.pin") as tx:
        facts = await _own(tx, context, member, post_id)
        before = await pins.is_pinned(tx, me.id, facts.id)
        pin_id = context.ids.mint(context.now())
        if not await pins.add(tx, me.id, facts.id, pin_id=pin_id, most=MOST_PINNED):
            raise Invalid({"status": _TOO_MANY})
        if not before:
            await _tell_of_post(tx, context, me, facts, ActivityType.ADD)
        return facts


async def unpin(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Take a post off one's profile.

    Raises:
        NotFound: "post-not-found".
        Invalid: field status: it is another's.
    """
    me = member.member.actor
    async with context.database.transaction("showing.unpin") as tx:
        facts = await _own(tx, context, member, post_id)
        if await pins.remove(tx, me.id, facts.id):
            await _tell_of_post(tx, context, me, facts, ActivityType.REMOVE)
        return facts


async def _own(tx: Transaction, context: Context, member: SignedIn, post_id: int) -> PostFacts:
    released = await sharing.released(tx, context, post_id, principal_of(member), Surface.PAGE)
    facts = released.content.facts
    if facts.deleted_at is not None:
        raise NotFound("post-not-found", "There is no such post, or it is not for you to read.")
    if facts.author_id != member.member.id:
        raise Invalid({"status": _ANOTHERS}, reason=ANOTHERS)
    return facts


async def _tell_of_post(
    tx: Transaction, context: Context, me: Actor, facts: PostFacts, verb: ActivityType
) -> None:
    # What is not for everybody stands in no list that everybody reads.
    if facts.visibility is Visibility.PUBLIC:
        await _tell(tx, context, me, facts.uri, verb)


async def tell_of_hashtag(
    tx: Transaction, context: Context, me: Actor, tag: Tag, *, shown: bool
) -> None:
    """Tell followers elsewhere that a profile shows a hashtag, or no longer."""
    verb = ActivityType.ADD if shown else ActivityType.REMOVE
    url = f"{context.home.origin}/tags/{quote(tag.slug)}"
    await _tell(tx, context, me, hashtag_document(tag.name, url), verb)


async def _tell(
    tx: Transaction,
    context: Context,
    me: Actor,
    about: str | dict[str, object],
    verb: ActivityType,
) -> None:
    document = feature_activity(
        fanout.mint_activity(context),
        verb,
        actor=me.uri,
        about=about,
        target=context.home.collection(me.uri, "featured"),
        addressed=Addressing((PUBLIC,), (fanout.followers_of(me),)),
        published=context.now(),
    )
    told = await follows.recipients(tx, me.id, unadmitted=context.settings.open_federation)
    await telling.tell(tx, context, me, document, told)


async def endorse(context: Context, member: SignedIn, actor_id: int) -> Actor:
    """Recommend somebody whom one follows on one's profile; nobody else is told.

    Raises:
        NotFound: "account-not-found".
        Invalid: field account: oneself, or somebody whom the member does not follow.
    """
    async with context.database.transaction("showing.endorse") as tx:
        actor = await _known(tx, actor_id)
        number = context.ids.mint(context.now())
        me = member.member.id
        if actor.id == me or not await endorsements.add(
            tx, me, actor.id, endorsement_id=number
        ):
            raise Invalid({"account": _NOT_FOLLOWED}, reason="not-followed")
        return actor


async def unendorse(context: Context, member: SignedIn, actor_id: int) -> Actor:
    """Recommend somebody no longer.

    Raises:
        NotFound: "account-not-found".
    """
    async with context.database.transaction("showing.unendorse") as tx:
        actor = await _known(tx, actor_id)
        await endorsements.remove(tx, member.member.id, actor.id)
        return actor


async def _known(tx: Transaction, actor_id: int) -> Actor:
    actor = (await desk.actors_by_id(tx, [actor_id])).get(actor_id)
    if actor is None or actor.deleted_at is not None:
        raise NotFound("account-not-found", "Record not found")
    return actor
