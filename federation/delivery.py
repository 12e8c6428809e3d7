"""One delivery to one inbox: the POST, what its answer means, when to try again."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from federation.errors import FederationError, Forbidden, Unauthentic, Unreachable
from federation.media_types import ACTIVITY_JSON
from federation.session import Session, Sign
from federation.signatures.window import read_http_date
from federation.synchronization import HEADER

#: After so long without success a delivery is given up (security.md 3.3).
HORIZON: Final = timedelta(days=7)
#: Requests under way at once for one origin: at most, at least.
WIDEST: Final = 4
_NARROWEST: Final = 1

_WAITS: Final = (
    timedelta(0),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
_LONGEST_WAIT: Final = timedelta(hours=12)
_SPREAD: Final = 0.25

_BREAK_AFTER: Final = 5
_BREAK_WITHIN: Final = timedelta(minutes=10)
_OPEN_FIRST: Final = timedelta(minutes=30)
_OPEN_LONGEST: Final = timedelta(hours=6)

_LONGEST_RETRY_AFTER: Final = timedelta(hours=6)
# Whoever does not believe us, or does not want us, seldom changes their mind in a minute.
_SLOW_RETRY: Final = timedelta(hours=1)
_SECONDS: Final = re.compile("[0-9]{1,9}")
_AGAIN: Final = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
_OVERLOADED: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    }
)
#: How we, and Mastodon, say that the date of a signature is not one that counts now.
_ABOUT_TIME: Final = re.compile(
    rb"signature-(expired|from-the-future)|outside acceptable time window"
)
_UNWANTED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """They have it."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLater:
    """They may take it later.

    Args:
        reason: a stable code.
        status: what they answered; None when there was no answer.
        wait: not before so long, if they said so or we know better.
        slow_down: fewer at once from now on.
        ours: the fault is on our side and says nothing about them.
    """

    reason: str
    status: int | None = None
    wait: timedelta | None = None
    slow_down: bool = False
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """They, or with status None we, will never take it."""

    status: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The inbox is no more (410)."""


Outcome = Delivered | RetryLater | Refused | Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What we know of an origin from our own deliveries; nothing inbound counts (DEL-11).

    Args:
        width: how many requests may be under way at once.
        failed_at: when the latest failures in a row were, five at most.
        failing_since: the first of all failures in a row.
        open_until: until then nothing is sent; after it one probe at a time, until a success.
        open_for: how long the breaker stays open this time.
        pause_until: they asked for a pause until then.
        last_reason: why the last one failed.
    """

    width: int = WIDEST
    failed_at: tuple[datetime, ...] = ()
    failing_since: datetime | None = None
    open_until: datetime | None = None
    open_for: timedelta | None = None
    pause_until: datetime | None = None
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_reason: str = ""


async def deliver(
    session: Session,
    *,
    inbox: str,
    body: bytes,
    sign: Sign,
    now: Callable[[], datetime],
    synchronization: str = "",
) -> Outcome:
    """Post an activity to an inbox once (ActivityPub 7.1); a redirect is not followed (SIG-22).

    Args:
        session: the outgoing client with its deadlines and its guard.
        inbox: personal or shared.
        body: the activity, UTF-8 JSON.
        sign: gives the signature of this attempt (DEL-25).
        now: the clock, against which a Retry-After date is read.
        synchronization: the value of the header of FEP-8fcf; none unless given.
    """
    headers = {"Content-Type": ACTIVITY_JSON}
    if synchronization:
        headers[HEADER] = synchronization
    try:
        answer = await session.post(inbox, body=body, headers=headers, sign=sign)
    except Unreachable as error:
        return RetryLater(reason=error.reason, slow_down=error.reason == "timeout")
    except Forbidden as error:
        # Their name leads to an address that is not public; names get repaired.
        return RetryLater(reason=error.reason)
    except FederationError as error:
        return Refused(status=None, reason=error.reason)
    return read_answer(
        answer.status, answer.headers.get("retry-after", ""), now=now(), said=answer.body
    )


