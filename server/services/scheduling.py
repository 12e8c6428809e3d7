"""Posts that members want published later: taken in, given another time, published when due."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from federation.translate import sanitize
from schemas.records import Kind, PostFacts
from server.context import Context
from server.services import calling, composing, polls, posts
from server.services.attaching import Chosen
from server.services.composing import Composed
from server.services.errors import Conflict, Invalid, NotFound
from server.services.media_forms import refused
from server.services.polls import PollDraft
from server.services.posts import LONGEST_SOURCE, Draft
from server.storage import scheduled
from server.storage.database import Transaction
from server.storage.scheduled import Form, Scheduled
from server.storage.sessions import SignedIn

#: So far ahead at least, so that nobody publishes by mistake what they wanted to look at again.
SOONEST: Final = timedelta(minutes=5)
_LATEST: Final = timedelta(days=3660)
MOST: Final = 300
MOST_A_DAY: Final = 50
#: In Mastodon's words, which scripts compare.
_TOO_SOON: Final = "Scheduled at The scheduled date must be in the future"
_TOO_LATE: Final = "Scheduled at The scheduled date must be within ten years"
_TOO_MANY: Final = f"You have exceeded the limit of {MOST} scheduled posts"
_TOO_MANY_THAT_DAY: Final = (
    f"You have exceeded the limit of {MOST_A_DAY} scheduled posts for that day"
)
#: Reads what a client sent, in the words of clients, as it was composed.
Read = Callable[[Mapping[str, Any]], Composed]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True)


class StoredFile(_Stored):
    """A file that was chosen for a thread, and what is said of it there."""

    id: int
    description: str | None = None


class StoredPoll(_Stored):
    """What can be chosen, whether several at once, and for how many hours."""

    choices: tuple[str, ...]
    several: bool = False
    hours: int


class Thread(_Stored):
    """What somebody wrote on a page to open a thread with: all that the form says."""

    community_id: int
    kind: Kind
    title: str
    body: str
    topic: str | None = None
    quotes: int | None = None
    files: tuple[StoredFile, ...] = ()
    poll: StoredPoll | None = None

    def draft(self) -> Draft:
        return Draft(
            source=self.body,
            title=self.title,
            topic=self.topic,
            quotes=self.quotes,
            media=tuple(
                Chosen(id=each.id, description=each.description) for each in self.files
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be published when; `params` are what was sent, to be read anew then.

    `key` says that two requests are one.
    """

    written: Composed | Thread
    params: Mapping[str, Any]
    due_at: datetime
    key: str | None = None


async def take(context: Context, member: SignedIn, wish: Wish) -> Scheduled:
    """Keep what is to be published later; whatever would be refused now is refused now.

    Raises:
        Invalid: field scheduled_at: "too-soon", "too-late", "too-many-scheduled"; or as
            publishing it now would.
        Conflict: "done-already", by another request with the same key.
    """
    now = context.now()
    _insist_on_time(wish.due_at, now)
    chosen = await _rehearse(context, member, wish.written)
    new = Scheduled(
        id=context.ids.mint(now),
        member_id=member.member.id,
        form=Form.STATUS if isinstance(wish.written, Composed) else Form.THREAD,
        params=wish.params,
        due_at=wish.due_at,
        created_at=now,
        key=wish.key,
    )
    async with context.database.transaction("scheduled.add") as tx:
        await _insist_on_room(tx, member, wish.due_at)
        if not await scheduled.add(tx, new):
            raise Conflict("done-already", "This was sent before, and is there.")
        ids = list(dict.fromkeys(each.id for each in chosen))
        if not await scheduled.reserve(tx, member.member.id, new.id, ids):
            raise refused("media-not-yours")
    return new


async def _rehearse(
    context: Context, member: SignedIn, written: Composed | Thread
) -> tuple[Chosen, ...]:
    """Publish it, and undo all of that: what is refused then is refused by the same rules."""
    draft = _draft_of(written)
    if len(draft.source) <= LONGEST_SOURCE:
        # Whoever it names is looked up and kept: what is undone must not find them anew.
        clean = await asyncio.to_thread(sanitize.from_markdown, draft.source)
        await calling.written(context, clean)
    undone = replace(context, database=replace(context.database, keeps=False))
    await _publish(undone, member, written, draft)
    return draft.media or ()


