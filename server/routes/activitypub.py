"""What other agencies ask: inboxes, actors, objects, collections, discovery."""

from typing import Final

from schemas.records import Surface
from server.handlers.activitypub import (
    actors,
    collections,
    credentials,
    directories,
    inbox,
    objects,
    results,
    well_known,
)
from server.middleware.declarations import Handler, Route

_INBOXES: Final = tuple(
    Route(
        method="POST",
        path=path,
        handler=inbox.receive,
        door="activitypub",
        audience="signed",
        body=inbox.LARGEST,
    )
    for owner in ("", "/c/{name}", "/@{name}", "/actor/moderation")
    for path in (f"{owner}/inbox", f"{owner}/inbox/")
)


def _document(path: str, handler: Handler, surface: Surface | None = None) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        door="activitypub",
        audience="anyone" if surface is None else "signed",
        surface=surface,
    )


_DISCOVERY: Final = (
    _document("/.well-known/webfinger", well_known.webfinger),
    _document("/.well-known/nodeinfo", well_known.nodeinfo_links),
    _document("/nodeinfo/2.0", well_known.nodeinfo_2_0),
    _document("/nodeinfo/2.1", well_known.nodeinfo_2_1),
    _document("/.well-known/host-meta", well_known.host_meta),
    _document("/.well-known/host-meta.json", well_known.host_meta_json),
    _document("/ns", well_known.terms),
    _document("/actor", actors.agency),
    _document("/actor/communities", directories.communities),
    _document("/actor/moderation", actors.moderation),
    _document("/actor/moderation/outbox", actors.moderation_outbox),
    _document("/c/{name}/credential-status", credentials.status_list),
)
_COLLECTIONS: Final = (
    _document("/c/{name}/outbox", collections.community_outbox, Surface.COLLECTION),
    _document("/c/{name}/archive", collections.community_archive, Surface.COLLECTION),
    _document("/c/{name}/followers", collections.community_followers, Surface.COLLECTION),
    _document(
        "/c/{name}/followers/synchronization",
        collections.community_synchronization,
        Surface.COLLECTION,
    ),
    _document("/c/{name}/following", collections.community_following, Surface.COLLECTION),
    _document("/c/{name}/featured", collections.featured, Surface.COLLECTION),
    _document("/c/{name}/moderators", collections.moderators, Surface.COLLECTION),
    _document("/c/{name}/t/{key}", collections.thread, Surface.COLLECTION),
    _document("/c/{name}/t/{key}/likes", collections.thread_likes, Surface.COLLECTION),
    _document("/@{name}/outbox", collections.person_outbox, Surface.COLLECTION),
    _document("/@{name}/featured", collections.person_featured, Surface.COLLECTION),
    _document("/@{name}/featured_tags", collections.person_featured_tags, Surface.COLLECTION),
    _document("/@{name}/followers", collections.person_followers, Surface.COLLECTION),
    _document(
        "/@{name}/followers/synchronization",
        collections.person_synchronization,
        Surface.COLLECTION,
    ),
    _document("/@{name}/following", collections.person_following, Surface.COLLECTION),
    _document("/p/{id}/replies", objects.replies, Surface.COLLECTION),
    _document("/p/{id}/likes", objects.likes, Surface.COLLECTION),
    _document("/p/{id}/shares", objects.shares, Surface.COLLECTION),
    _document("/p/{id}/reactions", objects.reactions, Surface.COLLECTION),
    _document("/p/{id}/quotes/{stamp}", objects.stamp, Surface.OBJECT),
    _document("/activities/{id}", objects.activity, Surface.OBJECT),
    _document("/activity_result", results.activity_result, Surface.DECISION),
)
ACTIVITYPUB: Final[tuple[Route, ...]] = (*_INBOXES, *_DISCOVERY, *_COLLECTIONS)
