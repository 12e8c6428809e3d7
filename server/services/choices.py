"""Accept an answer and reopen a question, by the asker or a steward."""

from dataclasses import replace

from federation.audience import Event
from federation.translate.outgoing_activities import undo_activity
from schemas.records import Actor, Community, Kind, PostFacts, Surface, Visibility
from server.context import Context
from server.services import fanout, kudos, sharing
from server.services.documents import choice_document, tell_state
from server.services.errors import Conflict, NotAllowed
from server.services.fanout import about_post
from server.services.posts import principal_of
from server.services.stewardship import may_govern
from server.storage import communities, marks, notifications, posts
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def accept(context: Context, member: SignedIn, answer_id: int) -> PostFacts:
    """Mark an answer as one that worked: ChooseAnswer, Update, and the ✅ that others show."""
    actor = member.member.actor

    async with context.database.transaction("choices.accept") as tx:
        answer, question, community = await _choosable(tx, context, member, answer_id)
        uri = fanout.mint_activity(context)

        if not await _record(tx, context, actor, question, answer, community, uri):
            raise Conflict("accepted-already", "This answer is accepted already.")
        document = choice_document(context, uri, actor, question, answer, community)
        await fanout.publish(
            tx, context, actor, document, about_post(Event.CHOICE, community, answer)
        )
        await _show_mark(tx, context, actor, answer, community, accepts=True)
        await tell_state(tx, context, question, community)
        return question


async def reopen(context: Context, member: SignedIn, answer_id: int) -> PostFacts:
    """Take an acceptance back; the question is open again when no other answer is accepted."""
    actor = member.member.actor

    async with context.database.transaction("choices.reopen") as tx:
        answer, question, community = await _choosable(tx, context, member, answer_id)
        await posts.lock_thread(tx, question.id)
        choice = await posts.choice(tx, question.id, answer.id)
        if choice is None:
            raise Conflict("not-accepted", "This answer is not accepted any more.")
        uri, chosen_by = choice

        await posts.reopen(tx, question.id, answer.id)
        chosen = uri if chosen_by == actor.id else fanout.mint_activity(context)
        document = undo_activity(
            fanout.mint_activity(context),
            actor=actor.uri,
            inner=choice_document(context, chosen, actor, question, answer, community),
            public=question.visibility is Visibility.PUBLIC,
            published=context.now(),
        )
        happening = about_post(Event.REOPENING, community, answer)
        await fanout.publish(tx, context, actor, document, happening)
        await _show_mark(tx, context, actor, answer, community, accepts=False)
        await tell_state(tx, context, question, community)
        return question


async def _show_mark(
    tx: Transaction,
    context: Context,
    actor: Actor,
    answer: PostFacts,
    community: Community,
    *,
    accepts: bool,
) -> None:
    if answer.author_id == actor.id:
        return
    current = await marks.find(tx, actor.id, answer.id)
    wanted = replace(current or kudos.blank(actor, answer, context.now()), accepts=accepts)
    await kudos.change_mark(tx, context, actor, answer, community, wanted)


async def receive_choice(
    tx: Transaction,
    context: Context,
    actor: Actor,
    question: PostFacts,
    answer: PostFacts,
    community: Community,
    uri: str,
) -> bool:
    """Take over a ChooseAnswer; False when it is not theirs or says nothing new (2.3)."""
    if not _belongs(question, answer) or not await may_choose(tx, actor, question, community):
        return False
    if not await _record(tx, context, actor, question, answer, community, uri):
        return False
    await tell_state(tx, context, question, community)
    return True


async def receive_reopening(
    tx: Transaction,
    context: Context,
    actor: Actor,
    question: PostFacts,
    answer: PostFacts,
    community: Community,
) -> bool:
    """Take over an Undo of a ChooseAnswer, matched on question and answer (2.3.5)."""
    if not await may_choose(tx, actor, question, community):
        return False
    if not await posts.reopen(tx, question.id, answer.id):
        return False
    await tell_state(tx, context, question, community)
    return True


async def may_choose(
    tx: Transaction, actor: Actor, question: PostFacts, community: Community
) -> bool:
    """Only the asker, a steward, or the community itself (ACT-23)."""
    return actor.id == question.author_id or await may_govern(tx, actor, community)


def _belongs(question: PostFacts, answer: PostFacts) -> bool:
    return (
        question.kind is Kind.QUESTION
        and answer.kind is Kind.ANSWER
        and answer.root_id == question.id
        and answer.deleted_at is None
        and question.deleted_at is None
    )


async def _record(
    tx: Transaction,
    context: Context,
    actor: Actor,
    question: PostFacts,
    answer: PostFacts,
    community: Community,
    uri: str,
) -> bool:
    await posts.lock_thread(tx, question.id)
    fresh = await posts.find(tx, answer.id)
    if fresh is None or fresh.facts.deleted_at is not None:
        return False
    if not community.several_answers:
        await posts.reopen_all(tx, question.id, but=answer.id)
    accepted = await posts.accept(
        tx, question.id, answer.id, chosen_by=actor.id, uri=uri, now=context.now()
    )
    if accepted:
        await notifications.add(
            tx,
            member_id=answer.author_id,
            kind="accepted",
            actor_id=actor.id,
            subject=answer.uri,
            post_id=answer.id,
            now=context.now(),
        )
    return accepted


async def _choosable(
    tx: Transaction, context: Context, member: SignedIn, answer_id: int
) -> tuple[PostFacts, PostFacts, Community]:
    principal = principal_of(member)
    released = await sharing.released(tx, context, answer_id, principal, Surface.DECISION)
    answer = released.content.facts
    root = await sharing.released(tx, context, answer.root_id, principal, Surface.DECISION)
    question = root.content.facts
    if not _belongs(question, answer):
        raise Conflict("not-an-answer", "Only an answer to a question can be accepted.")
    community = await communities.get(tx, question.community_id)
    if not await may_choose(tx, member.member.actor, question, community):
        raise NotAllowed("not-yours-to-accept", "Only the asker or a steward can do that.")
    return answer, question, community
