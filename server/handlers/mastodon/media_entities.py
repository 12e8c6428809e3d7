"""Files as clients show them, at addresses that open without a token (client-api.md 1.7)."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from schemas.attached import Media, MediaKind
from schemas.mastodon.statuses import MediaAttachment
from schemas.records import Post, Visibility
from server.context import Context
from server.services import elsewhere, tickets
from server.services import media as files
from server.storage import media
from server.storage.database import Transaction
from server.storage.media import Medium

_TYPES: Final[dict[MediaKind, Literal["image", "video", "audio", "unknown"]]] = {
    MediaKind.IMAGE: "image",
    MediaKind.VIDEO: "video",
    MediaKind.AUDIO: "audio",
}
_PLACES: Final = 4


async def ids_of(tx: Transaction, context: Context, posts: Iterable[Post]) -> Mapping[str, int]:
    """Find the ids of all files of ours in these posts, by their keys, in one statement."""
    urls = (each.url for post in posts if post.facts.author_local for each in post.media)
    keys = [key for key in (files.key_of(context, url) for url in urls) if key]
    return await media.ids_by_key(tx, keys) if keys else {}


def attachments(context: Context, of: Post, ids: Mapping[str, int]) -> list[MediaAttachment]:
    return [_attachment(context, of, each, place, ids) for place, each in enumerate(of.media)]


def brought(context: Context, medium: Medium) -> MediaAttachment:
    """Show a file that belongs to no post yet, or to one of its member's own."""
    shown = files.shown(context, medium)
    ticket = tickets.issue(context, f"/media/{medium.key}")
    preview = files.preview_of(shown.url) if medium.preview_hash else shown.url
    return MediaAttachment(
        id=str(medium.id),
        type=_TYPES.get(medium.kind, "unknown"),
        url=f"{shown.url}?ticket={ticket}",
        preview_url=f"{preview}?ticket={ticket}",
        meta=_measures(shown),
        description=shown.alt or None,
        blurhash=shown.blurhash or None,
    )


def _attachment(
    context: Context, of: Post, each: Media, place: int, ids: Mapping[str, int]
) -> MediaAttachment:
    key = files.key_of(context, each.url) if of.facts.author_local else None
    url = preview = each.url
    if key is not None:
        preview = files.preview_of(url) if each.kind is MediaKind.IMAGE else url
    elif each.kind is MediaKind.IMAGE and not of.facts.author_local:
        origin, number = context.home.origin, of.facts.id
        url = origin + elsewhere.path_of(context, number, each.url)
        preview = origin + elsewhere.path_of(context, number, each.url, elsewhere.PREVIEW)
    ticket = "" if of.facts.visibility is Visibility.PUBLIC else _ticket(context, url)
    return MediaAttachment(
        id=str(ids.get(key or "", of.facts.id + place)),
        type=_TYPES.get(each.kind, "unknown"),
        url=url + ticket,
        preview_url=preview + ticket,
        remote_url=None if of.facts.author_local else each.url,
        meta=_measures(each),
        description=each.alt or None,
        blurhash=each.blurhash or None,
    )


def _ticket(context: Context, url: str) -> str:
    """Give what opens a file here to whoever was shown its post; nothing for other hosts."""
    origin = context.home.origin
    if not url.startswith(f"{origin}/media/"):
        return ""
    path = url.removeprefix(origin).rpartition("/")[0]
    return f"?ticket={tickets.issue(context, path)}"


def _measures(of: Media) -> dict[str, object] | None:
    if not of.width or not of.height:
        return None
    size = f"{of.width}x{of.height}"
    found: dict[str, object] = {
        "original": {
            "width": of.width,
            "height": of.height,
            "size": size,
            "aspect": of.width / of.height,
        }
    }
    if of.focus:
        # As it was said: stored, it has seven digits of which not all were.
        found["focus"] = {"x": round(of.focus[0], _PLACES), "y": round(of.focus[1], _PLACES)}
    return found
