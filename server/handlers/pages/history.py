"""What a post said before, and what each edit changed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Final

from aiohttp import web

from federation.translate import sanitize
from server.handlers.pages.differences import changes
from server.handlers.pages.pages import context_of, page
from server.handlers.pages.posts import single
from server.handlers.pages.views import PostView
from server.storage import posts

#: So many of the newest versions are compared.
_MOST_VERSIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    number: int
    title: str
    source: str
    html: str
    written: datetime


async def show(request: web.Request) -> web.StreamResponse:
    """Show every version; a deleted post has no history any more, whoever deleted it."""
    post, community = await single(request)
    async with context_of(request).database.reading() as tx:
        kept = await posts.revisions(tx, post.id)
    versions = [
        _Version(
            number=place + 1,
            title=each.title,
            source=each.source,
            html=each.html,
            written=each.written_at,
        )
        for place, each in enumerate(kept)
    ]
    versions.append(
        _Version(
            number=len(kept) + 1,
            title=post.title,
            source=post.source,
            html=post.html,
            written=post.edited or post.published,
        )
    )
    # Comparing costs time in proportion to what was written: not on the event loop.
    shown = await asyncio.to_thread(_revisions, post, versions) if kept else []
    return page(request, "history.html", post=post, community=community, revisions=shown)


def _revisions(post: PostView, versions: Sequence[_Version]) -> list[SimpleNamespace]:
    """Compare each version with the one before it, newest first."""
    # Not every program sends the source; then the text of all versions is what compares.
    sourced = all(each.source for each in versions)
    shown: list[SimpleNamespace] = []
    before = ""
    for each in versions[-_MOST_VERSIONS - 1 :]:
        after = each.source if sourced else sanitize.from_html(each.html).text
        shown.append(
            SimpleNamespace(
                number=each.number,
                editor=post.author,
                written=each.written,
                note="",
                title=each.title,
                # The first version changed nothing.
                changes=changes(before, after) if shown else changes(after, after),
            )
        )
        before = after
    return list(reversed(shown[-_MOST_VERSIONS:]))
