"""Pictures of posts and profiles elsewhere, fetched once for all who read here (MED-06)."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import compare_digest
from typing import Final

import structlog

from federation.errors import FederationError, Unreachable
from federation.media_types import MediaType
from federation.uris import authority_of
from schemas.attached import MediaKind
from schemas.records import (
    AgencyState,
    MemberPrincipal,
    PostFacts,
    Principal,
    Role,
    Surface,
    Visibility,
)
from server.context import Context
from server.services import pictures, sharing, throttling, tickets
from server.services.errors import Invalid, NotFound
from server.services.media_forms import LARGEST_PICTURE, form_of, refused
from server.services.portraits import SHAPES
from server.services.serving import Served
from server.services.signing import sign_as_agency
from server.storage import desk, posts, remote_media
from server.storage.database import Transaction
from server.storage.files import Blob, Folder
from server.storage.portraits import PortraitKind
from server.storage.remote_media import Remote

_log: Final = structlog.get_logger()
WHOLE: Final = "picture"
PREVIEW: Final = "preview"
_SMALL: Final = "image/webp"
_ACCEPT: Final = "image/avif, image/webp, image/*;q=0.8"
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")
#: How often one origin is asked for pictures, whoever reads.
_MOST: Final = 120
_WINDOW: Final = timedelta(minutes=5)
#: What cannot be shown is not asked for again so soon.
_SILENT: Final = timedelta(hours=1)
_REFUSED: Final = timedelta(days=1)
_USED: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A picture. `shelf` keeps apart what is for everybody and for one community.

    A picture of a profile is cut to a `shape`; a post's has a small one beside it.
    """

    url: str
    name: str
    shelf: str = ""
    shape: tuple[int, int] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return (WHOLE, PREVIEW) if self.shape is None else (self.name,)

    @property
    def file(self) -> str:
        return self.of(self.name)

    def of(self, name: str) -> str:
        return hashlib.sha256(f"{self.shelf} {name} {self.url}".encode()).hexdigest()


def cache_of(context: Context) -> Folder:
    return Folder(path=context.settings.media_folder / "elsewhere")


def path_of(context: Context, post_id: int, url: str, name: str = WHOLE) -> str:
    return f"{tickets.proxy_path(context, post_id, url)}/{name}"


async def find(
    context: Context,
    post: str,
    signature: str,
    name: str,
    principal: Principal,
    *,
    ticket: str = "",
) -> Served:
    """Find a picture that a post from elsewhere shows, for somebody who may read the post.

    No part of the request names what is fetched: it is an address in the post.

    Raises:
        NotFound: "media-not-found".
        TooMany: "too-many-tries".
    """
    if not _NUMBER.fullmatch(post) or name not in {WHOLE, PREVIEW}:
        raise _missing()
    path = f"/media/proxy/{post}/{signature}"
    with_ticket = tickets.holds(context, path, ticket)
    async with context.database.reading() as tx:
        facts, url = await _address(
            tx, context, int(post), signature, principal, with_ticket=with_ticket
        )
        if await sharing.may_knock(tx, authority_of(url)) is AgencyState.BLOCKED:
            raise _missing()
        is_public = facts.visibility is Visibility.PUBLIC
        wanted = _Wanted(url=url, name=name, shelf="" if is_public else str(facts.community_id))
        known = await remote_media.find(tx, wanted.file)
    return await _served(context, wanted, known)


async def find_portrait(context: Context, actor: str, signature: str, name: str) -> Served:
    """Find a picture of a profile elsewhere, for whoever has its address from us.

    Raises:
        NotFound: "media-not-found".
        TooMany: "too-many-tries".
    """
    if not _NUMBER.fullmatch(actor) or name not in set(PortraitKind):
        raise _missing()
    kind = PortraitKind(name)
    async with context.database.reading() as tx:
        url = await _portrait_address(tx, context, int(actor), signature, kind)
        wanted = _Wanted(url=url, name=name, shape=SHAPES[kind])
        known = await remote_media.find(tx, wanted.file)
    return await _served(context, wanted, known)


async def _portrait_address(
    tx: Transaction, context: Context, actor_id: int, signature: str, kind: PortraitKind
) -> str:
    """Find the address that somebody's profile names and we signed."""
    found = (await desk.actors_by_id(tx, [actor_id])).get(actor_id)
    if found is None or found.local or found.suspended_at is not None:
        raise _missing()
    url = found.avatar if kind is PortraitKind.AVATAR else found.header
    ours = tickets.portrait_name(context, actor_id, url or "")
    if url is None or not compare_digest(ours.encode(), signature.encode()):
        raise _missing()
    for host in {found.host, authority_of(url)}:
        if await sharing.may_knock(tx, host) is AgencyState.BLOCKED:
            raise _missing()
    return url