def _insist_on_time(due_at: datetime, now: datetime) -> None:
    if due_at <= now + SOONEST:
        raise Invalid({"scheduled_at": _TOO_SOON}, reason="too-soon")
    if due_at > now + _LATEST:
        raise Invalid({"scheduled_at": _TOO_LATE}, reason="too-late")


async def _insist_on_room(
    tx: Transaction, member: SignedIn, due_at: datetime, *, but: int = 0
) -> None:
    zone = ZoneInfo(member.member.time_zone)
    day = due_at.astimezone(zone).date()
    since = datetime.combine(day, time(), zone)
    until = datetime.combine(day + timedelta(days=1), time(), zone)
    total, that_day = await scheduled.counts(
        tx, member.member.id, since=since, until=until, but=but
    )
    for many, most, sentence in (
        (total, MOST, _TOO_MANY),
        (that_day, MOST_A_DAY, _TOO_MANY_THAT_DAY),
    ):
        if many >= most:
            raise Invalid({"scheduled_at": sentence}, reason="too-many-scheduled")


async def find_by_key(context: Context, member: SignedIn, key: str | None) -> Scheduled | None:
    """Find what a member scheduled with this key before."""
    if key is None:
        return None
    async with context.database.reading() as tx:
        return await scheduled.find_by_key(tx, member.member.id, key)


async def get(tx: Transaction, member: SignedIn, scheduled_id: int) -> Scheduled:
    """Give a member what they wrote for later.

    Raises:
        NotFound: "record-not-found", also where it is somebody else's.
    """
    found = await scheduled.find(tx, member.member.id, scheduled_id)
    if found is None:
        raise NotFound("record-not-found", "Record not found")
    return found


async def move(
    context: Context, member: SignedIn, scheduled_id: int, due_at: datetime
) -> Scheduled:
    """Give it another time; what was refused is tried again then.

    Raises:
        NotFound: as `get`.
        Invalid: field scheduled_at, as `take`.
        Conflict: "published-now".
    """
    now = context.now()
    _insist_on_time(due_at, now)
    async with context.database.transaction("scheduled.move") as tx:
        found = await get(tx, member, scheduled_id)
        await _insist_on_room(tx, member, due_at, but=found.id)
        moved = await scheduled.move(tx, member.member.id, found.id, due_at=due_at, now=now)
        if not moved:
            raise _under_way()
        return await get(tx, member, scheduled_id)


async def cancel(context: Context, member: SignedIn, scheduled_id: int) -> None:
    """Forget it; the files that waited with it are kept for a day.

    Raises:
        NotFound: as `get`.
        Conflict: "published-now".
    """
    now = context.now()
    async with context.database.transaction("scheduled.cancel") as tx:
        found = await get(tx, member, scheduled_id)
        if not await scheduled.cancel(tx, member.member.id, found.id, now=now):
            raise _under_way()


def _under_way() -> Conflict:
    return Conflict("published-now", "It is being published at this very moment.")


async def publish(
    context: Context, member: SignedIn, due: Scheduled, read: Read, *, once: str
) -> PostFacts:
    """Publish what is due by the rules of this moment, as if it was sent now.

    Raises:
        Conflict: "done-already" where it was published and nobody noted that.
        Refusal: whatever else is in the way.
    """
    written = _written(due.form, due.params, read)
    draft = _draft_of(written)
    media = draft.media and tuple(replace(each, kept_for=due.id) for each in draft.media)
    return await _publish(context, member, written, replace(draft, media=media, once=once))


def text_of(of: Scheduled) -> str:
    """Give the words, with the title of a thread on a line of its own."""
    if of.form is Form.STATUS:
        return str(of.params.get("status") or "")
    words = Thread.model_validate(of.params)
    return f"{words.title}\n\n{words.body}".strip()


def _written(form: Form, params: Mapping[str, Any], read: Read) -> Composed | Thread:
    return read(params) if form is Form.STATUS else Thread.model_validate(params)


def _draft_of(written: Composed | Thread) -> Draft:
    return written.draft if isinstance(written, Composed) else written.draft()


async def _publish(
    context: Context,
    member: SignedIn,
    written: Composed | Thread,
    draft: Draft,
) -> PostFacts:
    match written:
        case Composed():
            return await composing.publish(context, member, replace(written, draft=draft))
        case Thread(poll=StoredPoll() as asked):
            poll = PollDraft(
                words=draft, choices=asked.choices, several=asked.several, hours=asked.hours
            )
            return await polls.start(context, member, written.community_id, poll)
        case Thread():
            return await posts.publish_thread(
                context, member, written.community_id, written.kind, draft
            )
