"""An archive is brought from another account: what it follows is asked for again."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Final

import orjson
import structlog

from federation.errors import FederationError
from schemas.records import Actor, ActorKind
from server.context import Context
from server.services import (
    accounts,
    archives,
    communities,
    discovery,
    feed_following,
    people,
    profiles,
    silencing,
    tagging,
)
from server.services.errors import Conflict, Refusal
from server.services.profiles import Changes
from server.storage import account_jobs, audit, members
from server.storage.account_jobs import Job, JobKind
from server.storage.members import Member
from server.storage.sessions import SignedIn

log = structlog.get_logger()

#: What could not be asked for is told so long; then the text and the list are dropped.
KEPT: Final = timedelta(days=7)
#: So many are asked for before others have their turn; each may be slow to answer.
_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an archive: the text it offers, and the addresses that were refused."""

    about: str = ""
    refused: tuple[str, ...] = ()


class _What(Enum):
    """What a line of an archive asks for."""

    DOMAIN = "domain"
    BLOCK = "block"
    MUTE = "mute"
    HASHTAG = "hashtag"
    MEMBERSHIP = "membership"
    FOLLOW = "follow"


@dataclass(slots=True, kw_only=True)
class _Wanted:
    follows: list[str] = field(default_factory=list)
    memberships: list[str] = field(default_factory=list)
    about: str = ""
    refused: list[str] = field(default_factory=list)
    mutes: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    hashtags: list[str] = field(default_factory=list)

    @property
    def all(self) -> list[tuple[_What, str]]:
        # Whom somebody does not want to hear comes first: no Follow is to reach them.
        return [
            *((_What.DOMAIN, each) for each in self.domains),
            *((_What.BLOCK, each) for each in self.blocks),
            *((_What.MUTE, each) for each in self.mutes),
            *((_What.HASHTAG, each) for each in self.hashtags),
            *((_What.MEMBERSHIP, each) for each in self.memberships),
            *((_What.FOLLOW, each) for each in self.follows),
        ]


async def bring(context: Context, member: SignedIn, raw: bytes) -> int:
    """Take an archive, and let a worker ask for all in it; give how much that is.

    Raises:
        Invalid: field archive, as `archives.unpacked`.
        Conflict: "archive-under-way".
    """
    brought = await asyncio.to_thread(archives.unpacked, raw)
    wanted = _Wanted(
        follows=list(brought.follows),
        memberships=list(brought.memberships),
        about=brought.about,
        mutes=list(brought.mutes),
        blocks=list(brought.blocks),
        domains=list(brought.domains),
        hashtags=list(brought.hashtags),
    )
    now = context.now()
    async with context.database.transaction("taking-in.ask") as tx:
        if not await account_jobs.ask(
            tx,
            context.ids.mint(now),
            member.member.id,
            JobKind.IMPORT,
            content=orjson.dumps(wanted),
            of_steps=len(wanted.all),
            now=now,
        ):
            raise Conflict("archive-under-way", "An archive is being taken in already.")
        uri = member.member.actor.uri
        await audit.append(tx, actor=uri, act="take-archive-in", about=uri, now=now)
    return len(wanted.all)


async def use_about(context: Context, member: SignedIn) -> None:
    """Make the text that an archive offers the text about the member."""
    async with context.database.reading() as tx:
        job = await account_jobs.latest(tx, member.member.id, JobKind.IMPORT)
        content = await account_jobs.content(tx, job.id) if job else None
    about = outcome(content).about
    if about:
        changes = Changes(about=about[: accounts.LONGEST_SUMMARY])
        await profiles.change(context, member, changes)


def outcome(content: bytes | None) -> Taken:
    """Read what a job keeps of an archive."""
    if content is None:
        return Taken()
    kept: dict[str, Any] = orjson.loads(content)
    return Taken(about=kept["about"], refused=tuple(kept["refused"]))


async def work_on(context: Context, job: Job) -> None:
    """Ask for some of what an archive lists, through the usual doors; then let others on."""
    async with context.database.reading() as tx:
        content = await account_jobs.content(tx, job.id)
        member = await members.get(tx, job.member_id)
    if member.actor.suspended_at is not None:
        async with context.database.transaction("taking-in.step") as tx:
            await account_jobs.finish(tx, job.id, reason="suspended", now=context.now())
        return
    wanted = _Wanted(**orjson.loads(content or b"{}"))
    everything = wanted.all
    place = job.steps
    for what, name in everything[place : place + _AT_ONCE]:
        if not await _ask(context, _as_signed_in(member), what, name):
            wanted.refused.append(name)
        place += 1

    now = context.now()
    async with context.database.transaction("taking-in.step") as tx:
        await account_jobs.step(
            tx, job.id, steps=place, of_steps=len(everything), lease_until=now
        )
        if place < len(everything):
            await account_jobs.keep(tx, job.id, orjson.dumps(wanted), due_at=now)
            return
        told = _Wanted(about=wanted.about, refused=wanted.refused)
        await account_jobs.finish(
            tx, job.id, content=orjson.dumps(told), expires_at=now + KEPT, now=now
        )


async def _ask(context: Context, member: SignedIn, what: _What, name: str) -> bool:
    """Ask to follow or to belong, mute or block anew; False where that cannot be done."""
    try:
        match what:
            case _What.DOMAIN:
                await silencing.block_domain(context, member, name)
            case _What.HASHTAG:
                await tagging.follow(context, member, name)
            case _:
                actor = await discovery.find_or_fetch_actor(context, name)
                return await _ask_actor(context, member, what, actor)
    except (FederationError, Refusal) as refusal:
        log.info("not-asked-again", reason=refusal.reason)
        return False
    return True


async def _ask_actor(context: Context, member: SignedIn, what: _What, actor: Actor) -> bool:
    match what, actor.kind:
        case _What.MEMBERSHIP, ActorKind.COMMUNITY:
            await communities.join(context, member, actor.id)
        case _What.FOLLOW, ActorKind.PERSON:
            await people.follow(context, member, actor.id)
        case _What.FOLLOW, ActorKind.FEED:
            await feed_following.follow(context, member, actor.id)
        case _What.BLOCK, ActorKind.PERSON:
            await silencing.block(context, member, actor.id)
        case _What.MUTE, ActorKind.PERSON | ActorKind.COMMUNITY:
            await silencing.mute(context, member, actor.id)
        case _:
            return False
    return True


def _as_signed_in(member: Member) -> SignedIn:
    """Let a member do through a worker what they could do on a page; none of it asks more."""
    return SignedIn(
        session_id=0,
        csrf="",
        member=member,
        joined=frozenset(),
        stewards=frozenset(),
        unread=0,
    )
