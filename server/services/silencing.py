"""Mute and block people and domains, for oneself alone: they are told nothing of it."""

from datetime import timedelta
from typing import Final

from federation.errors import Malformed
from federation.translate.sanitize import plain
from federation.uris import canonical_host
from schemas.records import Actor, ActorKind
from server.context import Context
from server.services import follow_requests, people
from server.services.errors import Conflict, Invalid, NotFound
from server.storage import actors, lists, private_notes, silences
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

#: Characters of a note about somebody.
LONGEST_NOTE: Final = 2000
_MOST_EDGES: Final = 10_000
_LONGEST_MUTE: Final = timedelta(days=3660)
_NO_DOMAIN: Final = "Enter the domain of an agency or a server, such as learning.example."


async def mute(
    context: Context,
    member: SignedIn,
    actor_id: int,
    *,
    notifications: bool = True,
    lasts: timedelta | None = None,
) -> Actor:
    """Leave somebody out of lists, until unmuted or so long; perhaps their notifications, too.

    Raises:
        NotFound: "account-not-found".
        Conflict: "silences-oneself".
        Invalid: field duration.
    """
    if lasts is not None and not timedelta() < lasts <= _LONGEST_MUTE:
        raise Invalid({"duration": "Choose how long from the list."})
    now = context.now()

    async with context.database.transaction("silencing.mute") as tx:
        actor = await _known(tx, member, actor_id, {ActorKind.PERSON, ActorKind.COMMUNITY})
        await silences.mute(
            tx,
            member.member.id,
            actor.id,
            mute_id=context.ids.mint(now),
            notifications=notifications,
            until=now + lasts if lasts is not None else None,
        )
        return actor


async def unmute(context: Context, member: SignedIn, actor_id: int) -> Actor:
    async with context.database.transaction("silencing.unmute") as tx:
        actor = await _known(tx, member, actor_id, {ActorKind.PERSON, ActorKind.COMMUNITY})
        await silences.unmute(tx, member.member.id, actor.id)
        return actor


async def block(context: Context, member: SignedIn, person_id: int) -> Actor:
    """Block somebody: follows end both ways, and nothing of theirs reaches the member.

    Raises:
        NotFound: "account-not-found".
        Conflict: "silences-oneself".
    """
    async with context.database.transaction("silencing.block") as tx:
        person = await _known(tx, member, person_id, {ActorKind.PERSON})
        await _part(tx, context, member.member.actor, person)
        await silences.block(
            tx, member.member.id, person.id, block_id=context.ids.mint(context.now())
        )
        return person


async def unblock(context: Context, member: SignedIn, person_id: int) -> Actor:
    """Block somebody no longer; no Follow comes back by itself."""
    async with context.database.transaction("silencing.unblock") as tx:
        person = await _known(tx, member, person_id, {ActorKind.PERSON})
        await silences.unblock(tx, member.member.id, person.id)
        return person


async def block_domain(context: Context, member: SignedIn, text: str) -> str:
    """Block all people at a domain and below it, as `block` does; give it as it is spelt here.

    Raises:
        Invalid: field domain.
    """
    domain = _domain(context, text)
    me = member.member.actor
    async with context.database.transaction("silencing.block-domain") as tx:
        for actor in await silences.edges_at(tx, me.id, domain, limit=_MOST_EDGES):
            await _part(tx, context, me, actor)
        await silences.block_domain(tx, me.id, domain, block_id=context.ids.mint(context.now()))
    return domain


async def unblock_domain(context: Context, member: SignedIn, text: str) -> None:
    domain = _domain(context, text)
    async with context.database.transaction("silencing.unblock-domain") as tx:
        await silences.unblock_domain(tx, member.member.id, domain)


async def note(context: Context, member: SignedIn, actor_id: int, text: str) -> Actor:
    """Note something about somebody, which nobody else reads; empty takes it back.

    Raises:
        NotFound: "account-not-found".
        Invalid: field note.
    """
    words = text.strip()
    if len(words) > LONGEST_NOTE:
        raise Invalid({"note": f"The note may have {LONGEST_NOTE} characters."})

    async with context.database.transaction("silencing.note") as tx:
        actor = await _there(tx, actor_id, {ActorKind.PERSON, ActorKind.COMMUNITY})
        await private_notes.put(tx, member.member.id, actor.id, words)
        return actor


async def _part(tx: Transaction, context: Context, me: Actor, other: Actor) -> None:
    """End what there is between two: our Follow is taken back, theirs is refused."""
    await people.unfollow_within(tx, context, me, other)
    await lists.forget(tx, me.id, other.id)
    await follow_requests.end_theirs(tx, context, me, other)


async def _known(
    tx: Transaction, member: SignedIn, actor_id: int, kinds: set[ActorKind]
) -> Actor:
    if actor_id == member.member.id:
        raise Conflict("silences-oneself", "You cannot mute or block yourself.")
    return await _there(tx, actor_id, kinds)


async def _there(tx: Transaction, actor_id: int, kinds: set[ActorKind]) -> Actor:
    try:
        actor = await actors.get(tx, actor_id)
    except LookupError:
        raise _missing() from None
    if actor.kind not in kinds or actor.deleted_at is not None:
        raise _missing()
    return actor


def _missing() -> NotFound:
    return NotFound("account-not-found", "There is no such person or community.")


def _domain(context: Context, text: str) -> str:
    name = plain(text, limit=300).strip().lower().removeprefix("https://").removesuffix("/")
    try:
        domain = canonical_host(name.rpartition("@")[2])
    except Malformed:
        raise Invalid({"domain": _NO_DOMAIN}) from None
    if domain in {context.home.authority, context.home.authority.partition(":")[0]}:
        raise Invalid({"domain": "That is this agency. Block single people here instead."})
    return domain
