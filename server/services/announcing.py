"""Announcements of the agency: moderators write and publish them, members react to them."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.translate import sanitize
from federation.translate.incoming_parts import is_emoji
from server.context import Context
from server.services import calling
from server.services.catalogue import noted
from server.services.errors import Invalid, NotFound
from server.storage import announcements, audit
from server.storage.announcements import Announcement
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

LONGEST: Final = 5000
#: So many kinds of emoji at most under one announcement, as in Mastodon.
MOST_KINDS: Final = 8
_LONG: Final = noted("The text may have 5000 characters; this one has more.")
_EMPTY: Final = noted("Write something; there is no text yet.")
_ENDS: Final = noted("The end must come after the start, and after now.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementDraft:
    """What a moderator wrote: Markdown; from when and until when it is there, or always."""

    source: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def missing() -> NotFound:
    return NotFound("record-not-found", "Record not found")


async def write(context: Context, draft: AnnouncementDraft) -> int:
    """Keep a draft; nobody but moderators sees it yet. Gives its id.

    Raises:
        Invalid: fields body, ends.
    """
    now = context.now()
    made = await _made(context, context.ids.mint(now), draft)
    async with context.database.transaction("announcements.add") as tx:
        await announcements.add(tx, made)
    return made.id


async def change(
    context: Context, moderator: SignedIn, announcement_id: int, draft: AnnouncementDraft
) -> None:
    """Change words and times; what is published is published anew, and logged.

    Raises:
        Invalid: as `write`.
        NotFound: "record-not-found".
    """
    made = await _made(context, announcement_id, draft)
    async with context.database.transaction("announcements.change") as tx:
        before = await get(tx, announcement_id)
        await announcements.change(tx, made)
        await announcements.settle(tx, now=context.now())
        if before.published_at is not None:
            await _log(tx, context, moderator, announcement_id, "change-announcement")


async def publish(context: Context, moderator: SignedIn, announcement_id: int) -> None:
    """Show it to all members, from its start on.

    Raises:
        NotFound: "record-not-found".
        Invalid: field ends, where its end has passed.
    """
    now = context.now()
    async with context.database.transaction("announcements.publish") as tx:
        found = await get(tx, announcement_id)
        if found.ends_at is not None and found.ends_at <= now:
            raise Invalid({"ends": _ENDS})
        if await announcements.publish(tx, announcement_id, now=now):
            await announcements.settle(tx, now=now)
            await _log(tx, context, moderator, announcement_id, "publish-announcement")


async def withdraw(context: Context, moderator: SignedIn, announcement_id: int) -> None:
    """Show it to nobody any more; it is a draft again.

    Raises:
        NotFound: "record-not-found".
    """
    now = context.now()
    async with context.database.transaction("announcements.withdraw") as tx:
        await get(tx, announcement_id)
        if await announcements.withdraw(tx, announcement_id, now=now):
            await announcements.settle(tx, now=now)
            await _log(tx, context, moderator, announcement_id, "withdraw-announcement")


async def remove(context: Context, moderator: SignedIn, announcement_id: int) -> None:
    """Delete it, with all that members said to it.

    Raises:
        NotFound: "record-not-found".
    """
    now = context.now()
    async with context.database.transaction("announcements.remove") as tx:
        found = await get(tx, announcement_id)
        if await announcements.withdraw(tx, announcement_id, now=now):
            await announcements.settle(tx, now=now)
        await announcements.remove(tx, found.id)
        await _log(tx, context, moderator, announcement_id, "remove-announcement")


async def get(tx: Transaction, announcement_id: int) -> Announcement:
    """Give one for the moderators, whether it is published or not.

    Raises:
        NotFound: "record-not-found".
    """
    found = await announcements.find(tx, announcement_id)
    if found is None:
        raise missing()
    return found


async def _log(
    tx: Transaction, context: Context, moderator: SignedIn, announcement_id: int, act: str
) -> None:
    await audit.append(
        tx,
        actor=moderator.member.actor.uri,
        act=act,
        about=f"{context.home.origin}/moderation/announcements/{announcement_id}",
        now=context.now(),
    )


async def _made(
    context: Context, announcement_id: int, draft: AnnouncementDraft
) -> Announcement:
    now, wrong = context.now(), {}
    if len(draft.source) > LONGEST:
        raise Invalid({"body": _LONG})
    clean = await asyncio.to_thread(sanitize.from_markdown, draft.source)
    if not clean.text:
        wrong["body"] = _EMPTY
    if draft.ends_at is not None and draft.ends_at <= max(now, draft.starts_at or now):
        wrong["ends"] = _ENDS
    if wrong:
        raise Invalid(wrong)
    said = await calling.written(context, clean)
    return Announcement(
        id=announcement_id,
        source=draft.source,
        html=said.clean.html,
        hashtags=tuple(each.name for each in said.hashtags),
        mention_ids=tuple(each.id for each in said.people),
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        created_at=now,
        updated_at=now,
    )


async def dismiss(context: Context, member: SignedIn, announcement_id: int) -> None:
    """Do not show it to this member any more.

    Raises:
        NotFound: "record-not-found", also of a draft and of what is over.
    """
    now = context.now()
    async with context.database.transaction("announcements.dismiss") as tx:
        if not await announcements.hold(tx, announcement_id, now=now):
            raise missing()
        await announcements.dismiss(tx, announcement_id, member.member.id, now=now)


async def react(context: Context, member: SignedIn, announcement_id: int, name: str) -> None:
    """Put an emoji under it.

    Raises:
        Invalid: field name, "no-emoji", "too-many-reactions".
        NotFound: as `dismiss`.
    """
    if not is_emoji(name):
        raise Invalid({"name": "Name is not a recognized emoji"}, reason="no-emoji")
    now = context.now()
    async with context.database.transaction("announcements.react") as tx:
        if not await announcements.hold(tx, announcement_id, now=now):
            raise missing()
        there = await announcements.reactions(tx, [announcement_id], member_id=member.member.id)
        kinds = {each.name for each in there.get(announcement_id, ())}
        if name not in kinds and len(kinds) >= MOST_KINDS:
            sentence = "Limit of different reactions reached"
            raise Invalid({"name": sentence}, reason="too-many-reactions")
        if await announcements.react(tx, announcement_id, member.member.id, name, now=now):
            await announcements.tell_reaction(tx, announcement_id, name, now=now)


async def take_back(
    context: Context, member: SignedIn, announcement_id: int, name: str
) -> None:
    """Take an emoji back.

    Raises:
        NotFound: as `dismiss`, and where the member put no such emoji there.
    """
    now = context.now()
    async with context.database.transaction("announcements.take-back") as tx:
        if not await announcements.hold(tx, announcement_id, now=now):
            raise missing()
        if not await announcements.take_back(tx, announcement_id, member.member.id, name):
            raise missing()
        await announcements.tell_reaction(tx, announcement_id, name, now=now)
