"""What clients write, as they write it, becomes posts in communities (client-api.md 10.1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from federation.translate import linking, sanitize
from schemas.records import Community, Kind, PostFacts, Surface, Visibility
from server.context import Context
from server.services import changing, choices, polls, posts, sharing
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.polls import HOURS, PollDraft
from server.services.posts import LONGEST_TITLE, Draft, principal_of
from server.services.walls import Circle
from server.storage import communities, follows
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

_MARKS: Final = "#> \t"
_CALL: Final = re.compile(r"@[\w.-]+(?:@[\w.:-]+)?", re.ASCII)
#: By which a reply accepts what it replies to, from clients that have no button for it.
_ACCEPTING: Final = frozenset({"✅", "#accepted", "#solved"})
_ASKS: Final = "#question"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What a client asks to be voted on, open for so many seconds."""

    options: Sequence[str]
    seconds: int
    several: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """What a member wrote in a client; `draft` has the whole text as its source."""

    draft: Draft
    ballot: Ballot | None = None
    parent_id: int | None = None


async def publish(context: Context, member: SignedIn, written: Composed) -> PostFacts:
    """Publish it: a reply where it replies, else a thread in the community that it mentions.

    What mentions none stands on its author's wall, for those whom the client chose.

    Raises:
        Invalid: field status, or what `posts` and `polls` find wrong.
        Conflict: "done-already", by another request with the same key.
    """
    if written.parent_id is not None:
        return await _reply(context, member, written.parent_id, written.draft)
    async with context.database.reading() as tx:
        place = await _place(tx, context, member, written.draft)
    if isinstance(place, Circle):
        draft = replace(written.draft, circle=place)
        if written.ballot is not None:
            return await polls.start_alone(context, member, _poll(draft, written.ballot))
        return await posts.publish_alone(context, member, Kind.DISCUSSION, draft)
    community, call = place
    draft = split(written.draft, call)
    if written.ballot is not None:
        return await polls.start(context, member, community.id, _poll(draft, written.ballot))
    kind = Kind.QUESTION if _is_question(draft, community) else Kind.DISCUSSION
    return await posts.publish_thread(context, member, community.id, kind, draft)


async def edit(context: Context, member: SignedIn, post_id: int, draft: Draft) -> PostFacts:
    """Change what a member wrote; the first line of a thread in a community is its title."""
    async with context.database.reading() as tx:
        released = await sharing.released(
            tx, context, post_id, principal_of(member), Surface.DECISION
        )
    of = released.content
    if of.facts.parent_id is None and not of.facts.wall:
        draft = replace(split(draft, ""), topic=of.topic.slug if of.topic else None)
    return await changing.edit(context, member, post_id, draft)


async def source_of(tx: Transaction, context: Context, member: SignedIn, post_id: int) -> str:
    """Give what a member wrote, as they would write it again in a client."""
    released = await sharing.released(
        tx, context, post_id, principal_of(member), Surface.DECISION
    )
    post = released.content
    if post.facts.author_id != member.member.id or post.facts.deleted_at is not None:
        raise NotFound("record-not-found")
    return f"{post.title}\n\n{post.source}".strip() if post.title else post.source


def split(draft: Draft, call: str) -> Draft:
    """Take the title from the first line, without the call of the community."""
    text = draft.source.replace(call, "", 1).strip() if call else draft.source.strip()
    first, _, rest = text.partition("\n")
    title = sanitize.plain(first.strip(_MARKS), limit=len(first) + 1)
    if len(title) <= LONGEST_TITLE:
        # One line alone is both: nobody reads it twice (see `status_entities.titled`).
        return replace(draft, title=title, source=rest.strip() or title)
    return replace(draft, title=sanitize.teaser(title, limit=LONGEST_TITLE), source=text)


def _is_question(draft: Draft, community: Community) -> bool:
    asks = "?" in draft.title or _ASKS in draft.source.lower().split()
    return asks or community.asks_questions


def _hours(seconds: int) -> int:
    return next((hours for hours in HOURS if hours * 3600 >= seconds), HOURS[-1])


async def _place(
    tx: Transaction, context: Context, member: SignedIn, draft: Draft
) -> tuple[Community, str] | Circle:
    """Find the first community that the text calls and the member belongs to, and that call.

    Where it calls none, or is private, it is for a circle. What is private and calls a
    community is for its stewards.
    """
    refused = ""
    called: list[tuple[Community, str]] = []
    for handle in linking.names_in(sanitize.from_markdown(draft.source).html).handles:
        name, _, host = handle.partition("@")
        found = await communities.find_by_handle(tx, name, host or context.home.authority)
        if found is None:
            continue
        if await follows.is_member(tx, found.id, member.member.id):
            called.append((found, _as_written(draft.source, handle)))
        refused = refused or f"@{handle}"
    if draft.circle.visibility is Visibility.DIRECT:
        stewards = [
            each for one, _ in called for each in await communities.stewards(tx, one.id)
        ]
        return replace(draft.circle, people=tuple(stewards))
    if called:
        return called[0]
    if refused:
        sentence = f"You are not a member of {refused}"
        raise Invalid({"status": sentence}, reason="not-a-member-there")
    return draft.circle


def _poll(words: Draft, asked: Ballot) -> PollDraft:
    return PollDraft(
        words=words,
        choices=asked.options,
        several=asked.several,
        hours=_hours(asked.seconds),
    )


def _as_written(text: str, handle: str) -> str:
    calls = (found[0] for found in _CALL.finditer(text))
    return next((call for call in calls if call[1:].lower() == handle), "")


async def _reply(context: Context, member: SignedIn, parent_id: int, draft: Draft) -> PostFacts:
    async with context.database.reading() as tx:
        released = await sharing.released(
            tx, context, parent_id, principal_of(member), Surface.DECISION
        )
    parent = released.content.facts
    if _accepts(draft.source) and parent.kind is Kind.ANSWER:
        await _accept(context, member, parent)
    own = parent.author_id == member.member.id
    kind = Kind.ANSWER if parent.kind is Kind.QUESTION and not own else Kind.COMMENT
    return await posts.publish_reply(context, member, parent.id, kind, draft)


def _accepts(text: str) -> bool:
    """Say whether a reply says nothing but that it worked; clients put calls before it."""
    return _CALL.sub("", text).strip().lower() in _ACCEPTING


async def _accept(context: Context, member: SignedIn, answer: PostFacts) -> None:
    try:
        await choices.accept(context, member, answer.id)
    except (Conflict, NotAllowed, NotFound):
        # Whoever may not choose has only said something; what is accepted stays so.
        return
