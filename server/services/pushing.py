"""Members' programs are told of notifications while closed: where, of what, and how it goes."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import structlog

from federation import uris, web_push
from federation.errors import FederationError, Malformed, Unreachable
from federation.session import Fetched
from server.context import Context
from server.services.errors import Invalid, NotFound
from server.storage import pushes
from server.storage.database import Transaction
from server.storage.pushes import Push, Subscription

log = structlog.get_logger()

POLICIES: Final = ("all", "followed", "follower", "none")
#: The types of notification that a program may want to be told of.
ALERTS: Final = (
    "mention",
    "quote",
    "status",
    "reblog",
    "follow",
    "follow_request",
    "favourite",
    "poll",
    "update",
    "quoted_update",
    "admin.sign_up",
    "admin.report",
)
_OFF: Final = "Push is switched off here."
_NOT_LISTED: Final = "The administrators here do not let notifications go through this host."
_NO_ENDPOINT: Final = "The endpoint is no https address that we could reach."
_NO_KEYS: Final = "The keys of the subscription cannot be read."
_LONGEST_ENDPOINT: Final = 2048

#: So long a message is of use, to the push service and to us.
_KEPT: Final = timedelta(hours=48)
_LEASE: Final = timedelta(minutes=2)
_MAIL: Final = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_AT_ONCE: Final = 32
#: How long we wait after each try that failed for now; after the last one it is given up.
_PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
_LONGEST_PAUSE: Final = timedelta(hours=6)
_DIGITS: Final = 7  # of a number of seconds

#: Gives what a program is told of a notification; None where it is to be told nothing.
Compose = Callable[[Transaction, Context, Push], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a program asks for, as it sent it."""

    endpoint: str
    p256dh: str
    auth: str
    standard: bool
    alerts: Mapping[str, bool]
    policy: str


def server_key(context: Context) -> str:
    """Give the public key that programs subscribe with; empty where push is off."""
    if not context.settings.push_hosts:
        return ""
    return web_push.encode(web_push.public_of(context.push_key))


async def subscribe(context: Context, token_id: int, wanted: Wanted) -> Subscription:
    """Tell a program at an address from now on, instead of where it was told before.

    Raises:
        Invalid: field subscription or policy; "push-off" where the operators want no push.
    """
    if not context.settings.push_hosts:
        raise Invalid({"subscription": _OFF}, reason="push-off")
    _check_endpoint(context, wanted.endpoint)
    _check_policy(wanted.policy)
    try:
        receiver = web_push.receiver_from(wanted.p256dh, wanted.auth)
    except Malformed as error:
        raise Invalid({"subscription": _NO_KEYS}, reason=error.reason) from error
    async with context.database.transaction("push.subscribe") as tx:
        return await pushes.subscribe(
            tx,
            token_id,
            endpoint=wanted.endpoint,
            receiver=receiver,
            standard=wanted.standard,
            alerts=_chosen(wanted.alerts),
            policy=wanted.policy,
            now=context.now(),
        )


async def change(
    context: Context, token_id: int, alerts: Mapping[str, bool], policy: str | None
) -> Subscription:
    """Change of what a program is told.

    Raises:
        Invalid: field policy.
        NotFound: "record-not-found": it is told of nothing.
    """
    if policy is not None:
        _check_policy(policy)
    async with context.database.transaction("push.change") as tx:
        found = await pushes.change(tx, token_id, alerts=_chosen(alerts), policy=policy)
    return _there(found)


async def subscription(context: Context, token_id: int) -> Subscription:
    """Find where a program is told.

    Raises:
        NotFound: "record-not-found".
    """
    async with context.database.reading() as tx:
        return _there(await pushes.find(tx, token_id))


async def unsubscribe(context: Context, token_id: int) -> None:
    async with context.database.transaction("push.unsubscribe") as tx:
        await pushes.unsubscribe(tx, token_id)


def _there(found: Subscription | None) -> Subscription:
    if found is None:
        raise NotFound("record-not-found", "Record not found")
    return found


def _chosen(alerts: Mapping[str, bool]) -> list[str]:
    return [name for name in ALERTS if alerts.get(name)]


def _check_policy(policy: str) -> None:
    if policy not in POLICIES:
        raise Invalid({"policy": f"The policy is one of {', '.join(POLICIES)}."})


