"""What we tell of ourselves in numbers: our version, and counts made once a minute at most."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib import metadata
from typing import Final
from weakref import WeakKeyDictionary

from federation.session import Session
from server.context import Context
from server.storage import served
from server.storage.served import Usage
from server.storage.weeks import Week, counted

_LASTS: Final = timedelta(minutes=1)
_SMALLEST_GROUP: Final = 5
_WEEKS: Final = 12
_UNVERSIONED: Final = "0"

# Derived, one entry for each outgoing client: an instance has one of them.
_COUNTED: Final[WeakKeyDictionary[Session, tuple[datetime, Usage]]] = WeakKeyDictionary()


async def usage(context: Context) -> Usage:
    """Count members and public posts; fewer than five people are told as none (product.md)."""
    now = context.now()
    until, known = _COUNTED.get(context.session, (now, None))
    if known is not None and until > now:
        return known
    async with context.database.reading() as tx:
        found = await served.usage(tx, now=now)
    told = replace(
        found,
        members=_as_group(found.members),
        active_month=_as_group(found.active_month),
        active_half_year=_as_group(found.active_half_year),
    )
    _COUNTED[context.session] = (now + _LASTS, told)
    return told


async def weeks(context: Context) -> list[Week]:
    """Count what was written here in each of the last weeks, this one first.

    Fewer than five people are told as none (product.md 15).
    """
    now = context.now()
    monday = datetime.combine(now.date() - timedelta(days=now.weekday()), time(), UTC)
    begins = [monday - timedelta(weeks=number) for number in range(_WEEKS)]
    async with context.database.reading() as tx:
        found = await counted(tx, sorted(begins), monday + timedelta(weeks=1))
    return [
        replace(each, writers=_as_group(each.writers), joined=_as_group(each.joined))
        for each in found
    ]


@cache
def own_version() -> str:
    try:
        return metadata.version("commonlore")
    except metadata.PackageNotFoundError:
        return _UNVERSIONED


def _as_group(people: int) -> int:
    return people if people >= _SMALLEST_GROUP else 0
