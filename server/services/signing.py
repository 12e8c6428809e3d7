"""How our requests are signed: with whose keys, and by which scheme at which origin."""

from collections.abc import Collection
from functools import partial

import structlog

from federation.session import Sign
from federation.signatures.keys import KeyKind
from federation.signatures.knocking import REMEMBERED, Knock, Knocking, Manner, Scheme
from federation.uris import origin_of
from server.context import Context
from server.storage import actors, knocks
from server.storage.database import DatabaseAway, Transaction
from server.storage.knocks import Habit

log = structlog.get_logger()


def sign_as_agency(context: Context) -> Sign:
    """Give what signs requests in the name of the agency itself, whose key is always public."""
    return Knocking(
        manner=partial(_agency_manner, context),
        heard=partial(_learn, context),
        now=context.network_now,
    )


def sign_in_manner(context: Context, manner: Manner) -> Sign:
    """Give what signs requests to one origin, in a manner that was looked up beforehand."""

    async def known(_url: str) -> Manner:
        return manner

    return Knocking(manner=known, heard=partial(_learn, context), now=context.network_now)


async def manners(
    tx: Transaction, context: Context, wanted: Collection[tuple[int, str]]
) -> dict[tuple[int, str], Manner]:
    """Say how each of our actors (by id) signs for an origin.

    An actor that has no keys is left out. The keys are those of this moment: they may have
    been changed. What is costly, loading them, is cached by content.
    """
    now = context.now()
    rings = await actors.signing_keys(tx, {actor_id for actor_id, _ in wanted}, now=now)
    habits = await knocks.recall(tx, {origin for _, origin in wanted}, since=now - REMEMBERED)
    found = {}
    for actor_id, origin in wanted:
        ring = rings.get(actor_id, {})
        if KeyKind.RSA not in ring:
            log.error("no-signing-key", actor=actor_id)
            continue
        habit = habits[origin]
        found[actor_id, origin] = Manner(
            keys=ring,
            first=_first(habit),
            kind=KeyKind.ED25519 if habit.is_commonlore else KeyKind.RSA,
        )
    return found


def _first(habit: Habit) -> Scheme:
    """Decide about the first knock (product.md, "first signature to an unknown origin")."""
    if habit.taken is not None:
        return habit.taken
    return Scheme.RFC9421 if habit.is_commonlore else Scheme.CAVAGE


async def _agency_manner(context: Context, url: str) -> Manner:
    place = (context.agency_id, origin_of(url))
    async with context.database.reading() as tx:
        return (await manners(tx, context, {place}))[place]


async def _learn(context: Context, knock: Knock) -> None:
    """Count a second knock, and remember the scheme where it opened.

    That the database is away must not undo what the knock was for: it is learned again.
    """
    result = "opened" if knock.opened else "refused"
    context.metrics.second_knocks.labels(knock.scheme, result).inc()
    log.info("knocked-twice", origin=origin_of(knock.url), scheme=knock.scheme, result=result)
    if not knock.opened:
        return
    try:
        async with context.database.transaction("signing.learn") as tx:
            await knocks.remember(tx, origin_of(knock.url), knock.scheme, now=context.now())
    except DatabaseAway as error:
        log.warning("knock-not-remembered", reason=str(error))
