"""How old, and how far in the future, a signature may be."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from federation.errors import Unauthentic

# Clocks of other agencies are wrong by up to an hour in practice; a signature without an
# expiry of its own counts for five minutes beyond that.
SKEW = timedelta(hours=1)
LIFETIME = timedelta(minutes=5)
LONGEST_LIFETIME = timedelta(hours=12)

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)


def http_date(now: datetime) -> str:
    """Write the value of a Date header (IMF-fixdate, RFC 9110, 5.6.7)."""
    return format_datetime(now.astimezone(UTC), usegmt=True)


def read_http_date(text: str) -> int:
    """Read a Date header into seconds since 1970; only IMF-fixdate, which all must send.

    Raises:
        Unauthentic: "date-malformed".
    """
    found = _HTTP_DATE.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise Unauthentic("date-malformed")
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    month = _MONTHS.index(found[2]) + 1
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Unauthentic("date-malformed") from error
    return int(moment.timestamp())


def valid_until(*, signed_at: Collection[int], expires: int | None, now: datetime) -> datetime:
    """Say until when a signature counts; refuse one that does not count now (SIG-09, SIG-10).

    Args:
        signed_at: every signed time, seconds since 1970; at least one, and each must be right.
        expires: the signed expiry, seconds since 1970; beyond twelve hours it is cut off.
        now: the receiver's clock.

    Raises:
        Unauthentic: "signature-from-the-future" or "signature-expired".
    """
    if max(signed_at) > now.timestamp() + SKEW.total_seconds():
        raise Unauthentic("signature-from-the-future")
    oldest = min(signed_at)
    end = oldest + LIFETIME.total_seconds()
    if expires is not None:
        end = min(expires, oldest + LONGEST_LIFETIME.total_seconds())
    end += SKEW.total_seconds()
    # Compared as numbers: a date of the year 1 or 9999 has no room for arithmetic.
    if now.timestamp() > end:
        raise Unauthentic("signature-expired")
    return datetime.fromtimestamp(end, UTC)
