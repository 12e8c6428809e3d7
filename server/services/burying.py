"""Posts become tombstones; a question that loses its accepted answer is open again."""

from federation.audience import Event
from federation.translate.outgoing_activities import undo_activity
from schemas.records import DeletedBy, PostFacts
from server.context import Context
from server.services import fanout
from server.services.documents import choice_document, tell_state
from server.services.fanout import about_post
from server.storage import communities, polls, posts, stream, threads
from server.storage.database import Transaction
from server.storage.stream import Told


async def bury(
    tx: Transaction, context: Context, facts: PostFacts, *, by: DeletedBy, reason: str
) -> bool:
    """Make a post a tombstone; the loss of an accepted answer opens its question again."""
    now = context.now()
    await posts.lock_thread(tx, facts.root_id)
    await posts.add_tombstone(tx, facts.uri, actor_uri=facts.author_uri, now=now)
    if not await posts.bury(tx, facts.id, by=by, reason=reason, now=now) and not (
        by is DeletedBy.AUTHOR and await posts.forget_removed(tx, facts.id)
    ):
        return False
    if by is DeletedBy.AUTHOR:
        await posts.forget_revisions(tx, facts.id)
        await polls.forget(tx, facts.id)
    for question_id in await posts.accepted_in(tx, facts.id):
        await posts.reopen(tx, question_id, facts.id)
        await _tell_reopened(tx, context, question_id, facts)
    await threads.recount(tx, {facts.root_id: facts.published_at})
    await stream.tell(tx, Told.DELETED, [facts.id], now=now)
    return True


async def _tell_reopened(
    tx: Transaction, context: Context, question_id: int, answer: PostFacts
) -> None:
    """Say it as the community, where that is ours: whoever chose may be elsewhere (2.3)."""
    community = await communities.get(tx, answer.community_id)
    question = await posts.find(tx, question_id)
    if question is None or not community.actor.local:
        return
    choice = choice_document(
        context,
        fanout.mint_activity(context),
        community.actor,
        question.facts,
        answer,
        community,
    )
    # Embedded in every case: it has ids and no words (VIS-06), and its own id leads nowhere.
    document = undo_activity(
        fanout.mint_activity(context),
        actor=community.uri,
        inner=choice,
        public=True,
        published=context.now(),
    )
    happening = about_post(Event.REOPENING, community, answer)
    await fanout.publish(tx, context, community.actor, document, happening)
    await tell_state(tx, context, question.facts, community)
