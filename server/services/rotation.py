"""Keys of our own actors: listed, and changed so that nobody meets a key they cannot find."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from federation.signatures.keys import KeyPair, generate_ed25519, generate_rsa
from schemas.records import Actor
from server.context import Context
from server.services import introducing
from server.services.errors import Conflict, NotFound
from server.storage import actors, rotations
from server.storage.database import Transaction
from server.storage.rotations import OwnKey

log = structlog.get_logger()

#: How long a new key is published before it signs, and an old one after it no longer does.
OVERLAP: Final = timedelta(hours=24)


async def own_keys(context: Context, name: str | None = None) -> list[OwnKey]:
    """List the keys of one actor of ours by name, or of all of them.

    Raises:
        NotFound: there is no such actor.
    """
    async with context.database.reading() as tx:
        actor = await _named(tx, name) if name else None
        return await rotations.listed(
            tx, now=context.now(), actor_id=actor.id if actor else None
        )


async def rotate(context: Context, name: str, *, overlap: timedelta = OVERLAP) -> datetime:
    """Give one actor of ours new keys; say when they begin to sign.

    They are published at once beside the old ones, and followers are told. After `overlap` they
    sign, and after as long again the old ones are no longer published. Zero means that the old
    ones are stolen: they end now.

    Raises:
        NotFound: there is no such actor.
        Conflict: "rotation-under-way"; only an overlap of zero may cut it short.
    """
    async with context.database.reading() as tx:
        actor = await _named(tx, name)
    return await _rotate(context, actor, overlap)


async def rotate_all(context: Context, *, overlap: timedelta = OVERLAP) -> tuple[int, int]:
    """Do as `rotate` for every actor of ours; say for how many, and how many were under way."""
    async with context.database.reading() as tx:
        found = await rotations.owners(tx)
    done = 0
    for actor_id in found:
        async with context.database.reading() as tx:
            actor = await actors.get(tx, actor_id)
        try:
            await _rotate(context, actor, overlap)
        except Conflict:
            continue
        done += 1
    return done, len(found) - done


async def _rotate(context: Context, actor: Actor, overlap: timedelta) -> datetime:
    mark = context.ids.mint(context.now())
    pairs = await asyncio.to_thread(_generate, actor.uri, mark)

    now = context.now()
    signs_at = now + overlap
    async with context.database.transaction("keys.rotate") as tx:
        await rotations.lock(tx, actor.id)
        if overlap and await _is_under_way(tx, actor, now=now):
            raise Conflict(
                "rotation-under-way",
                f"The keys of {actor.name} are being changed already; see `keys list`.",
            )
        await rotations.replace(
            tx, actor.id, pairs, signs_at=signs_at, ends_at=signs_at + overlap, now=now
        )
        await introducing.tell(tx, context, actor)
    log.info("keys-rotated", actor=actor.uri, signs_at=signs_at.isoformat())
    return signs_at


async def _named(tx: Transaction, name: str) -> Actor:
    actor = await actors.find_local(tx, name.removeprefix("@").lower())
    if actor is None or actor.deleted_at is not None:
        raise NotFound("no-such-actor", f"There is no member or community called {name} here.")
    return actor


async def _is_under_way(tx: Transaction, actor: Actor, *, now: datetime) -> bool:
    listed = await rotations.listed(tx, now=now, actor_id=actor.id)
    return any(key.ends_at is not None for key in listed)


def _generate(uri: str, mark: int) -> tuple[KeyPair, ...]:
    # Never an id that was there before: others may still have the old key under it.
    return (
        generate_rsa(f"{uri}#rsa-key-{mark}", uri),
        generate_ed25519(f"{uri}#ed25519-key-{mark}", uri),
    )
