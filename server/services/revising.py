"""What its author elsewhere changed in a post is taken over, with what they proved of it."""

from datetime import datetime

from federation.translate.incoming_posts import IncomingPost
from schemas.records import PostFacts
from server.services.newcomer import carried_by, original_of
from server.storage import originals, posts, quotes, stream
from server.storage.database import Transaction
from server.storage.stream import Told


async def take_over(
    tx: Transaction, facts: PostFacts, incoming: IncomingPost, *, now: datetime
) -> bool:
    """Take over an edit by the author; False when ours is as new, or says the same.

    Whom they let quote it is no edit: the words stay the version that they are.
    """
    named = incoming.named or not facts.wall
    let = await _take_policy(tx, facts, incoming)
    changed = await posts.change(
        tx,
        facts.id,
        title=incoming.title if facts.parent_id is None and named else "",
        source=incoming.source,
        html=incoming.bare_html,
        text=incoming.bare_text,
        clean_version=incoming.sanitizer,
        topic=incoming.topic.slug if incoming.topic else None,
        edited_at=incoming.edited_at or now,
        carried=carried_by(incoming),
    )
    if changed or let:
        await stream.tell(tx, Told.EDITED, [facts.id], now=now)
        await keep_original(tx, facts, incoming)
    return changed or let


async def _take_policy(tx: Transaction, facts: PostFacts, incoming: IncomingPost) -> bool:
    told_at = incoming.edited_at
    if told_at is None or told_at < (facts.edited_at or facts.published_at):
        return False
    return await quotes.let(tx, facts.id, incoming.policy.quote)


async def keep_original(tx: Transaction, facts: PostFacts, incoming: IncomingPost) -> None:
    """Keep what the author proved of a post as it is now; an older proof is of it no more."""
    if not facts.community_local:
        return
    original = original_of(incoming)
    if original is None:
        await originals.forget(tx, facts.id)
    else:
        await originals.keep(tx, {facts.id: original})
