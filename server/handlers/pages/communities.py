"""Communities: a community's page, joining, starting and looking after one."""

from types import SimpleNamespace
from typing import Final
from urllib.parse import quote

from aiohttp import web

from schemas.records import FollowState, JoinRule, Role, Surface, Visibility
from server.handlers.pages import recognized, views
from server.handlers.pages.pages import (
    asked,
    context_of,
    cursor_in,
    cursor_to,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.pictured import pictures
from server.handlers.pages.rows import rows_within
from server.handlers.pages.views import CommunityView, Names
from server.handlers.pages.words import say
from server.middleware import PRINCIPAL, SESSION
from server.services import communities as service
from server.services import polls, sharing
from server.services.communities import CommunityDraft
from server.services.errors import Invalid, NotAllowed, NotFound
from server.storage import backfills, communities, details, errands, feeds, follows
from server.storage.communities import Listed
from server.storage.database import Transaction
from server.storage.errands import Asks
from server.storage.feeds import Entry, Tab
from server.storage.filters import Place
from server.storage.sessions import SignedIn

_PAGE: Final = 20
_MOST_PINNED: Final = 10


async def show(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), request[SESSION]
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    tab: Tab = "unanswered" if asked(request, "tab") == "unanswered" else "all"
    topic, before = asked(request, "topic") or None, cursor_in(asked(request, "before"))
    async with context.database.reading() as tx:
        asks, listed = await _find(tx, request)
        here = listed.community.id
        names = await views.agency_names(tx, context)
        found = await feeds.threads(
            tx,
            scope,
            community_id=here,
            tab=tab,
            topic=topic,
            before=before,
            limit=_PAGE + 1,
        )
        pinned = await feeds.threads(
            tx, scope, community_id=here, tab="pinned", limit=_MOST_PINNED
        )
        stewards = await communities.stewards(tx, here)
        given = await recognized.latest_of(tx, listed.community, names)
        local = listed.community.actor.local
        fetched = None if local else await backfills.progress(tx, here)
        takes_polls = await polls.takes_polls(tx, listed.community.actor)

    first = tab == "all" and topic is None and before is None
    community = views.community(listed, names)
    on_top = {entry.post.facts.id for entry in pinned} if tab == "all" and not topic else set()
    posts = [entry for entry in found[:_PAGE] if entry.post.facts.id not in on_top]
    return page(
        request,
        "community.html",
        community=community,
        posts=rows_within(request, posts, names, Place.PUBLIC),
        pinned=rows_within(request, pinned, names, Place.PUBLIC) if first else [],
        topic=topic,
        tab=tab,
        stewards=[views.actor(each, names) for each in stewards],
        recognitions=given,
        asking=asks.people if may_govern(session, listed) else 0,
        hidden=_is_hidden(session, listed),
        takes_polls=takes_polls,
        own_server=views.take_part_path(listed.community.actor.uri),
        fetching=fetched if fetched is not None and fetched.ended_at is None else None,
        pages=_pages(request, community, found, later=before is not None),
    )


def _pages(
    request: web.Request, community: CommunityView, found: list[Entry], *, later: bool
) -> SimpleNamespace | None:
    kept = "".join(
        f"{name}={quote(asked(request, name))}&"
        for name in ("tab", "topic")
        if asked(request, name)
    )
    following = None
    if len(found) > _PAGE:
        last = found[_PAGE - 1]
        at = cursor_to(last.active_at, last.post.facts.id)
        following = f"{community.url}?{kept}before={at}"
    first = f"{community.url}?{kept}".rstrip("?&") if later else None
    return views.pages(previous=first, following=following)


async def find_community(tx: Transaction, request: web.Request) -> Listed:
    """Find the community that the path names, with its figures and the reader's state."""
    return (await _find(tx, request))[1]


async def _find(tx: Transaction, request: web.Request) -> tuple[Asks, Listed]:
    name, _, host = request.match_info["name"].replace("\0", "").lower().partition("@")
    session = request[SESSION]
    asks = await errands.community_at(tx, name, host or context_of(request).home.authority)
    if asks is not None:
        reader = session.member.id if session else None
        for listed in await communities.listed(tx, reader=reader, only=asks.community.id):
            return asks, listed
    raise NotFound("community-not-found", "There is no such community.")


def may_govern(session: SignedIn | None, listed: Listed) -> bool:
    """Say whether the reader looks after a community of ours, as its steward or a moderator."""
    if session is None or not listed.community.actor.local:
        return False
    if listed.community.id in session.stewards:
        return True
    return session.member.role.reaches(Role.MODERATOR)


def _is_hidden(session: SignedIn | None, listed: Listed) -> bool:
    if listed.community.visibility is Visibility.PUBLIC:
        return False
    if session is None:
        return True
    reads = session.member.role.reaches(Role.MODERATOR)
    return not reads and listed.community.id not in session.joined


async def start_form(request: web.Request) -> web.StreamResponse:
    return page(request, "community_new.html")


async def start(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), signed_in(request)
    form = await typed(request)
    try:
        opened = await service.open_community(context, session.member.actor, _draft(form))
    except Invalid as wrong:
        return page(request, "community_new.html", errors=wrong.fields, form=form)
    return see_other(
        request,
        views.path_of(opened.actor),
        say(request, "Your community is open. Ask the first question."),
    )


async def edit_form(request: web.Request) -> web.StreamResponse:
    listed, names = await governed(request)
    return await edit_page(request, listed, names)


async def edit_page(
    request: web.Request,
    listed: Listed,
    names: Names,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    """Show the forms in which stewards change a community, with what is wrong in them."""
    async with context_of(request).database.reading() as tx:
        said = await details.find(tx, listed.community.id)
    return page(
        request,
        "community_edit.html",
        errors=errors,
        form=form,
        community=views.community(listed, names),
        shown=pictures(context_of(request), listed.community.actor, said),
    )


async def edit(request: web.Request) -> web.StreamResponse:
    listed, names = await governed(request)
    community, form = views.community(listed, names), await typed(request)
    try:
        await service.change_community(
            context_of(request),
            signed_in(request),
            listed.community.id,
            _draft(form | {"visibility": community.visibility}),
        )
    except Invalid as wrong:
        return await edit_page(request, listed, names, errors=wrong.fields, form=form)
    return see_other(request, community.url, say(request, "The community is saved."))


def _draft(form: dict[str, str]) -> CommunityDraft:
    # What a browser cannot send without being told to reads as the narrower choice.
    join = JoinRule.OPEN if form.get("join") == JoinRule.OPEN else JoinRule.APPROVAL
    public = form.get("visibility") == Visibility.PUBLIC
    lines = (line.strip() for line in form.get("topics", "").splitlines())
    return CommunityDraft(
        name=form.get("name", ""),
        display_name=form.get("display_name", ""),
        summary=form.get("summary", ""),
        charter=form.get("charter", ""),
        topics=tuple(line for line in lines if line),
        join=join,
        visibility=Visibility.PUBLIC if public else Visibility.MEMBERS,
    )


async def join(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        asks, _ = await _find(tx, request)
    community = asks.community
    state = await service.join(context, signed_in(request), community.id)
    path = views.path_of(community)
    if state is FollowState.ACCEPTED:
        return see_other(
            request, path, say(request, "You are in. Ask something, or help with an answer.")
        )
    told = say(request, "You asked to join. We tell you as soon as it is settled.")
    return see_other(request, path, told, kind="notice")


async def leave(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        asks, listed = await _find(tx, request)
    await service.leave(context, signed_in(request), asks.community.id)
    told = (
        say(request, "You withdrew your request.")
        if listed.my_state == "asked"
        else say(request, "You left.")
    )
    return see_other(request, views.path_of(asks.community), told)


async def requests(request: web.Request) -> web.StreamResponse:
    """List who waits to be let in, to those who decide it."""
    listed, names = await governed(request)
    async with context_of(request).database.reading() as tx:
        waiting = await follows.asking(tx, listed.community.id)
    return page(
        request,
        "requests.html",
        community=views.community(listed, names),
        requests=[
            SimpleNamespace(
                id=each.follower.id,
                person=views.actor(each.follower, names),
                asked=each.follow.asked_at,
                note="",
            )
            for each in waiting
        ],
    )


async def decide(request: web.Request) -> web.StreamResponse:
    listed, _ = await governed(request)
    form = await typed(request)
    let_in = form.get("act") == "approve"
    await service.decide_request(
        context_of(request),
        signed_in(request),
        listed.community.id,
        id_in(form.get("request", "")),
        let_in=let_in,
    )
    back = f"{views.path_of(listed.community.actor)}/requests"
    return see_other(
        request,
        back,
        say(request, "They are in.") if let_in else say(request, "You refused the request."),
    )


async def governed(request: web.Request) -> tuple[Listed, Names]:
    context, session = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        _, listed = await _find(tx, request)
        names = await views.agency_names(tx, context)
    if not may_govern(session, listed):
        raise NotAllowed("not-a-steward", "Only its stewards can do that.")
    return listed, names
