"""Files that nobody needs any more are removed, and what a death of ours left half-done."""

import asyncio
from datetime import timedelta
from typing import Final

from server.context import Context
from server.services.elsewhere import cache_of
from server.services.media import folder_of
from server.storage import media, remote_media
from server.storage.files import Folder

#: A file that belongs to no post is kept so long.
KEPT: Final = timedelta(hours=24)
_AT_ONCE: Final = 500
_MEGABYTE: Final = 1_000_000
_DAY: Final = 86_400.0  # seconds
_HOUR: Final = 3_600.0
_PART: Final = timedelta(minutes=10)


async def clear(context: Context) -> None:
    """Remove what is over: files of no post, of deleted posts, and too many from elsewhere."""
    now = context.now()
    async with context.database.transaction("media.forget") as tx:
        await media.remove_left(tx, before=now - KEPT)
        await remote_media.forget_refused(tx, now=now)
        unused = await media.unused_blobs(tx, limit=_AT_ONCE)
    folder = folder_of(context)
    for name in unused:
        await _remove(context, folder, name)
    await _shrink(context)
    await _sweep(context, folder)


async def _remove(context: Context, folder: Folder, name: str) -> None:
    """Remove a file, unless somebody has just brought the same once more.

    The file goes first: if we die in between, nothing shows it, and it is removed again.
    """
    async with context.database.transaction("media.remove") as tx:
        await media.lock_blobs(tx, {name})
        if await media.remove_blob(tx, name):
            await asyncio.to_thread(folder.remove, name)


async def _shrink(context: Context) -> None:
    """Keep pictures from elsewhere below their limit; what nobody looked at goes first."""
    most = context.settings.media_cache * _MEGABYTE
    folder = cache_of(context)
    async with context.database.transaction("media.shrink") as tx:
        size = await remote_media.total(tx)
        for each in await remote_media.least_used(tx, limit=_AT_ONCE) if size > most else ():
            if size <= most:
                break
            await remote_media.remove(tx, each.url_hash)
            await asyncio.to_thread(folder.remove, each.url_hash)
            size -= each.size


async def _sweep(context: Context, folder: Folder) -> None:
    """Look through a 256th of each folder for files that no row knows: we died before it."""
    part = int(context.now().timestamp() // _PART.total_seconds())
    cache = cache_of(context)
    for each in (folder, cache):
        await asyncio.to_thread(_remove_abandoned, each)
    names = await asyncio.to_thread(folder.shard, part, older_than=_HOUR)
    async with context.database.reading() as tx:
        unknown = set(names) - await media.known_blobs(tx, names)
    for name in unknown:
        await _remove_unknown(context, folder, name)
    names = await asyncio.to_thread(cache.shard, part, older_than=_HOUR)
    async with context.database.reading() as tx:
        unknown = set(names) - await remote_media.known(tx, names)
    for name in unknown:
        await asyncio.to_thread(cache.remove, name)


def _remove_abandoned(folder: Folder) -> None:
    for path in folder.abandoned(older_than=_DAY):
        path.unlink(missing_ok=True)


async def _remove_unknown(context: Context, folder: Folder, name: str) -> None:
    async with context.database.transaction("media.sweep") as tx:
        await media.lock_blobs(tx, {name})
        if not await media.known_blobs(tx, [name]):
            await asyncio.to_thread(folder.remove, name)
