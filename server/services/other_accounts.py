"""A member's other accounts: which are theirs too, a move away to one, and coming back."""

from typing import Final

from federation.audience import Addressing
from federation.errors import FederationError
from federation.translate.outgoing_activities import update_actor_activity
from federation.translate.outgoing_actors import person_document
from federation.translate.outgoing_moves import move_account_activity
from schemas.records import Actor, ActorKind, FollowState
from schemas.wire.vocabulary import PUBLIC
from server.context import Context
from server.services import accounts, communities, discovery, fanout, moving, telling
from server.services.errors import Conflict, Invalid, NotAllowed
from server.storage import actors, audit, details, follows, moves, reach
from server.storage.database import Transaction
from server.storage.follows import Recipient
from server.storage.sessions import SignedIn

MOST_ALIASES: Final = 10
_MOST_COMMUNITIES: Final = 2000
_NOT_FOUND: Final = (
    "We found no person there. Write it like @name@agency.example, or paste the address of "
    "their page."
)
_NOT_NOW: Final = "That account's server did not answer us. Try again in a while."
_NO_LINK: Final = (
    "That account does not name this one yet. Sign in there, add this account's handle as one "
    "of yours, and come back."
)


async def name_alias(context: Context, member: SignedIn, text: str) -> Actor:
    """Say that another account is the member's too; it may then move here.

    Raises:
        Invalid: field alias.
    """
    found = await _find_person(context, text, field="alias")

    async with context.database.transaction("accounts.alias") as tx:
        me = await actors.get(tx, member.member.id)
        if found.id == me.id:
            raise Invalid({"alias": "That is this account."})
        if found.uri in me.also_known_as:
            return found
        if len(me.also_known_as) >= MOST_ALIASES:
            raise Invalid({"alias": "You named ten accounts already. Remove one first."})
        await moves.name_others(tx, me.id, (*me.also_known_as, found.uri))
        await _log(tx, context, me, "name-alias", found.uri)
    return found


async def remove_alias(context: Context, member: SignedIn, uri: str) -> None:
    async with context.database.transaction("accounts.remove-alias") as tx:
        me = await actors.get(tx, member.member.id)
        kept = tuple(each for each in me.also_known_as if each != uri)
        await moves.name_others(tx, me.id, kept)


async def move_away(context: Context, member: SignedIn, text: str, password: str) -> Actor:
    """Move to another account, which must name this one: whoever should know is told.

    Raises:
        Invalid: fields target, password.
        NotAllowed: "moved-lately", "suspended".
        TooMany: over as many tries of the password as for signing in.
    """
    await accounts.confirm_password(context, member.member, password)
    new = await _find_person(context, text, field="target")
    if new.id == member.member.id:
        raise Invalid({"target": "That is this account."})
    if member.member.actor.uri not in new.also_known_as:
        raise Invalid({"target": _NO_LINK}, reason="move-not-acknowledged")
    if new.moved_to is not None:
        raise Invalid({"target": "That account has moved itself. Name the one it moved to."})

    async with context.database.transaction("accounts.move") as tx:
        if moving.is_too_soon(context, await moves.lock(tx, member.member.id)):
            sentence = "An account moves once in 30 days, and this one moved lately."
            raise NotAllowed("moved-lately", sentence)
        await moves.declare(tx, member.member.id, new.uri)
        me = await actors.get(tx, member.member.id)
        known_to = await _who_should_know(tx, me, new)
        document = move_account_activity(
            fanout.mint_activity(context),
            actor=me.uri,
            target=new.uri,
            followers=fanout.followers_of(me),
            published=context.now(),
        )
        await telling.tell(tx, context, me, document, known_to)
        await moving.take_effect(tx, context, me, new)
        if new.local:
            await _ask_elsewhere(tx, context, me, new)
        await _log(tx, context, me, "move-away", new.uri)
    return new


async def come_back(context: Context, member: SignedIn) -> None:
    """Open an account again that has moved; what went along stays where it is."""
    async with context.database.transaction("accounts.come-back") as tx:
        before = await actors.get(tx, member.member.id)
        if before.moved_to is None:
            raise Conflict("not-moved", "This account is open.")
        await moves.declare(tx, before.id, None)
        me = await actors.get(tx, before.id)
        keys = await actors.public_keys(tx, me.id, now=context.now())
        document = update_actor_activity(
            fanout.mint_activity(context),
            person_document(me, keys, await details.find(tx, me.id)),
            addressed=Addressing((PUBLIC,), (fanout.followers_of(me),)),
            published=context.now(),
        )
        known_to = await reach.holders(tx, me.id) + await reach.followers(tx, me.id)
        await telling.tell(tx, context, me, document, known_to)
        await _log(tx, context, me, "come-back", before.moved_to)


async def _find_person(context: Context, text: str, *, field: str) -> Actor:
    """Find who is meant, and read them anew from their own server: a copy proves nothing."""
    found = await discovery.look_up(context, text.strip(), may_fetch=True)
    if not isinstance(found, Actor) or found.kind is not ActorKind.PERSON:
        raise Invalid({field: _NOT_FOUND}, reason="person-not-found")
    try:
        person = await discovery.refresh_actor(context, found.uri)
    except FederationError as error:
        raise Invalid({field: _NOT_NOW}, reason=error.reason) from error
    if person.suspended_at is not None:
        raise Invalid({field: _NOT_FOUND}, reason="person-suspended")
    return person


async def _who_should_know(tx: Transaction, me: Actor, new: Actor) -> list[Recipient]:
    known_to = await reach.followers(tx, me.id) + await reach.followed(tx, me.id)
    if not new.local and new.inbox is not None:
        known_to.append(
            Recipient(
                inbox=new.inbox, shared_inbox=new.shared_inbox, host=new.host, software=None
            )
        )
    return known_to


async def _ask_elsewhere(tx: Transaction, context: Context, me: Actor, new: Actor) -> None:
    """Let a new account of ours ask where the old one belongs; their hosts know of the move."""
    for target in await reach.targets(tx, me.id, limit=_MOST_COMMUNITIES):
        if target.local or target.kind is not ActorKind.COMMUNITY:
            continue
        before = await follows.find(tx, new.id, target.id)
        if before is not None and before.state is not FollowState.REFUSED:
            continue
        uri = fanout.mint_activity(context)
        await follows.ask(tx, new.id, target.id, uri, now=context.now())
        await communities.send_follow(tx, context, new, target, uri)


async def _log(tx: Transaction, context: Context, me: Actor, act: str, about: str) -> None:
    await audit.append(tx, actor=me.uri, act=act, about=about, now=context.now())