async def _served(context: Context, wanted: _Wanted, known: Remote | None) -> Served:
    path_there = cache_of(context).find(wanted.file)
    if known is None or not _is_settled(context, known, path_there):
        media_type = await _fetch(context, wanted)
    elif known.reason:
        raise _missing()
    else:
        media_type = known.media_type
        await _use(context, known)
    return Served(path=path_there, media_type=media_type, save_as=None, public=False)


async def _address(
    tx: Transaction,
    context: Context,
    post_id: int,
    signature: str,
    principal: Principal,
    *,
    with_ticket: bool,
) -> tuple[PostFacts, str]:
    """Find which address of a post was signed, for somebody who may read the post."""
    sealed = await posts.find(tx, post_id)
    if sealed is None or sealed.facts.author_local or sealed.facts.deleted_at is not None:
        raise _missing()
    author = MemberPrincipal(actor_id=sealed.facts.author_id, role=Role.MEMBER)
    reader = author if with_ticket else principal
    released = sharing.release(context, sealed, reader, Surface.MEDIA)
    if released is None:
        raise _missing()
    for each in released.content.media:
        ours = tickets.proxy_name(context, post_id, each.url)
        if each.kind is MediaKind.IMAGE and compare_digest(ours.encode(), signature.encode()):
            return sealed.facts, each.url
    raise _missing()


def _is_settled(context: Context, known: Remote, path: Path) -> bool:
    if known.refused_until is not None:
        return known.refused_until > context.now()
    return path.is_file()


async def _use(context: Context, known: Remote) -> None:
    now = context.now()
    if now - known.used_at > _USED:
        async with context.database.transaction("elsewhere.use") as tx:
            await remote_media.use(tx, known.url_hash, now=now)


async def _fetch(context: Context, wanted: _Wanted) -> str:
    """Fetch a picture, and keep it and a small one; or keep in mind that it is none.

    Gives the media type of the one that is wanted.
    """
    counter = throttling.key("remote-media", authority_of(wanted.url))
    await throttling.check(context, counter, limit=_MOST, window=_WINDOW)
    folder = cache_of(context)
    aside = await asyncio.to_thread(folder.aside)
    preview, source = (aside.with_name(f"{aside.name}-{end}") for end in ("preview", "source"))
    try:
        await _get(context, wanted, source)
        form = await asyncio.to_thread(form_of, source)
        if form.kind is not MediaKind.IMAGE:
            raise refused("media-unknown")
        made = await pictures.develop(
            context,
            source,
            form.pillow,
            whole=aside,
            preview=preview,
            shape=wanted.shape,
        )
        flushed = [await asyncio.to_thread(folder.flush, each) for each in (aside, preview)]
        written = zip((aside, preview), flushed, (made.media_type, _SMALL), strict=True)
        async with context.database.transaction("elsewhere.keep") as tx:
            for name, (path, blob, media_type) in zip(wanted.names, written, strict=False):
                await _put(tx, context, folder, wanted, name, path, blob, media_type)
    except (FederationError, Invalid) as error:
        await _refuse(context, wanted, error)
        raise _missing() from error
    finally:
        for left in (source, aside, preview):
            left.unlink(missing_ok=True)
    return _SMALL if wanted.name == PREVIEW else made.media_type


async def _get(context: Context, wanted: _Wanted, to: Path) -> None:
    # Only what is not for everybody is asked for in our name: it is nobody else's to give.
    answer = await context.session.get(
        wanted.url,
        accept=_ACCEPT,
        sign=sign_as_agency(context) if wanted.shelf else None,
        accept_types=_is_picture,
        max_bytes=LARGEST_PICTURE,
    )
    if not answer.body:
        raise Unreachable(f"status-{answer.status}")
    await asyncio.to_thread(to.write_bytes, answer.body)


def _is_picture(media_type: MediaType) -> bool:
    """Let in what may be a picture; its bytes decide (MED-03)."""
    essence = media_type.essence
    return essence.startswith("image/") or essence in {"", "application/octet-stream"}


async def _put(
    tx: Transaction,
    context: Context,
    folder: Folder,
    wanted: _Wanted,
    name: str,
    path: Path,
    blob: Blob,
    media_type: str,
) -> None:
    file = wanted.of(name)
    await asyncio.to_thread(folder.move_in, path, file)
    await remote_media.keep(tx, file, media_type=media_type, size=blob.size, now=context.now())


async def _refuse(context: Context, wanted: _Wanted, error: FederationError | Invalid) -> None:
    now = context.now()
    until = now + (_SILENT if isinstance(error, Unreachable) else _REFUSED)
    _log.info("picture-not-fetched", host=authority_of(wanted.url), reason=error.reason)
    async with context.database.transaction("elsewhere.refuse") as tx:
        for name in wanted.names:
            await remote_media.refuse(
                tx, wanted.of(name), reason=error.reason, until=until, now=now
            )


def _missing() -> NotFound:
    return NotFound("media-not-found", "There is no such file, or it is not for you to see.")
