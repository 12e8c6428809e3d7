"""What we tell of ourselves in numbers: our version, and counts made once a minute at most."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib import metadata
from typing import Final
from weakref import WeakKeyDictionary

from federation.session import Session
from server.context import Context
from server.storage import served
from server.storage.served import Usage, Week

_LASTS: Final = timedelta(minutes=1)
_SMALLEST_GROUP: Final = 5
_WEEKS: Final = 12
_UNVERSIONED: Final = "0"

# Derived, one entry for each outgoing client: an instance has one of them.
_COUNTED: Final[WeakKeyDictionary[Session, tuple[datetime, Usage]]] = WeakKeyDictionary()
_WEEKLY: Final[WeakKeyDictionary[Session, tuple[datetime, list[Week]]]] = WeakKeyDictionary()


async def usage(context: Context) -> Usage:
    """Count members and public posts; fewer than five people are told as none (product.md)."""
    now = context.now()
    until, counted = _COUNTED.get(context.session, (now, None))
    if counted is not None and until > now:
        return counted
    async with context.database.reading() as tx:
        found = await served.usage(tx, now=now)
    counted = replace(
        found,
        members=_as_group(found.members),
        active_month=_as_group(found.active_month),
        active_half_year=_as_group(found.active_half_year),
    )
    _COUNTED[context.session] = (now + _LASTS, counted)
    return counted


async def weeks(context: Context) -> list[Week]:
    """Count public posts and new members of twelve weeks; few people are told as none."""
    now = context.now()
    until, counted = _WEEKLY.get(context.session, (now, []))
    if until > now:
        return counted
    async with context.database.reading() as tx:
        found = await served.weeks(tx, now=now, limit=_WEEKS)
    counted = [replace(each, joined=_as_group(each.joined)) for each in found]
    _WEEKLY[context.session] = (now + _LASTS, counted)
    return counted


@cache
def own_version() -> str:
    try:
        return metadata.version("commonlore")
    except metadata.PackageNotFoundError:
        return _UNVERSIONED


def _as_group(people: int) -> int:
    return people if people >= _SMALLEST_GROUP else 0
