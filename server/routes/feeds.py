"""Collections of communities: their pages, and what other agencies ask of them."""

from datetime import timedelta
from typing import Final

from schemas.records import Surface
from server.handlers.activitypub import actors, inbox
from server.handlers.activitypub import feeds as wire
from server.handlers.pages import feeds as pages
from server.middleware.declarations import Audience, Handler, Limit, Route

#: A collection of two hundred communities, and what is said of it.
_FORM: Final = 300_000
_WRITING: Final = Limit(times=60, per=timedelta(minutes=10), by="member")
#: Each asks up to two hundred communities.
_FOLLOWING: Final = Limit(times=20, per=timedelta(minutes=10), by="member")


def _page(
    path: str,
    handler: Handler,
    audience: Audience = "anyone",
    *,
    activitypub: Handler | None = None,
) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        door="page",
        audience=audience,
        surface=Surface.PAGE,
        activitypub=activitypub,
    )


def _form(
    path: str, handler: Handler, audience: Audience = "member", *, limit: Limit = _WRITING
) -> Route:
    return Route(
        method="POST",
        path=path,
        handler=handler,
        door="page",
        audience=audience,
        csrf=True,
        limit=limit,
        body=_FORM,
    )


def _collection(path: str, handler: Handler) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        door="activitypub",
        audience="signed",
        surface=Surface.COLLECTION,
    )


FEEDS: Final[tuple[Route, ...]] = (
    _page("/feeds", pages.browse),
    _page("/feeds/new", pages.start_form, "steward"),
    _form("/feeds/new", pages.start, "steward"),
    _page("/f/{name}", pages.show, activitypub=actors.feed),
    _page("/f/{name}/edit", pages.edit_form, "steward"),
    _form("/f/{name}/edit", pages.edit, "steward"),
    _form("/f/{name}/follow", pages.follow, limit=_FOLLOWING),
    _form("/f/{name}/unfollow", pages.unfollow, limit=_FOLLOWING),
    *(
        Route(
            method="POST",
            path=path,
            handler=inbox.receive,
            door="activitypub",
            audience="signed",
            body=inbox.LARGEST,
        )
        for path in ("/f/{name}/inbox", "/f/{name}/inbox/")
    ),
    _collection("/f/{name}/outbox", wire.outbox),
    _collection("/f/{name}/followers", wire.followers),
    _collection("/f/{name}/followers/synchronization", wire.synchronization),
    _collection("/f/{name}/following", wire.following),
    _collection("/f/{name}/moderators", wire.moderators),
)