def _check_endpoint(context: Context, endpoint: str) -> None:
    try:
        context.session.judge(endpoint)
        listed = len(endpoint) <= _LONGEST_ENDPOINT and _listed(context, endpoint)
    except FederationError as error:
        raise Invalid({"subscription": _NO_ENDPOINT}, reason=error.reason) from error
    if not listed:
        raise Invalid({"subscription": _NOT_LISTED}, reason="push-host-not-listed")


def _listed(context: Context, endpoint: str) -> bool:
    host = uris.host_of(endpoint)
    return any(uris.covers(each, host) for each in context.settings.push_hosts)


async def send_due(context: Context, compose: Compose) -> bool:
    """Send some of what is due longest; False when nothing is."""
    async with context.database.transaction("push.claim") as tx:
        due = await pushes.claim(tx, now=context.now(), lease=_LEASE, limit=_AT_ONCE)
    await asyncio.gather(*(_send_safely(context, compose, each) for each in due))
    return bool(due)


async def _send_safely(context: Context, compose: Compose, push: Push) -> None:
    try:
        await _send(context, compose, push)
    except Exception:
        # One that fails takes no other with it; its lease runs out, and its tries do.
        log.exception("push-failed", push=push.id)


async def _send(context: Context, compose: Compose, push: Push) -> None:
    plain = None
    if _is_wanted(context, push):
        async with context.database.reading() as tx:
            plain = await compose(tx, context, push)
    if plain is None:
        await _settle(context, push)
        return
    try:
        answer = await _post(context, push.subscription, plain)
    except Unreachable as error:
        await _again(context, push, error.reason)
    except FederationError as error:
        log.warning("push-refused", subscription=push.subscription.id, reason=error.reason)
        await _settle(context, push)
    else:
        await _heed(context, push, answer)


def _is_wanted(context: Context, push: Push) -> bool:
    """Say whether to try at all, by all that may have changed since it was owed."""
    return (
        push.attempts <= len(_PAUSES)
        and context.now() - push.happened_at < _KEPT
        and _listed(context, push.subscription.endpoint)
        and push.heard
        and _allows(push)
    )


def _allows(push: Push) -> bool:
    match push.subscription.policy:
        case "followed":
            return push.follows
        case "follower":
            return push.followed
        case policy:
            return policy == "all"


async def _post(context: Context, to: Subscription, plain: bytes) -> Fetched:
    message = web_push.proven(
        web_push.encrypt(plain, to.receiver, standard=to.standard),
        to.endpoint,
        context.push_key,
        subject=_subject(context),
        now=context.network_now(),
    )
    headers = {
        "Content-Type": "application/octet-stream",
        "TTL": str(int(_KEPT.total_seconds())),
        "Urgency": "normal",
    }
    return await context.session.post(
        to.endpoint, body=message.body, headers={**headers, **message.headers}
    )


def _subject(context: Context) -> str:
    contact = context.settings.contact
    return f"mailto:{contact}" if _MAIL.fullmatch(contact) else context.home.origin


async def _heed(context: Context, push: Push, answer: Fetched) -> None:
    """Do as the push service says (RFC 8030 5, 7.3, 8.4)."""
    status = answer.status
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        async with context.database.transaction("push.gone") as tx:
            await pushes.remove(tx, push.subscription)
            await pushes.settle(tx, push.id)
    elif status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        await _again(context, push, f"http-{status}", answer.headers.get("retry-after", ""))
    else:
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            log.warning("push-refused", subscription=push.subscription.id, status=status)
        await _settle(context, push)


async def _settle(context: Context, push: Push) -> None:
    async with context.database.transaction("push.settle") as tx:
        await pushes.settle(tx, push.id)


async def _again(context: Context, push: Push, reason: str, after: str = "") -> None:
    """Try again in a while, not before the service said; after the last try give it up."""
    log.info("push-waits", subscription=push.subscription.id, reason=reason)
    if push.attempts >= len(_PAUSES):
        await _settle(context, push)
        return
    pause = _PAUSES[push.attempts]
    if after.isdecimal() and len(after) <= _DIGITS:
        pause = max(pause, min(timedelta(seconds=int(after)), _LONGEST_PAUSE))
    async with context.database.transaction("push.again") as tx:
        await pushes.put_off(tx, push.id, due_at=context.now() + pause)
