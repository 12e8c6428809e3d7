"""What members bring: taken, described, given back; what is refused leaves nothing behind."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from federation.translate import sanitize
from schemas.attached import Media, MediaKind
from server.context import Context
from server.services import films, papers, pictures
from server.services.errors import NotFound
from server.services.media_forms import (
    LARGEST,
    LONGEST_DESCRIPTION,
    MP3,
    ZIP,
    Form,
    form_of,
    refused,
)
from server.storage import media
from server.storage.database import Transaction
from server.storage.files import Blob, Folder
from server.storage.media import Medium
from server.storage.sessions import SignedIn

_PIECE: Final = 1_048_576  # bytes
_MEGABYTE: Final = 1_000_000
_LONGEST_TITLE: Final = 120
_PREVIEW: Final = "preview.webp"
_NAMES: Final = {
    MediaKind.IMAGE: "picture",
    MediaKind.VIDEO: "film",
    MediaKind.AUDIO: "sound",
    MediaKind.FILE: "document",
}
_ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    **papers.ENDINGS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a file was found to be, and what is left of it, flushed and not yet in its place."""

    form: Form
    whole: Path
    blob: Blob
    preview: Path | None = None
    preview_blob: Blob | None = None
    width: int | None = None
    height: int | None = None
    preview_width: int | None = None
    preview_height: int | None = None
    blurhash: str = ""


def folder_of(context: Context) -> Folder:
    return Folder(path=context.settings.media_folder)


def name_of(medium: Medium) -> str:
    """Give the last part of its address: what it is, and never what somebody called it."""
    return f"{_NAMES[medium.kind]}.{_ENDINGS[medium.media_type]}"


def path_of(medium: Medium) -> str:
    return f"/media/{medium.key}/{name_of(medium)}"


def preview_path_of(medium: Medium) -> str | None:
    return f"/media/{medium.key}/{_PREVIEW}" if medium.preview_hash else None


def key_of(context: Context, url: str) -> str | None:
    """Read the part of an address of ours that cannot be guessed; None of any other address."""
    start = f"{context.home.origin}/media/"
    return url.removeprefix(start).partition("/")[0] if url.startswith(start) else None


def preview_of(url: str) -> str:
    """Give the address of the small picture beside one of ours."""
    return f"{url.rpartition('/')[0]}/{_PREVIEW}"


def shown(context: Context, medium: Medium) -> Media:
    """Say what a post carries of it."""
    return Media(
        url=f"{context.home.origin}{path_of(medium)}",
        kind=medium.kind,
        media_type=medium.media_type,
        alt=medium.description or (medium.title if medium.kind is MediaKind.FILE else ""),
        blurhash=medium.blurhash,
        focus=medium.focus,
        width=medium.width,
        height=medium.height,
        size=medium.size,
    )


async def take(
    context: Context,
    member: SignedIn,
    file: IO[bytes],
    *,
    name: str,
    description: str = "",
    focus: tuple[float, float] | None = None,
) -> Medium:
    """Take a file from a member; it belongs to no post yet, and is kept for a day.

    What it is, is found in its bytes. It is on the disk before we say that we have it.

    Raises:
        Invalid: field media; every reason in `media_forms`.
    """
    description = checked_description(description)
    folder = folder_of(context)
    aside = await asyncio.to_thread(folder.aside)
    preview = aside.with_name(f"{aside.name}-preview")
    source = aside.with_name(f"{aside.name}-source")
    try:
        form = await asyncio.to_thread(copy, file, source)
        made = await _made(context, folder, form, source=source, whole=aside, preview=preview)
        return await _keep(
            context, member, made, name=name, description=description, focus=focus
        )
    finally:
        for left in (source, aside, preview):
            left.unlink(missing_ok=True)


def checked_description(description: str) -> str:
    """Give the description as it is kept.

    Raises:
        Invalid: field media, "media-description".
    """
    said = sanitize.plain(description, limit=LONGEST_DESCRIPTION + 1)
    if len(said) > LONGEST_DESCRIPTION:
        raise refused("media-description")
    return said


def copy(file: IO[bytes], to: Path) -> Form:
    """Copy a file of a form, and no more of it than it may have; say what it is.

    Raises:
        Invalid: field media; "media-too-large", or as `form_of`.
    """
    most = max(LARGEST.values())
    with to.open("xb") as copy:
        while piece := file.read(_PIECE):
            copy.write(piece)
            if copy.tell() > most:
                raise refused("media-too-large")
    form = form_of(to)
    if to.stat().st_size > LARGEST[form.kind]:
        raise refused("media-too-large")
    return form


