"""Look an instance over, and say what to do about what is not well."""

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Final, Literal

import PIL

from federation.errors import FederationError
from server import app
from server.config import PREFIX, Settings
from server.context import Context
from server.middleware import assets
from server.services import developing, media
from server.storage import health, migrate
from server.storage import media as stored_media
from server.storage.database import Transaction
from server.storage.health import Facts, Queued
from server.storage.opening import NotOpened

OURS: Final = ("federation", "moderation", "schemas", "server")
OLDEST_POSTGRESQL: Final = 15

_DISTRIBUTION: Final = "commonlore"
_SKEW_SEEN: Final = timedelta(seconds=2)
_SKEW_HARMFUL: Final = timedelta(seconds=30)
_LATE: Final = timedelta(minutes=10)
_DISK_LOW: Final = 5_000_000_000  # bytes
_DISK_FULL: Final = 500_000_000
_FILES: Final = 200

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    level: Level
    about: str
    found: str
    todo: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Give one finding after the other, what needs no database first."""
    yield of_packages(packages_distributions())
    yield _built_files()
    yield of_decoder(PIL.__version__)
    place = settings.state if settings.state.exists() else settings.state.absolute().parent
    yield of_disk(shutil.disk_usage(place).free, place)
    try:
        async with app.context_of(settings) as context:
            yield await _origin(context)
            async with context.database.reading() as tx:
                for finding in await _database(context, tx):
                    yield finding
    except NotOpened as error:
        yield Finding(level="fail", about="database", found=str(error), todo="See above.")


def of_packages(by_package: Mapping[str, Sequence[str]]) -> Finding:
    """Another distribution that ships a package of our name would be imported instead of us."""
    others = {
        other
        for package in OURS
        for other in by_package.get(package, ())
        if other.lower() != _DISTRIBUTION
    }
    if not others:
        return Finding(level="ok", about="packages", found="no other has our names")
    return Finding(
        level="fail",
        about="packages",
        found=f"{', '.join(sorted(others))} has packages named as ours",
        todo="Uninstall it, or give Commonlore a virtual environment of its own.",
    )


def _built_files() -> Finding:
    try:
        missing = [name for name, file in assets.manifest().items() if not assets.find(file)]
    except assets.NotBuilt:
        missing = ["manifest.json"]
    if not missing:
        return Finding(level="ok", about="static files", found="built")
    return Finding(
        level="fail",
        about="static files",
        found=f"not built: {', '.join(missing)}",
        todo="Run `make static`, or install the built wheel.",
    )


def of_disk(free: int, place: Path) -> Finding:
    found = f"{free / 1e9:.1f} GB free at {place}"
    level: Level = "fail" if free < _DISK_FULL else "warn" if free < _DISK_LOW else "ok"
    todo = "" if level == "ok" else "Make room: PostgreSQL stops when the disk is full."
    return Finding(level=level, about="disk", found=found, todo=todo)


async def _origin(context: Context) -> Finding:
    settings = context.settings
    try:
        answer = await context.session.get(f"{settings.origin}/healthz", accept="text/plain")
    except FederationError as error:
        return Finding(
            level="warn",
            about="origin",
            found=f"{settings.origin} does not answer: {error.reason}",
            todo="Start the server, and look at the proxy and the DNS in front of it.",
        )
    if answer.headers.get("server") != "Commonlore":
        return Finding(
            level="fail",
            about="origin",
            found=f"{settings.origin} is answered by something else",
            todo=f"Let the proxy pass Host on, or correct {PREFIX}ORIGIN.",
        )
    if settings.on_loopback:
        return Finding(
            level="warn",
            about="origin",
            found=f"{settings.origin} is on loopback",
            todo=f"No other agency can reach it; set {PREFIX}ORIGIN before you federate.",
        )
    return Finding(level="ok", about="origin", found=f"{settings.origin} answers")


async def _files(context: Context, tx: Transaction) -> Finding:
    """Look whether the files that were kept last are there; a restore may forget them."""
    folder = media.folder_of(context)
    names = await stored_media.some_blobs(tx, limit=_FILES)
    missing = [name for name in names if not folder.find(name).is_file()]
    return of_files(missing, len(names))


def of_files(missing: Sequence[str], looked_at: int) -> Finding:
    if not missing:
        return Finding(level="ok", about="files", found=f"the last {looked_at} are there")
    return Finding(
        level="fail",
        about="files",
        found=f"{len(missing)} of the last {looked_at} are missing",
        todo=f"Restore the folder that {PREFIX}MEDIA names from its backup.",
    )


def of_decoder(version: str) -> Finding:
    if not developing.too_old(version):
        return Finding(level="ok", about="pictures", found=f"Pillow {version}")
    return Finding(
        level="fail",
        about="pictures",
        found=f"Pillow {version} has known holes, so no picture is taken",
        todo="Install what requirements.lock says.",
    )


async def _database(context: Context, tx: Transaction) -> list[Finding]:
    facts = await health.facts(tx)
    findings = [of_version(facts), of_role(facts)]
    if context.settings.clock_file is None:
        findings.append(of_clock(facts.now - context.now()))
    findings.append(await _files(context, tx))
    findings.extend(of_refusers(await health.refusers_of_our_clock(tx)))
    findings.append(of_migrations(await health.migrated_to(tx)))
    findings.extend(of_queues(await health.queued(tx), now=context.now()))
    return findings


def of_version(facts: Facts) -> Finding:
    if facts.version >= OLDEST_POSTGRESQL:
        return Finding(level="ok", about="database", found=f"PostgreSQL {facts.version}")
    return Finding(
        level="fail",
        about="database",
        found=f"PostgreSQL {facts.version} is too old",
        todo=f"Upgrade it to {OLDEST_POSTGRESQL} or newer.",
    )


def of_role(facts: Facts) -> Finding:
    too_much = {
        "is a superuser": facts.superuser,
        "bypasses row security": facts.bypasses_row_security,
        "may change the audit log": facts.may_change_audit,
    }
    held = [right for right, has in too_much.items() if has]
    if not held:
        return Finding(level="ok", about="role", found=f"{facts.role} has what it needs")
    return Finding(
        level="fail",
        about="role",
        found=f"{facts.role} {' and '.join(held)}",
        todo=f"Let {PREFIX}DATABASE name a role of its own, without rights of the owner.",
    )


def of_clock(skew: timedelta) -> Finding:
    skew = abs(skew)
    found = f"{skew.total_seconds():.1f} s from the database's"
    if skew < _SKEW_SEEN:
        return Finding(level="ok", about="clock", found=found)
    return Finding(
        level="fail" if skew > _SKEW_HARMFUL else "warn",
        about="clock",
        found=found,
        todo="Let both machines keep time (NTP): signatures are valid for minutes only.",
    )


def of_refusers(hosts: Sequence[str]) -> Iterator[Finding]:
    """The database's clock may be as wrong as ours; others would know."""
    if hosts:
        yield Finding(
            level="fail",
            about="clock",
            found=f"refused for the time of our signatures by {', '.join(hosts)}",
            todo="Set the clock of this machine (NTP); what waits is sent again by itself.",
        )


