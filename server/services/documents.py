"""The documents of our posts and of acceptances, as their community's agencies get them."""

from typing import Any

from federation.audience import Event, decision_addressing
from federation.translate.outgoing import post_document, timestamp
from federation.translate.outgoing_activities import choose_answer_activity, update_activity
from schemas.gate import SealedPost
from schemas.records import Actor, Community, PostFacts
from server.context import Context
from server.services import fanout, sharing
from server.services.errors import NotFound
from server.services.fanout import about_post
from server.storage import actors, posts
from server.storage.database import Transaction


async def document_of(
    tx: Transaction, context: Context, post_id: int, community: Community
) -> tuple[SealedPost, dict[str, Any]]:
    """Build the ActivityPub document of one of our posts for its community's agencies."""
    sealed = await posts.find(tx, post_id)
    if sealed is None:
        raise NotFound("post-not-found")
    parent_author = None
    if sealed.facts.parent_id is not None:
        parent = await posts.find(tx, sealed.facts.parent_id)
        parent_author = await actors.get(tx, parent.facts.author_id) if parent else None
    released = sharing.for_audience(context, sealed, community)
    return sealed, post_document(
        released,
        community=community.actor,
        parent_author=parent_author,
        likes=released.content.helpful,
    )


def choice_document(
    context: Context,
    uri: str,
    actor: Actor,
    question: PostFacts,
    answer: PostFacts,
    community: Community,
) -> dict[str, Any]:
    """Build the ChooseAnswer by which an actor accepts an answer."""
    return choose_answer_activity(
        uri,
        actor=actor.uri,
        answer=answer.uri,
        question=question.uri,
        community=community.uri,
        addressed=decision_addressing(
            answer.visibility,
            community=community.uri,
            followers=fanout.followers_of(community.actor),
            concerned=answer.author_uri,
        ),
        published=context.now(),
    )


async def tell_state(
    tx: Transaction, context: Context, question: PostFacts, community: Community
) -> None:
    """Send the question's new state, where its author is ours (wire.md 0.6, step 2)."""
    if not question.author_local or question.deleted_at is not None:
        return
    now = context.now()
    sealed, document = await document_of(tx, context, question.id, community)
    document["updated"] = timestamp(now)
    author = await actors.get(tx, question.author_id)
    activity = update_activity(
        fanout.mint_activity(context),
        document,
        published=now,
        author_followers=fanout.followers_of(author),
    )
    happening = about_post(Event.EDIT, community, sealed.facts)
    await fanout.publish(tx, context, author, activity, happening)
