"""Collections of communities: browsed, followed as a whole, made and looked after."""

from types import SimpleNamespace
from typing import Final

from aiohttp import web

from schemas.records import Actor, FollowState, Role
from server.handlers.pages import views
from server.handlers.pages.pages import (
    context_of,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.views import Names
from server.handlers.pages.words import say
from server.middleware import SESSION
from server.services import curating, feed_following
from server.services.curating import FeedDraft
from server.services.errors import Invalid, NotFound
from server.storage import actors, communities, community_feeds, follows
from server.storage.community_feeds import Entry, Feed
from server.storage.database import Transaction

_MOST: Final = 200


async def browse(request: web.Request) -> web.StreamResponse:
    """List the collections that we know, ours first."""
    context, session = context_of(request), request[SESSION]
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        found = await community_feeds.listed(
            tx, session.member.id if session else None, limit=_MOST
        )
    return page(
        request,
        "feeds.html",
        feeds=[
            SimpleNamespace(
                shown=views.actor(each.feed.actor, names),
                about_html=each.feed.actor.summary,
                communities=each.communities,
                follows=each.follows,
            )
            for each in found
        ],
        may_start=session is not None and session.member.role.reaches(Role.STEWARD),
    )


async def show(request: web.Request) -> web.StreamResponse:
    """Show what is in a collection, here or elsewhere, and who looks after it."""
    context, session = context_of(request), request[SESSION]
    reader = session.member.id if session else None
    async with context.database.reading() as tx:
        feed = await _find(tx, request)
        names = await views.agency_names(tx, context)
        entries = await community_feeds.entries(tx, feed.id)
        known = [each.community_id for each in entries if each.community_id is not None]
        listed = await communities.listed(tx, reader=reader, among=known, limit=len(known))
        curators = await community_feeds.curators(tx, feed.id)
        edge = await follows.find(tx, reader, feed.id) if reader is not None else None
    listed.sort(key=lambda each: known.index(each.community.id))
    named = {each.id for each in curators}
    return page(
        request,
        "feed.html",
        feed=_shown(feed, names),
        communities=[views.community(each, names) for each in listed],
        unknown=[each.uri for each in entries if each.community_id is None],
        left_out=max(feed.total - len(entries), 0),
        curators=[views.actor(each, names) for each in curators],
        state=edge.state.value if edge is not None else "",
        may_change=session is not None
        and feed.actor.local
        and curating.may_curate(session, named),
    )


def _shown(feed: Feed, names: Names) -> SimpleNamespace:
    shown = views.actor(feed.actor, names)
    return SimpleNamespace(
        **{name: getattr(shown, name) for name in type(shown).__slots__},
        about_html=feed.actor.summary,
        about=feed.actor.summary_source,
        changed=feed.changed_at,
    )


async def _find(tx: Transaction, request: web.Request) -> Feed:
    name, _, host = request.match_info["name"].replace("\0", "").lower().partition("@")
    ours = context_of(request).home.authority
    feed = await community_feeds.find_by_handle(tx, name, host or ours)
    if feed is None:
        raise NotFound("feed-not-found", "There is no such collection.")
    return feed


async def start_form(request: web.Request) -> web.StreamResponse:
    return page(request, "feed_edit.html", feed=None, lines="")


async def start(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    try:
        opened = await curating.open_feed(context_of(request), signed_in(request), _draft(form))
    except Invalid as wrong:
        return page(
            request, "feed_edit.html", feed=None, lines="", errors=wrong.fields, form=form
        )
    told = say(request, "The collection is there. Whoever follows it joins what is in it.")
    return see_other(request, views.path_of(opened), told)


async def edit_form(request: web.Request) -> web.StreamResponse:
    return await _edit_page(request)


async def _edit_page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        feed = await curating.curated(tx, session, (await _find(tx, request)).id)
        names = await views.agency_names(tx, context)
        entries = await community_feeds.entries(tx, feed.id)
        known = await actors.find_many(tx, [each.uri for each in entries])
    return page(
        request,
        "feed_edit.html",
        feed=_shown(feed, names),
        lines="\n".join(_line(each, known) for each in entries),
        errors=errors,
        form=form,
    )


def _line(entry: Entry, known: dict[str, Actor]) -> str:
    actor = known.get(entry.uri)
    return f"!{actor.handle.removeprefix('@')}" if actor else entry.uri


async def edit(request: web.Request) -> web.StreamResponse:
    """Change a collection, or close it for ever."""
    context, session, form = context_of(request), signed_in(request), await typed(request)
    async with context.database.reading() as tx:
        feed = await _find(tx, request)
    if form.get("act") == "close":
        await curating.close_feed(context, session, feed.id)
        return see_other(request, "/feeds", say(request, "The collection is closed."))
    try:
        await curating.change_feed(context, session, feed.id, _draft(form))
    except Invalid as wrong:
        return await _edit_page(request, errors=wrong.fields, form=form)
    return see_other(
        request, views.path_of(feed.actor), say(request, "The collection is saved.")
    )


def _draft(form: dict[str, str]) -> FeedDraft:
    lines = (line.strip() for line in form.get("communities", "").splitlines())
    return FeedDraft(
        name=form.get("name", ""),
        display_name=form.get("display_name", ""),
        summary=form.get("summary", ""),
        communities=tuple(line for line in lines if line),
    )


async def follow(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        feed = await _find(tx, request)
    state = await feed_following.follow(context, signed_in(request), feed.id)
    path = views.path_of(feed.actor)
    if state is FollowState.ACCEPTED:
        told = say(request, "You follow it: you are asked into each of its communities.")
        return see_other(request, path, told)
    told = say(
        request,
        "You asked to follow it. Its communities are asked one by one, and what comes into it "
        "later follows once its server has answered.",
    )
    return see_other(request, path, told, kind="notice")


async def unfollow(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        feed = await _find(tx, request)
    await feed_following.unfollow(context, signed_in(request), feed.id)
    told = say(request, "You follow it no longer. The communities that you joined stay yours.")
    return see_other(request, views.path_of(feed.actor), told)
