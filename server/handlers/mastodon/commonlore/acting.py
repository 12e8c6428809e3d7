"""What members do under /api/commonlore/v1: write, accept, thank, lock, pin."""

from collections.abc import Awaitable

from aiohttp import web

from schemas.commonlore.asked import NewKudos, NewReply, NewThread, Reasoned
from schemas.records import Kind, PostFacts
from server.context import Context
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import id_in
from server.handlers.mastodon.commonlore.reading import show_post
from server.handlers.mastodon.parameters import read
from server.handlers.mastodon.writing import key_of, known_by
from server.middleware import CONTEXT
from server.services import choices, kudos, polls, posts, stewardship
from server.services.errors import Conflict, Invalid
from server.services.polls import PollDraft
from server.services.posts import Draft
from server.storage import communities
from server.storage.sessions import SignedIn


async def start_thread(request: web.Request) -> web.Response:
    """Start a question, a discussion or a poll in a community that the member belongs to."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    given = await read(request, NewThread)
    if wanted in member.joined:
        await _insist_on_topic(context, wanted, given.topic)
    draft = Draft(source=given.text, title=given.title, topic=given.topic, once=key_of(request))
    if given.kind == "poll":
        poll = PollDraft(
            words=draft, choices=given.choices, several=given.several, hours=given.hours
        )
        return await _written(request, polls.start(context, member, wanted, poll))
    kind = Kind(given.kind)
    return await _written(request, posts.publish_thread(context, member, wanted, kind, draft))


async def _insist_on_topic(context: Context, community_id: int, topic: str | None) -> None:
    """Refuse a topic that the community does not have; it would be left out.

    Raises:
        Invalid: field topic.
    """
    if topic is None:
        return
    async with context.database.reading() as tx:
        community = await communities.find(tx, community_id)
    if community is not None and topic not in {each.slug for each in community.topics}:
        raise Invalid({"topic": "The community has no such topic."})


async def _written(request: web.Request, writing: Awaitable[PostFacts]) -> web.Response:
    """Answer with what was written; with a key that was used, with what is there."""
    context, member, key = request.app[CONTEXT], signed_in(request), key_of(request)
    try:
        post_id = (await writing).id
    except Conflict as before:
        known = await known_by(context, member, key)
        if before.reason != "done-already" or known is None:
            raise
        post_id = known
    return await show_post(request, post_id)


async def answer_question(request: web.Request) -> web.Response:
    """Answer a question."""
    return await _reply(request, Kind.ANSWER)


async def comment_on_post(request: web.Request) -> web.Response:
    """Comment on any post of a thread."""
    return await _reply(request, Kind.COMMENT)


async def _reply(request: web.Request, kind: Kind) -> web.Response:
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    draft = Draft(source=(await read(request, NewReply)).text, once=key_of(request))
    return await _written(request, posts.publish_reply(context, member, wanted, kind, draft))


async def accept_answer(request: web.Request) -> web.Response:
    """Mark an answer as what worked: the asker, or a steward; again changes nothing."""
    context, member, wanted = _who_and_what(request)
    return await _settled(request, choices.accept(context, member, wanted), "accepted-already")


async def reopen_question(request: web.Request) -> web.Response:
    """Mark an answer no longer as what worked."""
    context, member, wanted = _who_and_what(request)
    return await _settled(request, choices.reopen(context, member, wanted), "not-accepted")


def _who_and_what(request: web.Request) -> tuple[Context, SignedIn, int]:
    return request.app[CONTEXT], signed_in(request), id_in(request)


async def _settled(
    request: web.Request, doing: Awaitable[object], already: str = ""
) -> web.Response:
    """Do it, and answer with the post as it is now; what was so already is no fault."""
    try:
        await doing
    except Conflict as conflict:
        if conflict.reason != already:
            raise
    return await show_post(request, id_in(request))


async def give_kudos(request: web.Request) -> web.Response:
    """Thank with a reason; a second time replaces the first."""
    context, member, wanted = _who_and_what(request)
    given = await read(request, NewKudos)
    return await _settled(
        request, kudos.give_kudos(context, member, wanted, given.category, given.note)
    )


async def take_back_kudos(request: web.Request) -> web.Response:
    """Take one's thanks back."""
    return await _settled(request, kudos.take_back_kudos(*_who_and_what(request)))


async def mark_helpful(request: web.Request) -> web.Response:
    """Say that a post helped."""
    return await _settled(request, kudos.mark_helpful(*_who_and_what(request), helpful=True))


async def unmark_helpful(request: web.Request) -> web.Response:
    """Say so no longer."""
    return await _settled(request, kudos.mark_helpful(*_who_and_what(request), helpful=False))


async def lock_thread(request: web.Request) -> web.Response:
    """Close a thread to replies, as a steward of its community."""
    return await _lock(request, locked=True)


async def unlock_thread(request: web.Request) -> web.Response:
    """Let a thread take replies again."""
    return await _lock(request, locked=False)


async def _lock(request: web.Request, *, locked: bool) -> web.Response:
    context, member, wanted = _who_and_what(request)
    reason = (await read(request, Reasoned)).reason
    return await _settled(
        request, stewardship.lock(context, member, wanted, locked=locked, reason=reason)
    )


async def pin_thread(request: web.Request) -> web.Response:
    """Keep a thread on top of its community, as a steward of it."""
    return await _settled(request, stewardship.pin(*_who_and_what(request), pinned=True))


async def unpin_thread(request: web.Request) -> web.Response:
    """Keep it on top no longer."""
    return await _settled(request, stewardship.pin(*_who_and_what(request), pinned=False))
