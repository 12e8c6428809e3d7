"""Who may see a file: whoever may read its post, which is asked anew each time (VIS-12)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from schemas.attached import MediaKind
from schemas.records import MemberPrincipal, Principal, Role, Surface, Visibility
from server.context import Context
from server.services import media as files
from server.services import sharing, tickets
from server.services.errors import NotFound
from server.services.portraits import name_of
from server.storage import media, portraits
from server.storage.database import Transaction
from server.storage.media import Medium

#: What a browser shows in place; everything else is saved to a file (XSS-07).
_SHOWN: Final = frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.AUDIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A file as it is served; `save_as` is None where it is shown in place."""

    path: Path
    media_type: str
    save_as: str | None
    public: bool


async def find(
    context: Context, key: str, name: str, principal: Principal, *, ticket: str = ""
) -> Served:
    """Find a file for somebody, by the two parts of its address.

    Raises:
        NotFound: "media-not-found", alike for what is not there and what is not for them.
    """
    async with context.database.reading() as tx:
        medium = await media.find_by_key(tx, key)
        if medium is None:
            return await _portrait(tx, context, key, name)
        is_preview = f"/media/{key}/{name}" == files.preview_path_of(medium)
        if not is_preview and name != files.name_of(medium):
            raise _missing()
        with_ticket = tickets.holds(context, f"/media/{key}", ticket)
        public = await _check(tx, context, medium, principal, with_ticket=with_ticket)
    found = medium.preview_hash if is_preview else medium.hash
    return Served(
        path=files.folder_of(context).find(found or medium.hash),
        media_type="image/webp" if is_preview else medium.media_type,
        save_as=None if medium.kind in _SHOWN else medium.title,
        public=public,
    )


async def _portrait(tx: Transaction, context: Context, key: str, name: str) -> Served:
    """Find a picture of a profile, which is for everybody."""
    portrait = await portraits.find_by_key(tx, key)
    if portrait is None or name != name_of(portrait):
        raise _missing()
    return Served(
        path=files.folder_of(context).find(portrait.hash),
        media_type=portrait.media_type,
        save_as=None,
        public=True,
    )


async def _check(
    tx: Transaction,
    context: Context,
    medium: Medium,
    principal: Principal,
    *,
    with_ticket: bool,
) -> bool:
    """Refuse a file that is not for somebody; say whether it is for everybody."""
    if medium.post_id is None:
        own = isinstance(principal, MemberPrincipal) and principal.actor_id == medium.member_id
        if own or with_ticket:
            return False
        raise _missing()
    try:
        # A ticket was given to a member who was shown the post; all else is asked of the gate.
        reader = _author(medium) if with_ticket else principal
        released = await sharing.released(tx, context, medium.post_id, reader, Surface.MEDIA)
    except NotFound:
        raise _missing() from None
    facts = released.content.facts
    if facts.deleted_at is not None:
        raise _missing()
    return facts.visibility is Visibility.PUBLIC


def _author(medium: Medium) -> Principal:
    return MemberPrincipal(actor_id=medium.member_id, role=Role.MEMBER)


def _missing() -> NotFound:
    return NotFound("media-not-found", "There is no such file, or it is not for you to see.")
