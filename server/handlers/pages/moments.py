"""Moments in forms: read and written in the zone of the member, by the minute."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from server.handlers.pages.pages import signed_in
from server.services.catalogue import noted
from server.services.errors import Invalid

_UNREADABLE = noted("Enter a day and a time, such as 2026-03-09T14:30.")


def read_moment(request: web.Request, text: str, field: str) -> datetime | None:
    """Read what a field for a day and a time says; None where it is empty.

    Raises:
        Invalid: this field.
    """
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=_zone(request))).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid({field: _UNREADABLE}) from error


def written_moment(request: web.Request, moment: datetime | None) -> str:
    """Write a moment as such a field takes it."""
    if moment is None:
        return ""
    return moment.astimezone(_zone(request)).strftime("%Y-%m-%dT%H:%M")


def _zone(request: web.Request) -> ZoneInfo:
    return ZoneInfo(signed_in(request).member.time_zone)