def read_answer(
    status: int, retry_after: str = "", *, now: datetime, said: bytes = b""
) -> Outcome:
    """Say what the answer of an inbox means for the delivery (DEL-08).

    Args:
        status: of the response.
        retry_after: the header; seconds or an HTTP date, believed up to six hours.
        now: what a date is compared with.
        said: the body; "clock-refused" is the reason where it is about the time of a signature.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivered(status=status)
    if status == HTTPStatus.GONE:
        return Gone()
    if status == HTTPStatus.NOT_FOUND:
        return RetryLater(reason="not-found", status=status)
    if status in _UNWANTED:
        reason = "clock-refused" if _ABOUT_TIME.search(said) else f"status-{status}"
        return RetryLater(reason=reason, status=status, wait=_SLOW_RETRY)
    if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RetryLater(
            reason=f"status-{status}",
            status=status,
            wait=_read_retry_after(retry_after, now=now),
            slow_down=status in _OVERLOADED,
        )
    return Refused(status=status, reason=f"status-{status}")


def next_wait(attempts: int, *, age: timedelta, jitter: float) -> timedelta | None:
    """Say how long to wait before the next attempt, or None to give up (security.md 3.3).

    0, 30 s, 2 min, 10 min, 30 min, 1 h, 3 h, 6 h, then every 12 h, a last time at seven days.

    Args:
        attempts: how many there have been.
        age: how long the delivery has waited altogether.
        jitter: from -1 to 1; moves the wait by up to a quarter.
    """
    if age >= HORIZON:
        return None
    wait = _WAITS[attempts] if attempts < len(_WAITS) else _LONGEST_WAIT
    return min(wait * (1 + _SPREAD * jitter), HORIZON - age)


def after(health: Health, outcome: Outcome, *, now: datetime) -> Health:
    """Say how an origin is after one more outcome: breaker and width (security.md 3.3, DEL-09).

    Five failures in a row within ten minutes open the breaker for half an hour; a failed probe
    doubles that, up to six hours. Only a delivery that succeeds closes it.
    """
    if isinstance(outcome, Delivered):
        return Health(
            width=min(health.width + 1, WIDEST),
            last_success_at=now,
            last_failure_at=health.last_failure_at,
        )
    if isinstance(outcome, RetryLater):
        return health if outcome.ours else _put_off(health, outcome, now=now)
    asked = isinstance(outcome, Gone) or outcome.status is not None
    return _answered(health) if asked else health


def _put_off(health: Health, outcome: RetryLater, *, now: datetime) -> Health:
    if outcome.slow_down:
        pause = now + outcome.wait if outcome.wait else health.pause_until
        width = max(health.width // 2, _NARROWEST)
        health = replace(health, width=width, pause_until=pause)
    if outcome.status is not None and outcome.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _answered(health)
    return _failed(health, outcome.reason, now=now)


def _answered(health: Health) -> Health:
    """Forget the failures of one that can be reached, though it did not take this one."""
    return replace(health, failed_at=(), failing_since=None)


def _failed(health: Health, reason: str, *, now: datetime) -> Health:
    health = replace(
        health,
        failed_at=(*health.failed_at, now)[-_BREAK_AFTER:],
        failing_since=health.failing_since or now,
        last_failure_at=now,
        last_reason=reason,
    )
    if health.open_until is None:
        return _open(health, _OPEN_FIRST, now=now) if _breaks(health) else health
    if now < health.open_until:
        return health  # it was on the way before the breaker opened
    doubled = 2 * (health.open_for or _OPEN_FIRST)
    return _open(health, min(doubled, _OPEN_LONGEST), now=now)


def _breaks(health: Health) -> bool:
    times = health.failed_at
    return len(times) == _BREAK_AFTER and times[-1] - times[0] <= _BREAK_WITHIN


def _open(health: Health, duration: timedelta, *, now: datetime) -> Health:
    return replace(health, open_until=now + duration, open_for=duration)


def _read_retry_after(text: str, *, now: datetime) -> timedelta | None:
    """Read delay-seconds or an HTTP date (RFC 9110, 10.2.3); None for what is neither."""
    if _SECONDS.fullmatch(text):
        return min(timedelta(seconds=int(text)), _LONGEST_RETRY_AFTER)
    try:
        moment = datetime.fromtimestamp(read_http_date(text), UTC)
    except Unauthentic:
        return None
    return min(max(moment - now, timedelta(0)), _LONGEST_RETRY_AFTER)
