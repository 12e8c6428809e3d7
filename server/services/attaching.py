"""Files and posts: those that a member chose go with the post, and with its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.attached import Media
from server.context import Context
from server.services import media as files
from server.services.media_forms import MOST, refused
from server.storage import media
from server.storage.database import Transaction
from server.storage.media import Medium


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A file for a post, by its id; `description` is None where it stays as it is.

    `kept_for` is the id of what was written for later and is published now.
    """

    id: int
    description: str | None = None
    kept_for: int | None = None


async def attach(
    tx: Transaction,
    context: Context,
    author_id: int,
    post_id: int,
    chosen: Sequence[Chosen] | None,
) -> tuple[Media, ...]:
    """Give a post these files, in this order; those it had before and has no more go.

    With None it keeps those that it has.

    Raises:
        Invalid: field media; "media-too-many", "media-description", "media-not-yours" also
            for what is somebody else's, another post's, or not there (VIS-12).
    """
    if chosen is not None:
        await _choose(tx, context, author_id, post_id, chosen)
    carried = await media.of_post(tx, post_id)
    return tuple(files.shown(context, each) for each in carried)


async def _choose(
    tx: Transaction,
    context: Context,
    author_id: int,
    post_id: int,
    chosen: Sequence[Chosen],
) -> None:
    if len(chosen) > MOST:
        raise refused("media-too-many")
    ids = list(dict.fromkeys(each.id for each in chosen))
    found = {each.id: each for each in await media.own(tx, author_id, ids)} if ids else {}
    if any(not _is_free(found.get(each.id), post_id, each) for each in chosen):
        raise refused("media-not-yours")
    said = {each.id: _described(found[each.id], each) for each in chosen}

    for place, each in enumerate(ids):
        await media.attach(tx, each, post_id, place=place, description=said[each])
    await media.detach(tx, post_id, but=ids, now=context.now())


def _is_free(medium: Medium | None, post_id: int, chosen: Chosen) -> bool:
    if medium is None or medium.post_id not in {None, post_id}:
        return False
    return medium.scheduled_id in {None, chosen.kept_for}


def _described(medium: Medium, chosen: Chosen) -> str:
    if chosen.description is None:
        return medium.description
    return files.checked_description(chosen.description)
