"""Emoji under posts, beside the one live Like: each once per actor (wire.md 3, FEP-c0e0)."""

from federation.translate.incoming import IncomingReaction
from federation.translate.incoming_parts import reaction_of
from schemas.records import Actor, PostFacts
from schemas.wire.activities import Activity
from server.context import Context
from server.storage import marks, posts, reactions
from server.storage.database import Transaction


async def receive(
    tx: Transaction, actor: Actor, facts: PostFacts, incoming: IncomingReaction
) -> bool:
    """Keep an emoji; False when it is nothing new, or under one's own post."""
    if facts.author_id == actor.id or facts.deleted_at is not None:
        return False
    await posts.lock_thread(tx, facts.root_id)
    if await marks.is_undone(tx, incoming.uri, actor.uri):
        return False
    return await reactions.put(
        tx,
        actor.id,
        facts.id,
        incoming.reaction,
        uri=incoming.uri,
        given_at=incoming.given_at,
    )


async def take_back(
    tx: Transaction, context: Context, actor: Actor, facts: PostFacts, inner: Activity
) -> bool:
    """Take back an emoji; of one that has not come yet, that is remembered (DEL-05)."""
    uri = inner.id or None
    reaction = reaction_of(inner)
    content = reaction.content if reaction else ""
    await posts.lock_thread(tx, facts.root_id)
    if await reactions.take(tx, actor.id, facts.id, uri=uri, content=content):
        return True
    if uri is not None:
        await marks.note_undone(tx, uri, actor.uri, now=context.now())
    return False
