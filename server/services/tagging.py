"""Follow hashtags, show them on one's profile; and note how far a timeline was read."""

from typing import Final

from federation.translate.incoming_parts import hashtag_named
from schemas.attached import Hashtag
from server.context import Context
from server.services import showing
from server.services.errors import Conflict, Invalid, NotFound
from server.storage import markers, member_hashtags, notifications
from server.storage.database import Transaction
from server.storage.markers import Marker
from server.storage.member_hashtags import Featured, Tag
from server.storage.sessions import SignedIn

_MOST_FOLLOWED: Final = 200
MOST_FEATURED: Final = 10


def named(text: str) -> Hashtag:
    """Read a hashtag.

    Raises:
        NotFound: "hashtag-not-found": no hashtag can be spelt so.
    """
    found = hashtag_named(text)
    if found is None:
        raise NotFound("hashtag-not-found", "There is no such hashtag.")
    return found


async def follow(context: Context, member: SignedIn, text: str) -> Tag:
    """Follow a hashtag.

    Raises:
        NotFound: "hashtag-not-found".
        Invalid: field name: too many.
    """
    tag = _tag(context, named(text))
    async with context.database.transaction("hashtags.follow") as tx:
        if not await member_hashtags.follow(tx, member.member.id, tag, most=_MOST_FOLLOWED):
            raise Invalid({"name": f"You may follow {_MOST_FOLLOWED} hashtags."})
    return tag


async def unfollow(context: Context, member: SignedIn, text: str) -> Tag:
    tag = _tag(context, named(text))
    async with context.database.transaction("hashtags.unfollow") as tx:
        await member_hashtags.unfollow(tx, member.member.id, tag.slug)
    return tag


async def feature(context: Context, member: SignedIn, text: str) -> Featured:
    """Show a hashtag on one's profile.

    Raises:
        Invalid: field name: it is none, or too many.
    """
    found = hashtag_named(text)
    if found is None:
        raise Invalid({"name": "That is no hashtag."})
    async with context.database.transaction("hashtags.feature") as tx:
        shown = await member_hashtags.featured(tx, member.member.id)
        is_new = found.slug not in {each.tag.slug for each in shown}
        if len(shown) >= MOST_FEATURED and is_new:
            raise Invalid({"name": f"A profile shows {MOST_FEATURED} hashtags."})
        await member_hashtags.feature(tx, member.member.id, _tag(context, found))
        [made] = await member_hashtags.featured(tx, member.member.id, only=[found.slug])
        if is_new:
            actor = member.member.actor
            await showing.tell_of_hashtag(tx, context, actor, made.tag, shown=True)
        return made


async def unfeature(context: Context, member: SignedIn, tag_id: int) -> None:
    """Show a hashtag no longer.

    Raises:
        NotFound: "hashtag-not-found".
    """
    async with context.database.transaction("hashtags.unfeature") as tx:
        if not await _unfeature(tx, context, member, tag_id):
            raise NotFound("hashtag-not-found", "There is no such hashtag.")


async def unfeature_named(context: Context, member: SignedIn, text: str) -> None:
    """Show a hashtag no longer; nothing happens where the profile does not show it.

    Raises:
        NotFound: "hashtag-not-found": no hashtag can be spelt so.
    """
    slug = named(text).slug
    async with context.database.transaction("hashtags.unfeature-named") as tx:
        for each in await member_hashtags.featured(tx, member.member.id, only=[slug]):
            await _unfeature(tx, context, member, each.tag.id)


async def _unfeature(tx: Transaction, context: Context, member: SignedIn, tag_id: int) -> bool:
    tag = await member_hashtags.unfeature(tx, member.member.id, tag_id)
    if tag is None:
        return False
    await showing.tell_of_hashtag(tx, context, member.member.actor, tag, shown=False)
    return True


def _tag(context: Context, of: Hashtag) -> Tag:
    return Tag(id=context.ids.mint(context.now()), slug=of.slug, name=of.name)


async def mark(
    context: Context, member: SignedIn, read: dict[str, tuple[int, int | None]]
) -> dict[str, Marker]:
    """Note how far timelines were read: the last id, and the version that was seen before.

    Raises:
        Conflict: "marker-changed": another client was there meanwhile; all stay as they are.
    """
    now, member_id = context.now(), member.member.id
    made = {}
    async with context.database.transaction("markers.put") as tx:
        known = await markers.of_member(tx, member_id, list(read))
        for timeline, (last_read_id, seen) in read.items():
            current = known[timeline].version if timeline in known else 0
            made[timeline] = Marker(
                timeline=timeline,
                last_read_id=last_read_id,
                version=(current if seen is None else seen) + 1,
                updated_at=now,
            )
            stale = seen is not None and seen != current
            if stale or not await markers.put(tx, member_id, made[timeline]):
                raise Conflict("marker-changed", "Conflict during update, please try again")
        if "notifications" in read:
            await notifications.mark_seen_up_to(tx, member_id, read["notifications"][0])
    return made
