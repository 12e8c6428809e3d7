"""How polls stand and how they ended, told to everybody who has them and to those who voted."""

from datetime import timedelta
from typing import Final

from federation.audience import Event
from federation.translate.outgoing_activities import update_activity
from schemas.records import PostFacts
from server.context import Context
from server.services import fanout
from server.services.documents import document_of
from server.services.fanout import about_post
from server.storage import actors, communities, notifications, polls, posts
from server.storage.database import Transaction
from server.storage.notifications import News

#: So often at most the results of one poll go out while votes come in (Mastodon's pace).
EVERY: Final = timedelta(minutes=3)


async def tell_one(context: Context) -> bool:
    """Send how one poll of ours stands, votes having come; False when there is none."""
    now = context.now()
    async with context.database.transaction("polls.tell") as tx:
        post_id = await polls.lock_due(tx, told_before=now - EVERY)
        if post_id is None:
            return False
        await polls.mark_told(tx, post_id, now=now)
        sealed = await posts.find(tx, post_id)
        if sealed is not None and sealed.facts.deleted_at is None:
            await _tell(tx, context, sealed.facts)
    return True


async def close_one(context: Context) -> bool:
    """Tell of the end of one poll: of ours everybody, of any poll those here who voted."""
    now = context.now()
    async with context.database.transaction("polls.close") as tx:
        post_id = await polls.lock_over(tx, now=now)
        if post_id is None:
            return False
        await polls.settle(tx, post_id, now=now)
        sealed = await posts.find(tx, post_id)
        if sealed is not None and sealed.facts.deleted_at is None:
            await _end(tx, context, sealed.facts)
    return True


async def _end(tx: Transaction, context: Context, facts: PostFacts) -> None:
    now = context.now()
    if facts.author_local:
        await polls.close(tx, facts.id, now=now)
        await _tell(tx, context, facts)
    told = dict.fromkeys([facts.author_id, *await polls.voters_here(tx, facts.id)])
    news = [
        News(
            member_id=member_id,
            kind="poll-closed",
            actor_id=facts.community_id,
            subject=facts.uri,
            post_id=facts.id,
        )
        for member_id in told
    ]
    await notifications.add_many(tx, news, now=now)


async def _tell(tx: Transaction, context: Context, facts: PostFacts) -> None:
    """Send it as an Update that says of no edit: only what was counted is new (FEP-9967)."""
    community = await communities.get(tx, facts.community_id)
    author = await actors.get(tx, facts.author_id)
    if author.suspended_at is not None or author.deleted_at is not None:
        return
    sealed, document = await document_of(tx, context, facts.id, community)
    activity = update_activity(
        fanout.mint_activity(context),
        document,
        published=context.now(),
        author_followers=fanout.followers_of(author),
    )
    happening = about_post(Event.EDIT, community, sealed.facts)
    await fanout.publish(tx, context, author, activity, happening)
