"""Every URL we answer: those of pages, of other agencies, of members' clients."""

from datetime import timedelta
from typing import Final

from aiohttp import hdrs, web

from schemas.records import Surface
from server.handlers import media, system
from server.handlers.activitypub import actors, credentials, objects
from server.handlers.pages import (
    accounts,
    acts,
    agencies,
    announcements,
    communities,
    connected,
    consent,
    deliveries,
    directory,
    filters,
    followers,
    history,
    home,
    invitations,
    kept,
    leaving,
    lists,
    moderation,
    moving,
    people,
    polls,
    portraits,
    posts,
    quoting,
    recognitions,
    relocating,
    rules,
    scheduled,
    searching,
    severed,
    silences,
    stewards,
    tags,
    takeout,
    taking_part,
    texts,
    threads,
    walls,
    ways,
)
from server.middleware.declarations import (
    Audience,
    Handler,
    Limit,
    Route,
    wants_activitypub,
)
from server.middleware.keys import DECLARED
from server.routes.activitypub import ACTIVITYPUB
from server.routes.admin import ADMIN
from server.routes.clients import CLIENTS
from server.routes.commonlore import COMMONLORE
from server.routes.feeds import FEEDS
from server.routes.finding import FINDING, FINDING_PAGES
from server.routes.openapi import described
from server.routes.personal import PERSONAL
from server.routes.profiles import PICTURES, PROFILES
from server.routes.scripts import SCRIPTS
from server.routes.telling import TEXTS
from server.routes.timed import TIMED
from server.services.archives import LARGEST
from server.services.media_forms import LARGEST_FILM

__all__ = ["ROUTES", "Limit", "Route", "register"]

_SYSTEM: Final = tuple(
    Route(method="GET", path=path, handler=handler, door="system", audience="anyone")
    for path, handler in (
        ("/healthz", system.healthz),
        ("/readyz", system.readyz),
        ("/static/{name}", system.static),
    )
)

# People: pages and forms. A page that is also an ActivityPub document names both handlers here.
_SMALL_FORM: Final = 16_000  # bytes
# 20 000 characters of which each may take twelve bytes in a form, and the fields beside them.
_LONG_FORM: Final = 300_000
#: The same with files: the largest film, and what is written about it.
_UPLOADING: Final = LARGEST_FILM + 5_000_000
# An archive of an account, and the form around it.
_ARCHIVE: Final = LARGEST + 10_000
_WRITING: Final = Limit(times=60, per=timedelta(minutes=10), by="member")
#: Makes us ask other agencies.
_SEARCHING: Final = Limit(times=20, per=timedelta(minutes=10), by="member")
#: The same for guests, a whole network together.
_ASKING: Final = Limit(times=20, per=timedelta(minutes=10))
#: Asks while somebody types.
_TYPING: Final = Limit(times=120, per=timedelta(minutes=1), by="member")
_MARKING: Final = Limit(times=200, per=timedelta(minutes=10), by="member")


def _page(
    path: str,
    handler: Handler,
    audience: Audience = "anyone",
    *,
    activitypub: Handler | None = None,
    limit: Limit | None = None,
    surface: Surface = Surface.PAGE,
) -> Route:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        door="page",
        audience=audience,
        surface=surface,
        activitypub=activitypub,
        limit=limit,
    )


def _form(
    path: str,
    handler: Handler,
    audience: Audience = "member",
    *,
    limit: Limit = _MARKING,
    body: int = _SMALL_FORM,
) -> Route:
    return Route(
        method="POST",
        path=path,
        handler=handler,
        door="page",
        audience=audience,
        csrf=True,
        limit=limit,
        body=body,
    )


async def _credential(request: web.Request) -> web.StreamResponse:
    """Answer people with a page, and programs with what they ask for."""
    wanted = credentials.wanted(request)
    if wanted is not None:
        return await credentials.credential(request, wanted)
    response = await recognitions.credential(request)
    response.headers[hdrs.VARY] = hdrs.ACCEPT
    return response


