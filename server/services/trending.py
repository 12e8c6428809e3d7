"""What is much discussed: counted by a worker, switched on and off by moderators."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from schemas.records import Role
from server.context import Context
from server.services.errors import NotAllowed
from server.storage import audit, trends
from server.storage.database import Transaction
from server.storage.sessions import SignedIn
from server.storage.trends import Day

#: So long something counts, and so many days are shown of it.
DAYS: Final = 7
#: Below so many different people nothing is much discussed.
FEWEST: Final = 3
#: Figures about people are shown in groups of so many or more (product.md 15).
FEWEST_SHOWN: Final = 5
_MOST: Final = 100


async def count(context: Context) -> None:
    """Count anew what was discussed in the last days; nothing is there where it is off."""
    since = context.now() - timedelta(days=DAYS)
    since_id = int(since.timestamp() * 1000) << 16
    async with context.database.transaction("trending.count") as tx:
        await trends.lock(tx)
        await trends.forget(tx)
        if await trends.are_on(tx):
            await _count(tx, since, since_id)


async def _count(tx: Transaction, since: datetime, since_id: int) -> None:
    await trends.count_threads(tx, since=since, since_id=since_id, fewest=FEWEST, most=_MOST)
    for kind in trends.KINDS:
        await trends.count(tx, kind, since=since, since_id=since_id, fewest=FEWEST, most=_MOST)
        await trends.count_days(tx, kind, since=since, since_id=since_id)


async def switch(context: Context, member: SignedIn, *, on: bool) -> None:
    """Let it be counted and shown, or no longer; what was counted goes at once.

    Raises:
        NotAllowed: "not-a-moderator".
    """
    me = member.member
    if not me.role.reaches(Role.MODERATOR):
        raise NotAllowed("not-a-moderator", "Only a moderator can do that.")
    async with context.database.transaction("trending.switch") as tx:
        await trends.lock(tx)
        await trends.switch(tx, on=on)
        if not on:
            await trends.forget(tx)
        await audit.append(
            tx,
            actor=me.actor.uri,
            act="show-trends" if on else "hide-trends",
            about="",
            now=context.now(),
        )


def week(counted: Sequence[Day], now: datetime) -> list[Day]:
    """Give each of the last seven days, today first; of few people none (product.md 15)."""
    known = {each.day: each for each in counted}
    today = now.astimezone(UTC).date()
    return [_shown(known, today - timedelta(days=back)) for back in range(DAYS)]


def _shown(known: dict[date, Day], day: date) -> Day:
    found = known.get(day, Day(day=day, uses=0, people=0))
    people = found.people if found.people >= FEWEST_SHOWN else 0
    return Day(day=day, uses=found.uses, people=people)
