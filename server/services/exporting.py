"""A member's archive: asked for, made by a worker, fetched by nobody but them."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import orjson

from federation.audience import Addressing
from federation.translate.outgoing_activities import like_activity
from federation.translate.outgoing_actors import person_document
from schemas.records import Actor, ActorKind, MemberPrincipal, Surface
from schemas.wire.collections import ordered_collection, without_context
from schemas.wire.vocabulary import CONTEXT
from server.context import Context
from server.services import archives, own_tables, reading, sharing
from server.services.errors import Conflict, NotFound
from server.storage import (
    account_jobs,
    actors,
    audit,
    communities,
    details,
    marks,
    members,
    posts,
    reach,
    served,
    takeouts,
)
from server.storage.account_jobs import Job, JobKind
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

#: An archive is there so long, and is then destroyed.
KEPT: Final = timedelta(days=7)
_LEASE: Final = timedelta(minutes=10)
_MOST_FOLLOWED: Final = 20_000
_NOBODY: Final = Addressing((), ())
_README: Final = """\
This is the archive of {handle}, made on {day}.

actor.json       your profile, as other servers read it (ActivityPub)
outbox.json      everything you wrote, with the Markdown as you typed it
likes.json       where you said that something helped, and your thanks
follows.csv      the people you follow
memberships.csv  the communities you belong to, and where you are a steward
collections.csv  the collections of communities that you follow
bookmarks.csv    the posts that you keep
mutes.csv        whom you muted, and whether their notifications, too
blocks.csv       whom you blocked
domain_blocks.csv  the servers that you blocked
lists.csv        your lists, and who is in them
filters.csv      the words of your filters
hashtags.csv     the hashtags that you follow
shown_hashtags.csv  the hashtags that your profile shows
pinned.csv       the posts that you pinned to your profile
recommended.csv  the people and communities that your profile recommends
not_suggested.csv  the people and communities that are not to be suggested to you
quiet_threads.csv  the threads of which you want to hear no more
scheduled.csv    what you wrote to be published later, and when

To go on elsewhere: sign in to your new account, open Settings, "Your archive", and bring this
file there. It asks for the same follows and memberships again; each of them may say no. It
mutes and blocks the same people and servers, and follows the same hashtags. Your
posts stay where you wrote them: this file keeps you a copy, and nobody can put them back under
another name.

Your notifications, your password and what others wrote are not in here.
Whoever has this file can read it. Keep it as you keep letters.
"""


async def ask(context: Context, member: SignedIn) -> None:
    """Ask for an archive; a worker makes it.

    Raises:
        Conflict: "archive-under-way".
    """
    now = context.now()
    async with context.database.transaction("exporting.ask") as tx:
        job_id, member_id = context.ids.mint(now), member.member.id
        total = await takeouts.count_written(tx, member_id)
        if not await account_jobs.ask(
            tx, job_id, member_id, JobKind.EXPORT, of_steps=total, now=now
        ):
            raise Conflict("archive-under-way", "Your archive is being made already.")
        uri = member.member.actor.uri
        await audit.append(tx, actor=uri, act="ask-for-archive", about=uri, now=now)


async def fetch(context: Context, member: SignedIn, job_id: int) -> bytes:
    """Give a member their own archive, and note that it was fetched.

    Raises:
        NotFound: there is none, it is somebody else's, or its time is over.
    """
    now = context.now()
    async with context.database.transaction("exporting.fetch") as tx:
        found = await account_jobs.archive(tx, job_id, member.member.id, now=now)
        if found is None:
            raise NotFound("archive-not-found", "That archive is not there any more.")
        uri = member.member.actor.uri
        await audit.append(tx, actor=uri, act="fetch-archive", about=uri, now=now)
    return found


async def work_on(context: Context, job: Job) -> None:
    """Make an archive from the start: it is of one moment, as near as that can be had."""
    async with context.database.reading() as tx:
        member = await members.get(tx, job.member_id)
        joined = await takeouts.joined(tx, member.id)
        keys = await actors.public_keys(tx, member.id, now=context.now())
        said = await details.find(tx, member.id)
        followed = await reach.targets(tx, member.id, limit=_MOST_FOLLOWED)
        stewards_of = {
            each.id
            for each in followed
            if each.kind is ActorKind.COMMUNITY
            and await communities.is_steward(tx, each.id, member.id)
        }
    me = member.actor
    principal = MemberPrincipal(actor_id=me.id, role=member.role, joined=joined)
    written = await _written(context, job, principal)
    liked = await _liked(context, me)
    files = {
        "README.txt": _README.format(
            handle=me.handle, day=context.now().date().isoformat()
        ).encode(),
        "actor.json": _json(person_document(me, keys, said)),
        "outbox.json": _json(_collection(me, "outbox", written)),
        "likes.json": _json(_collection(me, "likes", liked)),
        "follows.csv": _addresses_of(followed, ActorKind.PERSON),
        "memberships.csv": _communities(followed, stewards_of),
        "collections.csv": _addresses_of(followed, ActorKind.FEED),
        **await own_tables.of_member(context, me.id),
    }
    packed = await asyncio.to_thread(archives.packed, files)

    now = context.now()
    async with context.database.transaction("exporting.done") as tx:
        await account_jobs.finish(tx, job.id, content=packed, expires_at=now + KEPT, now=now)


async def _written(
    context: Context, job: Job, principal: MemberPrincipal
) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    after = 0
    while True:
        async with context.database.reading() as tx:
            ids = await takeouts.written(tx, principal.actor_id, after=after)
            for post_id in ids:
                documents += await _document(tx, context, principal, post_id)
        if not ids:
            return documents
        after = ids[-1]
        async with context.database.transaction("exporting.step") as tx:
            await account_jobs.step(
                tx,
                job.id,
                steps=len(documents),
                of_steps=max(job.of_steps, len(documents)),
                lease_until=context.now() + _LEASE,
            )


async def _document(
    tx: Transaction, context: Context, principal: MemberPrincipal, post_id: int
) -> list[dict[str, Any]]:
    kept = await served.find(tx, post_id)
    released = sharing.release(context, kept.post, principal, Surface.PAGE) if kept else None
    if kept is None or released is None:
        return []
    return [without_context(reading.document_of(released, kept))]


async def _liked(context: Context, me: Actor) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = []
    after = 0
    while True:
        async with context.database.reading() as tx:
            ids = await takeouts.marked(tx, me.id, after=after)
            for post_id in ids:
                mark = await marks.find(tx, me.id, post_id)
                sealed = await posts.find(tx, post_id)
                if mark is not None and sealed is not None:
                    like = like_activity(
                        mark, addressed=_NOBODY, community=sealed.facts.community_uri
                    )
                    documents.append(without_context(like))
        if not ids:
            return documents
        after = ids[-1]


def _collection(me: Actor, name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    uri = me.outbox if name == "outbox" and me.outbox else f"{me.uri}/{name}"
    return ordered_collection(uri, list(items)) | {"@context": CONTEXT}


def _addresses_of(followed: list[Actor], kind: ActorKind) -> bytes:
    rows = [(each.handle.removeprefix("@"), each.uri) for each in followed if each.kind is kind]
    return archives.table(("Account address", "Address"), rows)


def _communities(followed: list[Actor], stewards_of: set[int]) -> bytes:
    rows = [
        (each.handle.removeprefix("@"), each.uri, "yes" if each.id in stewards_of else "no")
        for each in followed
        if each.kind is ActorKind.COMMUNITY
    ]
    return archives.table(("Community address", "Address", "Steward"), rows)


def _json(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)
