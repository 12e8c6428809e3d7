"""Steer what goes out: pause an origin, resume it, try it now, drop what waits; all logged."""

from dataclasses import dataclass

from federation.uris import authority_of
from server.context import Context
from server.services.errors import Conflict, Invalid, NotFound
from server.storage import actors, audit, origins
from server.storage.database import Transaction
from server.storage.origins import Backlog

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """What a drop would take: so many deliveries, none of them newer than row `through`."""

    origin: str
    count: int
    through: int


async def backlog(context: Context, origin: str) -> Backlog:
    """Give what is owed to an origin.

    Raises:
        NotFound: "origin-unknown"; we never delivered there.
    """
    async with context.database.reading() as tx:
        return await _get(tx, context, origin)


async def heap(context: Context, origin: str) -> Heap:
    """Count what a drop would take, for whoever has to confirm it.

    Raises:
        NotFound: "origin-unknown".
    """
    async with context.database.reading() as tx:
        await _get(tx, context, origin)
        count, through = await origins.droppable(tx, origin)
    return Heap(origin=origin, count=count, through=through)


async def pause(context: Context, origin: str, *, by: int | None, reason: str = "") -> None:
    """Send nothing to an origin until resumed; what waits stays, however long that takes.

    `by` is the operator; None is the command line.

    Raises:
        NotFound: "origin-unknown".
        Invalid: field reason.
    """
    async with context.database.transaction("outgoing.pause") as tx:
        await _get(tx, context, origin)
        if await origins.pause(tx, origin, now=context.now()):
            await _log(tx, context, "pause-deliveries", origin, by=by, reason=reason)


async def resume(context: Context, origin: str, *, by: int | None) -> None:
    """Deliver to an origin again; what waited goes now, in its order.

    Raises:
        NotFound: "origin-unknown".
    """
    async with context.database.transaction("outgoing.resume") as tx:
        await _get(tx, context, origin)
        if await origins.resume(tx, origin, now=context.now()):
            await _log(tx, context, "resume-deliveries", origin, by=by)


async def try_now(context: Context, origin: str, *, by: int | None) -> None:
    """Try an origin at once, whatever its breaker says; one failure opens it again.

    Raises:
        NotFound: "origin-unknown".
        Conflict: "origin-paused".
    """
    async with context.database.transaction("outgoing.try-now") as tx:
        if (await _get(tx, context, origin)).paused_at is not None:
            raise Conflict("origin-paused", "Deliveries are paused. Resume them first.")
        await origins.try_now(tx, origin, now=context.now())
        await _log(tx, context, "retry-deliveries", origin, by=by)


async def drop(
    context: Context, origin: str, *, through: int, by: int | None, reason: str = ""
) -> int:
    """Never send what waits for an origin, up to a row; say how many that were.

    Raises:
        NotFound: "origin-unknown".
        Invalid: field reason.
    """
    async with context.database.transaction("outgoing.drop-begun") as tx:
        await _get(tx, context, origin)
        await _log(tx, context, "drop-deliveries", origin, by=by, reason=reason)
    dropped = 0
    while True:
        async with context.database.transaction("outgoing.drop") as tx:
            more = await origins.drop(tx, origin, through=through, now=context.now())
        if not more:
            return dropped
        dropped += more


async def _get(tx: Transaction, context: Context, origin: str) -> Backlog:
    found = await origins.find(tx, origin, now=context.now())
    if found is None:
        raise NotFound("origin-unknown", "We have never delivered anything there.")
    return found


async def _log(
    tx: Transaction,
    context: Context,
    act: str,
    origin: str,
    *,
    by: int | None,
    reason: str = "",
) -> None:
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": f"The reason may have {LONGEST_REASON} characters."})
    who = "operator" if by is None else (await actors.get(tx, by)).uri
    await audit.append(
        tx,
        actor=who,
        act=act,
        about=authority_of(origin),
        reason=reason.strip(),
        now=context.now(),
    )
