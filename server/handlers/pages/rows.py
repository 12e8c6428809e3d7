"""Threads in lists: what the gate releases to the reader, with author and community."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from aiohttp import web

from schemas.records import Surface
from server.handlers.pages import sieve, views
from server.handlers.pages.pages import context_of
from server.handlers.pages.views import ActorView, Names, PostView
from server.middleware import PRINCIPAL
from server.services import sharing
from server.storage.feeds import Entry
from server.storage.filters import Place


def rows_of(
    request: web.Request,
    entries: Iterable[Entry],
    names: Names,
    place: Place | None = None,
) -> list[PostView]:
    """Make rows; the reader's filters are at work where a place is named."""
    listed = list(entries)
    communities = views.actors((entry.community for entry in listed), names)
    return _rows(request, listed, names, communities, place)


def rows_within(
    request: web.Request, entries: Iterable[Entry], names: Names, place: Place
) -> list[PostView]:
    """Leave out of each row the community, which the whole page is about."""
    return _rows(request, list(entries), names, {}, place)


def titled(
    request: web.Request,
    entries: Iterable[Entry],
    names: Names,
    titles: Mapping[int, str],
    place: Place | None = None,
) -> list[PostView]:
    """Make rows in which a reply has the title of its thread, from `titles` by id."""
    kept = list(entries)
    root_of = {each.post.facts.id: each.post.facts.root_id for each in kept}
    return [
        replace(row, title=row.title or titles.get(root_of[row.id], ""))
        for row in rows_of(request, kept, names, place)
    ]


def _rows(
    request: web.Request,
    entries: list[Entry],
    names: Names,
    communities: Mapping[int, ActorView],
    place: Place | None,
) -> list[PostView]:
    context, principal = context_of(request), request[PRINCIPAL]
    authors = views.actors((entry.author for entry in entries), names)
    rows = []
    for entry in entries:
        released = sharing.release(context, entry.post, principal, Surface.PAGE)
        if released is not None:
            community = communities.get(entry.community.id)
            shown = views.post(released, authors[entry.author.id], community)
            matches = sieve.met(request, released.content, place) if place else ()
            if (row := sieve.row(request, shown, matches)) is not None:
                rows.append(row)
    return rows