async def _made(
    context: Context, folder: Folder, form: Form, *, source: Path, whole: Path, preview: Path
) -> _Made:
    if form.kind is not MediaKind.IMAGE:
        return await asyncio.to_thread(_made_of_other, folder, form, source, whole)
    done = await pictures.develop(context, source, form.pillow, whole=whole, preview=preview)
    return _Made(
        form=Form(kind=MediaKind.IMAGE, media_type=done.media_type),
        whole=whole,
        blob=await asyncio.to_thread(folder.flush, whole),
        preview=preview,
        preview_blob=await asyncio.to_thread(folder.flush, preview),
        width=done.width,
        height=done.height,
        preview_width=done.preview_width,
        preview_height=done.preview_height,
        blurhash=done.blurhash,
    )


def _made_of_other(folder: Folder, form: Form, source: Path, whole: Path) -> _Made:
    source.replace(whole)
    width = height = None
    if form.media_type in {"video/mp4", "audio/mp4"}:
        film = films.clean_mp4(whole)
        form = films.form_of(film)
        width, height = film.width, film.height
    elif form is MP3:
        films.clean_mp3(whole)
    elif form is ZIP:
        form = papers.document_of(whole)
    return _Made(form=form, whole=whole, blob=folder.flush(whole), width=width, height=height)


async def _keep(
    context: Context,
    member: SignedIn,
    made: _Made,
    *,
    name: str,
    description: str,
    focus: tuple[float, float] | None,
) -> Medium:
    now, member_id = context.now(), member.member.id
    preview = made.preview_blob
    medium = Medium(
        id=context.ids.mint(now),
        key=secrets.token_urlsafe(32),
        member_id=member_id,
        post_id=None,
        kind=made.form.kind,
        media_type=made.form.media_type,
        title=_title(name) or _NAMES[made.form.kind],
        hash=made.blob.hash,
        size=made.blob.size,
        width=made.width,
        height=made.height,
        preview_hash=preview.hash if preview else None,
        preview_width=made.preview_width,
        preview_height=made.preview_height,
        blurhash=made.blurhash,
        focus=focus,
        description=description,
        created_at=now,
    )
    files = [(made.whole, made.blob)]
    if made.preview is not None and preview is not None:
        files.append((made.preview, preview))
    async with context.database.transaction("media.keep") as tx:
        room = context.settings.media_quota * _MEGABYTE - await media.kept_by(tx, member_id)
        if made.blob.size > room:
            raise refused("media-quota")
        await put_in(tx, context, files)
        await media.add(tx, medium)
    return medium


async def put_in(tx: Transaction, context: Context, files: Sequence[tuple[Path, Blob]]) -> None:
    """Give files their places while nobody else can remove files of the same content."""
    folder = folder_of(context)
    await media.lock_blobs(tx, {blob.hash for _, blob in files})
    for path, blob in files:
        await asyncio.to_thread(folder.move_in, path, blob.hash)
        await media.add_blob(tx, blob, now=context.now())


def _title(name: str) -> str:
    """Give what a member calls a file, for people to read; no path ever has it (MED-02)."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return sanitize.plain(last, limit=_LONGEST_TITLE)


async def find_own(context: Context, member: SignedIn, medium_id: int) -> Medium:
    """Give a member a file of their own.

    Raises:
        NotFound: "media-not-found".
    """
    async with context.database.reading() as tx:
        return await _own(tx, member, medium_id)


async def describe(
    context: Context,
    member: SignedIn,
    medium_id: int,
    *,
    description: str | None = None,
    focus: tuple[float, float] | None = None,
) -> Medium:
    """Change what is said of a file that belongs to no post yet; None leaves it as it is.

    Raises:
        NotFound: "media-not-found".
        Invalid: field media, "media-description".
    """
    said = None if description is None else checked_description(description)
    async with context.database.transaction("media.describe") as tx:
        found = await _own(tx, member, medium_id)
        await media.describe(
            tx,
            found.id,
            description=found.description if said is None else said,
            focus=focus or found.focus,
        )
        return await _own(tx, member, medium_id)


async def discard(context: Context, member: SignedIn, medium_id: int) -> None:
    """Remove a file of one's own that belongs to no post.

    Raises:
        NotFound: "media-not-found".
    """
    async with context.database.transaction("media.discard") as tx:
        found = await _own(tx, member, medium_id)
        if not await media.remove_unattached(tx, found.id):
            raise _missing()


async def _own(tx: Transaction, member: SignedIn, medium_id: int) -> Medium:
    found = await media.own(tx, member.member.id, [medium_id])
    if not found:
        raise _missing()
    return found[0]


def _missing() -> NotFound:
    return NotFound("media-not-found", "There is no such file.")