def of_migrations(reached: int) -> Finding:
    newest = migrate.known()[-1].number
    if reached == newest:
        return Finding(level="ok", about="migrations", found=f"{reached:04} is the last")
    return Finding(
        level="fail",
        about="migrations",
        found=f"at {reached:04}, this release is at {newest:04}",
        todo="Run `commonlore migrate`, or the release that the database belongs to.",
    )


def of_queues(queued: Sequence[Queued], *, now: datetime) -> Iterator[Finding]:
    sick = False
    for each in queued:
        if each.state == "waiting" and each.due_since is not None:
            late = now - each.due_since
            if late > _LATE:
                sick = True
                yield Finding(
                    level="warn",
                    about="queue",
                    found=f"{each.queue}: {each.count} wait, the oldest is {late} late",
                    todo="See that `commonlore work` runs, and `commonlore deliveries`.",
                )
        elif each.state != "waiting":
            sick = True
            yield _given_up(each)
    if not sick:
        yield Finding(level="ok", about="queues", found="nothing is late")


def _given_up(queued: Queued) -> Finding:
    todo = {
        "inbox": "Read the log for `inbox-failed`, upgrade, then `commonlore inbox redrive`.",
        "deliveries": "See `commonlore deliveries`; moderators can send them again.",
    }
    return Finding(
        level="warn",
        about="queue",
        found=f"{queued.queue}: {queued.count} {queued.state}",
        todo=todo[queued.queue],
    )
