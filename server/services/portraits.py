"""Pictures of profiles: those of ours kept for everybody, those from elsewhere shown by us."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from schemas.attached import MediaKind
from schemas.records import Actor
from server.context import Context
from server.services import media, pictures, tickets
from server.services.errors import Invalid
from server.services.media_forms import refused
from server.storage import portraits
from server.storage.database import Transaction
from server.storage.files import Blob
from server.storage.portraits import Portrait, PortraitKind

#: How wide and high each may be, in pixels; what is larger is made smaller.
SHAPES: Final = {PortraitKind.AVATAR: (400, 400), PortraitKind.HEADER: (1500, 500)}
_ENDINGS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A picture that was brought for a profile, flushed and not yet in its place."""

    kind: PortraitKind
    media_type: str
    path: Path
    blob: Blob


@asynccontextmanager
async def taking(
    context: Context, brought: Mapping[PortraitKind, IO[bytes]]
) -> AsyncIterator[list[Taken]]:
    """Decode, cut and write anew what was brought; what is not put in its place is gone after.

    Raises:
        Invalid: field avatar or header; every reason of pictures in `media_forms`.
    """
    left: list[Path] = []
    try:
        yield [await _take(context, kind, file, left) for kind, file in brought.items()]
    finally:
        for path in left:
            path.unlink(missing_ok=True)


async def _take(
    context: Context, kind: PortraitKind, file: IO[bytes], left: list[Path]
) -> Taken:
    folder = media.folder_of(context)
    whole = await asyncio.to_thread(folder.aside)
    source, preview = (whole.with_name(f"{whole.name}-{end}") for end in ("source", "preview"))
    left += [whole, source, preview]
    try:
        form = await asyncio.to_thread(media.copy, file, source)
        if form.kind is not MediaKind.IMAGE:
            raise refused("portrait-unknown")
        made = await pictures.develop(
            context,
            source,
            form.pillow,
            whole=whole,
            preview=preview,
            shape=SHAPES[kind],
        )
    except Invalid as refusal:
        raise Invalid({kind.value: refusal.fields["media"]}, reason=refusal.reason) from refusal
    blob = await asyncio.to_thread(folder.flush, whole)
    return Taken(kind=kind, media_type=made.media_type, path=whole, blob=blob)


async def put(tx: Transaction, context: Context, actor_id: int, taken: list[Taken]) -> None:
    """Have an actor of ours show these; no address ever meant another picture."""
    if not taken:
        return
    await media.put_in(tx, context, [(each.path, each.blob) for each in taken])
    for each in taken:
        portrait = Portrait(
            actor_id=actor_id,
            kind=each.kind,
            key=secrets.token_urlsafe(32),
            media_type=each.media_type,
            hash=each.blob.hash,
        )
        url = f"{context.home.origin}/media/{portrait.key}/{name_of(portrait)}"
        await portraits.put(tx, portrait, url=url, now=context.now())


def name_of(portrait: Portrait) -> str:
    """Give the last part of its address."""
    return f"{portrait.kind.value}.{_ENDINGS[portrait.media_type]}"


def path_of(context: Context, of: Actor, kind: PortraitKind) -> str | None:
    """Give the path here of a picture that an actor shows; never an address elsewhere."""
    url = of.avatar if kind is PortraitKind.AVATAR else of.header
    if url is None:
        return None
    if of.local:
        return url.removeprefix(context.home.origin)
    return f"{tickets.portrait_path(context, of.id, url)}/{kind.value}"
