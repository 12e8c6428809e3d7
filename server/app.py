"""The composition root: build the application, start and stop its parts."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import structlog
from aiohttp import web

from federation import web_push
from federation.session import OutgoingLimits, OutgoingSettings, Session
from federation.signatures.keys import KeyPair, generate_ed25519, generate_rsa
from federation.translate import sanitize
from federation.uris import Home
from schemas.records import Actor, ActorKind
from server import routes
from server.config import Settings
from server.context import Clock, Context, Faults, FileClock, Ids, SystemClock
from server.handlers import system
from server.handlers.activitypub.inbox import SLOWEST_BODY, add_door
from server.handlers.mastodon import live, writing
from server.handlers.mastodon import push as push_entities
from server.handlers.pages.pages import render_error
from server.middleware import CONTEXT, HUB, METRICS, RENDER_ERROR, Route, gates
from server.storage import actors, health, remote_media
from server.storage.database import Bell, Database, connect
from server.storage.opening import opened
from server.streaming import Hub
from server.workers import (
    accounts,
    acquaintance,
    announcements,
    backfill,
    delivery,
    housekeeping,
    inbox,
    polls,
    push,
    runner,
    scheduled,
    synchronization,
    trends,
)

Stop = Callable[[], Awaitable[None]]

_log: Final = structlog.get_logger()

_CHANNELS: Final = ("inbox", "deliveries", "backfill", "accounts", "stream", "pushes")
_LARGEST_BODY: Final = 10_100_000  # bytes, of an archive; each route declares what it takes
_PATIENCE: Final = (
    20.0  # seconds for open requests at the end; loops and database need the rest
)

#: The loops of a process that works, by name.
LOOPS: Final[dict[str, Callable[[Context], Coroutine[Any, Any, None]]]] = {
    "bell": lambda context: context.bell.listen(),
    "inbox": inbox.process_forever,
    "deliveries": delivery.deliver_forever,
    "housekeeping": housekeeping.clean_forever,
    "acquaintance": acquaintance.ask_forever,
    "backfill": backfill.fill_forever,
    "synchronization": synchronization.synchronize_forever,
    "accounts": accounts.work_forever,
    "polls": polls.tell_forever,
    "trends": trends.count_forever,
    "push": lambda context: push.push_forever(context, push_entities.compose),
    "announcements": announcements.tell_forever,
    "scheduled": lambda context: scheduled.publish_forever(context, writing.composed_again),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long we wait for whoever sends to us, in seconds.

    Args:
        head: for the whole head of a request; also for the next one of a connection, and so
            longer than a proxy in front of us keeps an idle one: it must be the first to end.
        body: for the whole body of an activity.
        rest: for what is still sent of a body after its request was answered.
    """

    head: float = 180.0
    body: float = SLOWEST_BODY
    rest: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Which parts of an instance a process runs.

    Args:
        listener: a socket that is bound already; else the address in the settings.
        shared_port: other processes listen on the same port.
        supervise: look after the embedded database; a parent does it for its children.
        table: what the web answers.
        limits: how long we wait for others, and how much we take; the usual unless given.
        patience: how long we wait for those who send to us; the usual unless given.
    """

    web: bool = True
    work: bool = True
    listener: socket.socket | None = None
    shared_port: bool = False
    supervise: bool = True
    table: tuple[Route, ...] = routes.ROUTES
    limits: OutgoingLimits = field(default_factory=OutgoingLimits)
    patience: Patience = field(default_factory=Patience)


@asynccontextmanager
async def running(
    settings: Settings, *, clock: Clock | None = None, parts: Parts | None = None
) -> AsyncIterator[Context]:
    """Run an instance for as long as the block; every part is up when it begins.

    Raises:
        NotOpened: the database cannot be used.
        OSError: the address is taken.
    """
    parts = parts or Parts()
    stops: list[Stop] = []
    async with context_of(
        settings, clock=clock, supervise=parts.supervise, limits=parts.limits
    ) as context:
        try:
            if settings.metrics:
                stops.append(await _listen_for_metrics(context))
            if parts.work:
                loops = {name: partial(loop, context) for name, loop in LOOPS.items()}
                stops.append(runner.start(loops))
            if parts.web:
                stops += await _serve_web(context, settings, parts)
            _log.info("started", origin=settings.origin, web=parts.web, work=parts.work)
            yield context
        finally:
            _log.info("stopping", origin=settings.origin)
            # All at the same time: each may need its twenty seconds, and we are given thirty.
            await asyncio.gather(*(stop() for stop in stops))


@asynccontextmanager
async def context_of(
    settings: Settings,
    *,
    clock: Clock | None = None,
    supervise: bool = True,
    limits: OutgoingLimits | None = None,
) -> AsyncIterator[Context]:
    """Give what use cases need, without listening to anybody."""
    clock = clock or _clock(settings)
    faults = Faults(settings.fault)
    home = Home(settings.origin)
    async with (
        opened(settings, now=clock.now(), supervise=supervise) as url,
        connect(url, size=settings.pool, at=faults.at) as database,
        Session(_outgoing(settings, limits or OutgoingLimits())) as session,
    ):
        async with database.reading() as tx:
            ids = Ids(await health.next_process_number(tx))
        secret = await _get_secret(database, "media", secrets.token_bytes(32))
        push_key = await _get_secret(database, "push", web_push.new_key())
        agency = await _own_actor(database, settings, clock, _agency(home, clock, ids))
        reports = await _own_actor(database, settings, clock, _moderation(home, clock, ids))
        yield Context(
            settings=settings,
            home=home,
            clock=clock,
            ids=ids,
            database=database,
            bell=Bell(url, _CHANNELS),
            session=session,
            faults=faults,
            agency_id=agency.id,
            secret=secret,
            push_key=push_key,
            moderation_id=reports.id,
        )


def build(
    context: Context,
    table: tuple[Route, ...] = routes.ROUTES,
    *,
    slowest_body: float = SLOWEST_BODY,
) -> web.Application:
    """Build the application: routes, middlewares, and what handlers find in it."""
    application = web.Application(client_max_size=_LARGEST_BODY)
    application[CONTEXT] = context
    application[METRICS] = context.metrics
    application[RENDER_ERROR] = render_error
    application[HUB] = Hub()
    application.on_shutdown.append(_end_listening)
    add_door(application, context, slowest=slowest_body)
    gates.install(application)
    routes.register(application, table)
    return application


async def _end_listening(application: web.Application) -> None:
    application[HUB].close()


async def _serve_web(context: Context, settings: Settings, parts: Parts) -> list[Stop]:
    """Listen, and tell those who listen to us what happens."""
    application = build(context, parts.table, slowest_body=parts.patience.body)
    loops = {"stream": lambda: application[HUB].listen_forever(context, live.render)}
    if not parts.work:
        loops["bell"] = context.bell.listen
    return [runner.start(loops), await _listen(application, settings, parts)]


async def _listen(application: web.Application, settings: Settings, parts: Parts) -> Stop:
    address, port = settings.listen_on
    site = _Site(listener=parts.listener, address=address, port=port, shared=parts.shared_port)
    return await _serve(application, site, parts.patience)


async def _listen_for_metrics(context: Context) -> Stop:
    application = web.Application()
    application[CONTEXT] = context
    application[METRICS] = context.metrics
    application.router.add_get("/metrics", system.metrics)
    address, _, port = context.settings.metrics.rpartition(":")
    site = _Site(address=address.strip("[]"), port=int(port))
    return await _serve(application, site, Patience())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    listener: socket.socket | None = None
    address: str
    port: int
    shared: bool = False


async def _serve(application: web.Application, site: _Site, patience: Patience) -> Stop:
    serving = web.AppRunner(
        application,
        access_log=None,
        shutdown_timeout=_PATIENCE,
        keepalive_timeout=patience.head,
        lingering_time=patience.rest,
    )
    await serving.setup()
    try:
        if site.listener is not None:
            await web.SockSite(serving, site.listener).start()
        else:
            address = site.address or "127.0.0.1"
            shared = site.shared or None
            await web.TCPSite(serving, address, site.port, reuse_port=shared).start()
    except BaseException:
        await serving.cleanup()
        raise
    return serving.cleanup


def _clock(settings: Settings) -> Clock:
    return FileClock(settings.clock_file) if settings.clock_file else SystemClock()


def _outgoing(settings: Settings, limits: OutgoingLimits) -> OutgoingSettings:
    return OutgoingSettings(
        user_agent=f"Commonlore/{release()} (+{settings.origin})",
        development_networks=tuple(str(network) for network in settings.development_networks),
        ca_bundle=settings.ca_file,
        # Agencies on one machine are all behind TLS, as we are, or none is.
        development_scheme="https" if settings.secure else "http",
        limits=limits,
    )


def release() -> str:
    """Say which release this is; a tree that was never installed is none."""
    try:
        return version("commonlore")
    except PackageNotFoundError:
        return "0"


async def _get_secret(database: Database, name: str, fresh: bytes) -> bytes:
    async with database.transaction("secret") as tx:
        return await remote_media.secret(tx, name, fresh)


async def _own_actor(
    database: Database, settings: Settings, clock: Clock, first: Actor
) -> Actor:
    """Get an actor that speaks for the agency, made as `first` with its keys where it is not.

    It is called and described as the agency itself.
    """
    summary = sanitize.from_markdown(settings.description).html
    async with database.reading() as tx:
        found = await actors.find(tx, first.uri)
    if found is None:
        await _add_actor(database, clock, first)

    async with database.transaction("agency") as tx:
        actor = await actors.find(tx, first.uri)
        if actor is None:
            raise LookupError("an actor of the agency is not where it was added")
        if (actor.display_name, actor.summary_source) != (settings.name, settings.description):
            await actors.change_profile(
                tx,
                actor.id,
                display_name=settings.name,
                summary=summary,
                summary_source=settings.description,
            )
        return actor


async def _add_actor(database: Database, clock: Clock, first: Actor) -> None:
    now = clock.now()
    keys = await asyncio.to_thread(_generate_keys, first.uri)
    async with database.transaction("agency.add") as tx:
        # Two processes may start at once: the second finds what the first has added.
        if await actors.add(tx, first, now=now):
            for pair in keys:
                await actors.add_key_pair(tx, first.id, pair, now=now)


def _agency(home: Home, clock: Clock, ids: Ids) -> Actor:
    """Give the agency's own actor, which signs what we fetch."""
    now = clock.now()
    return Actor(
        id=ids.mint(now),
        uri=home.agency,
        kind=ActorKind.AGENCY,
        name="actor",
        host=home.authority,
        local=True,
        inbox=home.shared_inbox,
        shared_inbox=home.shared_inbox,
        url=f"{home.origin}/about",
        published_at=now,
    )


def _moderation(home: Home, clock: Clock, ids: Ids) -> Actor:
    """Give the actor from which the agency reports: Lemmy wants one with an outbox."""
    now = clock.now()
    return Actor(
        id=ids.mint(now),
        uri=home.moderation,
        kind=ActorKind.MODERATION,
        name="moderation",
        host=home.authority,
        local=True,
        inbox=home.collection(home.moderation, "inbox"),
        shared_inbox=home.shared_inbox,
        outbox=home.collection(home.moderation, "outbox"),
        url=f"{home.origin}/about",
        published_at=now,
    )


def _generate_keys(uri: str) -> tuple[KeyPair, ...]:
    return (
        generate_rsa(f"{uri}#main-key", uri),
        generate_ed25519(f"{uri}#ed25519-key", uri),
    )
