"""Hashtags as clients show them, with how they were used lately (client-api.md 4)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote

from schemas.mastodon.personal import Tag, TagHistory
from server.context import Context
from server.services import trending
from server.storage import member_hashtags, trends
from server.storage.database import Transaction
from server.storage.trends import Day, Kind


async def tags_of(
    tx: Transaction,
    context: Context,
    member_id: int | None,
    named: Sequence[tuple[str, str]],
) -> list[Tag]:
    """Make tags of slugs and names, with their last seven days and what the reader chose."""
    slugs = [slug for slug, _ in named]
    days = await history(tx, context, "hashtag", slugs)
    mine = await member_hashtags.of_reader(tx, member_id, slugs)
    return [
        Tag(
            id=slug,
            name=name,
            url=tag_url(context, slug),
            history=days[slug],
            following=slug in mine.followed,
            featuring=slug in mine.featured,
        )
        for slug, name in named
    ]


def tag_url(context: Context, slug: str) -> str:
    return f"{context.home.origin}/tags/{quote(slug)}"


async def history(
    tx: Transaction, context: Context, kind: Kind, subjects: Sequence[str]
) -> Mapping[str, tuple[TagHistory, ...]]:
    """Give the last seven days of each, today first, as strings (client-api.md 4)."""
    now = context.now()
    since = now.astimezone(UTC).date() - timedelta(days=trending.DAYS)
    counted = await trends.days(tx, kind, subjects, since=since)
    return {
        each: tuple(_told(day) for day in trending.week(counted.get(each, ()), now))
        for each in subjects
    }


def _told(of: Day) -> TagHistory:
    midnight = datetime.combine(of.day, time(), tzinfo=UTC)
    return TagHistory(
        day=str(int(midnight.timestamp())), uses=str(of.uses), accounts=str(of.people)
    )
