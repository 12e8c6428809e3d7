"""Threads in lists: what the gate releases to the reader, with author and community."""

from collections.abc import Iterable

from aiohttp import web

from schemas.records import Surface
from server.handlers.pages import views
from server.handlers.pages.pages import context_of
from server.handlers.pages.views import Names, PostView
from server.middleware import PRINCIPAL
from server.services import sharing
from server.storage.feeds import Entry


def rows_of(request: web.Request, entries: Iterable[Entry], names: Names) -> list[PostView]:
    context, principal = context_of(request), request[PRINCIPAL]
    rows = []
    for entry in entries:
        released = sharing.release(context, entry.post, principal, Surface.PAGE)
        if released is not None:
            author = views.actor(entry.author, names)
            community = views.actor(entry.community, names)
            rows.append(views.post(released, author, community))
    return rows