_COMMUNITY_PAGES: Final = (
    _page("/", home.home),
    _page("/search", searching.show, limit=Limit(times=60, per=timedelta(minutes=1))),
    _page("/find", searching.old),
    _page("/alike", searching.alike, "member", limit=_TYPING),
    _page("/notifications", home.notified, "member"),
    _form("/notifications", home.mark_notifications_seen),
    _page("/communities", directory.directory),
    _page("/communities/new", communities.start_form, "steward"),
    _form("/communities/new", communities.start, "steward", limit=_WRITING, body=_LONG_FORM),
    _page("/c/{name}", communities.show, activitypub=actors.community),
    _page("/c/{name}/ask", posts.ask_form, "member"),
    _form("/c/{name}/ask", posts.ask, limit=_WRITING, body=_UPLOADING),
    _page("/c/{name}/poll", polls.start_form, "member"),
    _form("/c/{name}/poll", polls.start, limit=_WRITING, body=_LONG_FORM),
    _page("/c/{name}/edit", communities.edit_form, "member"),
    _form("/c/{name}/edit", communities.edit, limit=_WRITING, body=_LONG_FORM),
    _form("/c/{name}/pictures", portraits.change_of_community, limit=_WRITING, body=PICTURES),
    _page("/c/{name}/requests", communities.requests, "member"),
    _form("/c/{name}/requests", communities.decide),
    _page("/c/{name}/stewards", stewards.show, "member"),
    _form("/c/{name}/stewards", stewards.change),
    _form("/c/{name}/join", communities.join),
    _form("/c/{name}/leave", communities.leave),
    _form("/preview", posts.preview, body=_LONG_FORM),
    _page("/write", walls.write_form, "member"),
    _form("/write", walls.write, limit=_WRITING, body=_UPLOADING),
    _page("/messages", walls.messages, "member"),
    _page("/tags/{name}", tags.show),
    _page("/take-part", taking_part.form),
    _form("/take-part", taking_part.find, "anyone", limit=_ASKING),
    # The path is Mastodon's, for programs that know no other; our WebFinger names it.
    _page("/authorize_interaction", taking_part.arrive, "member"),
    _form("/tags/{name}/follow", tags.follow),
)
_POST_PAGES: Final = (
    _page("/p/{id}", threads.show, activitypub=objects.post),
    # Comparing versions is dear.
    _page("/p/{id}/history", history.show, limit=Limit(times=60, per=timedelta(minutes=1))),
    _page("/p/{id}/deliveries", deliveries.of_post, "member"),
    _page("/p/{id}/quotes", quoting.show, "member"),
    _form("/p/{id}/quotes", quoting.revoke),
    _page("/p/{id}/duplicate", quoting.duplicate_form, "member"),
    _form("/p/{id}/duplicate", quoting.duplicate),
    _page("/p/{id}/edit", posts.edit_form, "member"),
    _form("/p/{id}/edit", posts.edit, limit=_WRITING, body=_UPLOADING),
    _form("/p/{id}/answer", posts.answer, limit=_WRITING, body=_UPLOADING),
    _form("/p/{id}/comment", posts.comment, limit=_WRITING, body=_UPLOADING),
    _form("/p/{id}/vote", polls.vote),
    _form("/p/{id}/helpful", acts.helpful),
    _form("/p/{id}/bookmark", acts.keep),
    _form("/p/{id}/kudos", acts.thank),
    _form("/p/{id}/accept", acts.accept),
    _form("/p/{id}/reopen", acts.reopen),
    _form("/p/{id}/lock", acts.lock),
    _form("/p/{id}/pin", acts.pin),
    _page("/p/{id}/move", relocating.form, "member"),
    _form("/p/{id}/move", relocating.move),
    _page("/p/{id}/delete", acts.delete_form, "member"),
    _form("/p/{id}/delete", acts.delete),
    _page("/p/{id}/remove", acts.remove_form, "member"),
    _form("/p/{id}/remove", acts.remove),
    _form("/p/{id}/restore", acts.restore),
    _page("/p/{id}/report", acts.report_form, "member"),
    _form("/p/{id}/report", acts.report, limit=_WRITING),
)
_ACCOUNT_PAGES: Final = (
    _page("/sign-up", accounts.sign_up_form),
    _form("/sign-up", accounts.sign_up, "anyone"),
    _page("/sign-in", accounts.sign_in_form),
    _form("/sign-in", accounts.sign_in, "anyone"),
    _form("/sign-out", accounts.sign_out),
    _page("/settings", accounts.settings_form, "member"),
    _page("/settings/severed", severed.show, "member"),
    _page("/settings/severed.csv", severed.download, "member"),
    _form("/settings", accounts.change_settings, limit=_WRITING, body=_LONG_FORM),
    _form("/settings/pictures", portraits.change_own, limit=_WRITING, body=PICTURES),
    _page("/settings/followers", followers.show, "member"),
    _form("/settings/followers", followers.settle),
    _form("/settings/password", accounts.change_password),
    _form("/settings/sessions/{id}/revoke", accounts.revoke_session),
    _page("/settings/apps", connected.show, "member"),
    _form("/settings/apps/revoke", connected.end_all),
    _form("/settings/apps/{id}/revoke", connected.end_one),
    # Some programs write the slash (client-api.md 1.1).
    *(_page(path, consent.ask) for path in ("/oauth/authorize", "/oauth/authorize/")),
    *(_form(path, consent.answer) for path in ("/oauth/authorize", "/oauth/authorize/")),
    _page("/settings/moving", moving.show, "member"),
    _form("/settings/moving/alias", moving.name_alias, limit=_SEARCHING),
    _form("/settings/moving/alias/remove", moving.remove_alias),
    _form("/settings/moving/go", moving.move_away, limit=_SEARCHING),
    _form("/settings/moving/back", moving.come_back),
    _page("/settings/archive", takeout.show, "member"),
    _form("/settings/archive", takeout.make, limit=_SEARCHING),
    _page("/settings/archives/{id}", takeout.download, "member", limit=_SEARCHING),
    _form("/settings/archive/bring", takeout.bring, limit=_SEARCHING, body=_ARCHIVE),
    _form("/settings/archive/about", takeout.use_about),
    _page("/settings/delete", leaving.show, "member"),
    _form("/settings/delete", leaving.delete, limit=_SEARCHING),
    _page("/@{name}", people.show, activitypub=actors.person),
    _form("/@{name}/follow", people.follow),
    _form("/@{name}/unfollow", people.unfollow),
    *(
        _form(f"/@{{name}}/{verb}", silences.act)
        for verb in ("mute", "unmute", "block", "unblock", "note")
    ),
    _page("/settings/silences", silences.show, "member"),
    _form("/settings/silences", silences.change),
    _page("/settings/scheduled", scheduled.show, "member"),
    _form("/settings/scheduled/{id}", scheduled.change),
    _page("/bookmarks", kept.show, "member"),
    _page("/lists", lists.show, "member"),
    _form("/lists", lists.make, limit=_WRITING),
    _page("/lists/{id}", lists.read, "member"),
    _page("/lists/{id}/edit", lists.edit_form, "member"),
    _form("/lists/{id}/edit", lists.edit),
    _page("/filters", filters.show, "member"),
    _page("/filters/new", filters.new_form, "member"),
    _form("/filters/new", filters.make, limit=_WRITING),
    _page("/filters/{id}", filters.edit_form, "member"),
    _form("/filters/{id}", filters.edit),
)
_RECOGNITION_PAGES: Final = (
    _page("/c/{name}/recognitions", recognitions.of_community),
    _page("/recognition/{id}", recognitions.note, activitypub=credentials.note),
    # The credential itself, where the Accept header asks for one.
    _page("/credentials/{id}", _credential),
    _form("/credentials/{id}/withdraw", recognitions.withdraw),
    _form("/@{name}/recognize", recognitions.give, limit=_WRITING),
    _page("/settings/recognitions", recognitions.mine, "member"),
    _form("/settings/recognitions", recognitions.choose),
)
_GUARDING_PAGES: Final = (
    _page("/about", agencies.about),
    _page("/privacy-policy", texts.privacy),
    _page("/terms-of-service", texts.terms),
    _page("/agencies", agencies.show),
    _form("/agencies/admit", agencies.admit, "moderator"),
    _form("/agencies/block", agencies.block, "moderator"),
    _page("/moderation", moderation.show, "moderator"),
    _page("/moderation/rules", rules.show, "moderator"),
    _form("/moderation/rules", rules.add, "moderator"),
    _form("/moderation/rules/{id}", rules.change, "moderator"),
    _page("/moderation/announcements", announcements.show, "moderator"),
    _form("/moderation/announcements", announcements.write, "moderator"),
    _page("/moderation/announcements/{id}", announcements.edit_form, "moderator"),
    _form("/moderation/announcements/{id}", announcements.edit, "moderator"),
    _form("/announcements/{id}/dismiss", announcements.dismiss),
    _page("/invitations", invitations.show, "moderator"),
    _form("/invitations", invitations.make, "moderator"),
    _form("/moderation/suspend", moderation.suspend, "moderator"),
    _form("/moderation/reports/{id}/keep", moderation.keep, "moderator"),
    _form("/moderation/reports/{id}/take", moderation.take, "moderator"),
)
_OPERATING_PAGES: Final = (
    _page("/operations/texts", texts.show, "operator"),
    _form("/operations/texts", texts.write, "operator", body=_LONG_FORM),
    _page("/operations/deliveries", deliveries.show, "operator"),
    _page("/operations/deliveries/origin", deliveries.show_one, "operator"),
    _form("/operations/deliveries/steer", deliveries.steer, "operator"),
    _page("/operations/deliveries/drop", deliveries.drop_form, "operator"),
    _form("/operations/deliveries/drop", deliveries.drop, "operator"),
)
#: Files: a browser shows them to who is signed in, an agency signs, and a client has a ticket.
_MEDIA: Final = (
    _page("/media/{key}/{name}", media.show, surface=Surface.MEDIA),
    _page("/media/proxy/{post}/{signature}/{name}", media.proxy, surface=Surface.MEDIA),
    _page("/media/portraits/{actor}/{signature}/{name}", media.portrait, surface=Surface.MEDIA),
)
_WAYS: Final = (
    *(_page(path, ways.known) for path in ways.WAYS),
    _page(r"/@{name}/{id:\d+}", ways.post),
    _page(r"/admin/reports/{id:\d+}", ways.report),
    _page(r"/admin/accounts/{id:\d+}", ways.person),
)
_PAGES: Final[tuple[Route, ...]] = (
    *_WAYS,
    *_COMMUNITY_PAGES,
    *_POST_PAGES,
    *_ACCOUNT_PAGES,
    *_RECOGNITION_PAGES,
    *_GUARDING_PAGES,
    *_OPERATING_PAGES,
)

