"""What posts carry beyond their words, as it is shown: all that is loaded is loaded here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from federation.errors import Malformed
from federation.translate import sanitize
from federation.uris import authority_of
from schemas.attached import Media, MediaKind, QuoteState
from schemas.records import Post, Principal, Surface
from server.context import Context
from server.handlers.pages import views
from server.handlers.pages.pages import context_of, id_in
from server.handlers.pages.views import (
    ActorView,
    AttachedView,
    CardView,
    MediumView,
    Names,
    QuoteView,
    SameView,
)
from server.middleware import PRINCIPAL
from server.services import elsewhere, sharing
from server.services import media as files
from server.storage import actors
from server.storage.feeds import Entry
from server.storage.reactions import Counted

_LONGEST_CARD: Final = 300


#: What most posts carry.
_NOTHING: Final = AttachedView()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the posts of a thread point to, by uri, and the emoji under them, by id."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    reactions: Mapping[int, Sequence[Counted]] = field(default_factory=dict)


def attached(
    of: Post, around: Around, context: Context, principal: Principal, names: Names
) -> AttachedView | None:
    """Show what a post carries; None where it is only words."""
    if of.facts.deleted_at is not None:
        return None
    entry = around.entries.get(of.quote.uri) if of.quote else None
    shown = AttachedView(
        folded=views.is_folded(of),
        warning=of.warning,
        media=tuple(_medium(context, of, each) for each in of.media),
        quote=_quote(of, _released(entry, context, principal), entry, names),
        reactions=tuple(around.reactions.get(of.facts.id, ())),
        same=_same(of, around, context, principal),
    )
    return None if shown == _NOTHING else shown


def _released(entry: Entry | None, context: Context, principal: Principal) -> Post | None:
    if entry is None:
        return None
    released = sharing.release(context, entry.post, principal, Surface.PAGE)
    return released.content if released else None


def host_of(url: str) -> str:
    try:
        return authority_of(url)
    except Malformed:
        return ""


def _medium(context: Context, of: Post, media: Media) -> MediumView:
    """Show a file of ours, a picture from elsewhere through us, and a link to the rest."""
    url, shown = media.url, None
    ours = f"{context.home.origin}/media/"
    is_picture = media.kind is MediaKind.IMAGE
    if of.facts.author_local and url.startswith(ours):
        url = url.removeprefix(context.home.origin)
        shown = files.preview_of(url) if is_picture else url
    elif is_picture and not of.facts.author_local:
        shown = elsewhere.path_of(context, of.facts.id, url, elsewhere.PREVIEW)
        url = elsewhere.path_of(context, of.facts.id, url)
    return MediumView(
        url=url,
        kind=media.kind.value,
        host=host_of(media.url),
        alt=media.alt,
        shown=shown,
        width=media.width,
        height=media.height,
        size=media.size,
    )


def _quote(
    of: Post, quoted: Post | None, entry: Entry | None, names: Names
) -> QuoteView | None:
    if of.quote is None:
        return None
    by_same = quoted is not None and quoted.facts.author_id == of.facts.author_id
    may_show = by_same or of.quote.state is QuoteState.APPROVED
    here = f"/p/{quoted.facts.id}" if quoted else sanitize.link(of.quote.uri)
    return QuoteView(
        url=here,
        host=host_of(of.quote.uri),
        waits=of.quote.state is QuoteState.ASKED,
        card=card(quoted, views.actor(entry.author, names))
        if may_show and quoted is not None and entry is not None
        else None,
    )


async def quoted_card(request: web.Request, number: str) -> CardView | None:
    """Show what a member is about to quote; None where there is no such post for them."""
    if not number:
        return None
    context = context_of(request)
    async with context.database.reading() as tx:
        released = await sharing.released(
            tx, context, id_in(number), request[PRINCIPAL], Surface.PAGE
        )
        author = await actors.get(tx, released.content.facts.author_id)
        names = await views.agency_names(tx, context)
    return card(released.content, views.actor(author, names))


def card(of: Post, author: ActorView) -> CardView:
    return CardView(
        author=author,
        url=f"/p/{of.facts.id}",
        title=of.title,
        text="" if views.is_folded(of) else sanitize.teaser(of.text, limit=_LONGEST_CARD),
        warning=of.warning,
        language=of.language,
    )


def _same(of: Post, around: Around, context: Context, principal: Principal) -> SameView | None:
    if of.duplicate_of is None:
        return None
    original = _released(around.entries.get(of.duplicate_of), context, principal)
    if original is not None:
        return SameView(url=f"/p/{original.facts.id}", title=original.title)
    url = sanitize.link(of.duplicate_of)
    return SameView(url=url, title="") if url else None
