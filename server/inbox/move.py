"""Somebody moves to another account; both accounts must say so at their own servers."""

from datetime import datetime

from federation.translate.incoming import move_from
from schemas.records import Actor, ActorKind
from server.context import Context
from server.services import discovery, moving, relocated, standing
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import moves


async def on_move(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Carry followers and memberships to where somebody moved (ACT-09).

    Neither account is believed from a copy of ours: each is fetched anew, once.
    """
    move = move_from(arrived.activity)
    if not move.is_of_account:
        await relocated.on_thread(context, arrived, move)
        return
    if arrived.via is not None:
        raise Ignored("move-through-a-community")
    known = await standing.actor_of(context, arrived)
    async with context.database.reading() as tx:
        _insist_on_rest(context, await moves.last(tx, known.id))
    new = await discovery.refresh_actor(context, move.target_uri)
    _insist_on_welcome(known, new)
    old = await discovery.refresh_actor(context, known.uri)
    if old.moved_to != new.uri:
        raise Ignored("move-not-declared")

    async with arrived.effect() as tx:
        _insist_on_rest(context, await moves.lock(tx, old.id))
        await moving.take_effect(tx, context, old, new)


def _insist_on_rest(context: Context, moved_at: datetime | None) -> None:
    if moving.is_too_soon(context, moved_at):
        raise Ignored("moved-lately")


def _insist_on_welcome(old: Actor, new: Actor) -> None:
    if old.kind is not ActorKind.PERSON or new.kind is not ActorKind.PERSON:
        raise Ignored("move-not-of-a-person")
    if old.id == new.id:
        raise Ignored("move-to-itself")
    if new.suspended_at is not None:
        raise Ignored("target-suspended")
    if new.moved_to is not None:
        raise Ignored("target-moved-on")
    if old.uri not in new.also_known_as:
        raise Ignored("move-not-acknowledged")