ROUTES: Final[tuple[Route, ...]] = (
    *_SYSTEM,
    *ACTIVITYPUB,
    *COMMONLORE,
    *described(COMMONLORE),
    # What is fixed stands before what is an id.
    *PROFILES,
    *CLIENTS,
    *_MEDIA,
    *PERSONAL,
    *SCRIPTS,
    *ADMIN,
    *TEXTS,
    *FINDING,
    *TIMED,
    *FEEDS,
    *_PAGES,
    *FINDING_PAGES,
)


def register(application: web.Application, routes: tuple[Route, ...] = ROUTES) -> None:
    """Put the routes into an application; nothing else does.

    Raises:
        ValueError: two routes for one method on one path.
    """
    declared: dict[web.AbstractRoute, Route] = {}
    resources: dict[str, web.Resource] = {}
    for route in routes:
        resource = resources.get(route.path)
        if resource is None:
            resource = resources[route.path] = application.router.add_resource(route.path)
        handler = _negotiating(route.handler, route.activitypub)
        for method in _methods(route):
            try:
                declared[resource.add_route(method, handler)] = route
            except RuntimeError:
                raise ValueError(f"{route.name} is declared twice") from None
    application[DECLARED] = declared


def _methods(route: Route) -> tuple[str, ...]:
    return (hdrs.METH_GET, hdrs.METH_HEAD) if route.method == hdrs.METH_GET else (route.method,)


def _negotiating(page: Handler, activitypub: Handler | None) -> Handler:
    """Answer with the document or the page, and tell caches what that hangs on."""
    if activitypub is None:
        return page

    async def negotiate(request: web.Request) -> web.StreamResponse:
        handler = activitypub if wants_activitypub(request) else page
        response = await handler(request)
        response.headers[hdrs.VARY] = "Accept, Signature"
        return response

    return negotiate
