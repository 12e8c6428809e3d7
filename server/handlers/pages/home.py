"""The front page, and what a member was told."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from aiohttp import web

from moderation.visibility import Scope
from schemas.gate import SealedPost
from schemas.records import Actor, ActorKind, Kind, Surface, Visibility
from server.handlers.pages import sieve, views
from server.handlers.pages.pages import asked, context_of, id_in, page, see_other, signed_in
from server.handlers.pages.rows import rows_of
from server.handlers.pages.views import ActorView, Names, PostView
from server.handlers.pages.words import say, say_many
from server.middleware import PRINCIPAL, SESSION
from server.services import filtering, sharing
from server.storage import (
    communities,
    errands,
    feeds,
    lists,
    member_hashtags,
    notifications,
    suggestions,
    trends,
)
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.filters import Place
from server.storage.notifications import Notification
from server.storage.sessions import SignedIn
from server.storage.timelines import Window

_SHOWN: Final = 6
_TAGS: Final = 50
_NOTIFICATIONS: Final = 40
_OLD: Final = 50
_DISCUSSED: Final = 4
_TRENDING: Final = 8
_SUGGESTED: Final = 3

#: Kinds as they are stored to kinds as the template names them, where they differ.
_KINDS: Final = {
    "asks-to-join": "join-asked",
    "asks-to-follow": "follow-asked",
    "let-in": "joined",
}


#: Where it is settled, or read about.
_PLACES: Final = {
    "severed": "/settings/severed",
    "asks-to-follow": "/settings/followers",
    "not-published": "/settings/scheduled",
}


async def home(request: web.Request) -> web.StreamResponse:
    session = request[SESSION]
    return await (_guest_home(request) if session is None else _member_home(request, session))


async def _guest_home(request: web.Request) -> web.Response:
    context, principal = context_of(request), request[PRINCIPAL]
    scope = sharing.scope(context, principal, Surface.PAGE)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        listed = await communities.listed(tx, reader=None)
        answered = await feeds.recent(tx, scope, communities=None, answered=True, limit=_SHOWN)
        discussed = await _discussed(tx, scope)
    public = [each for each in listed if each.community.visibility is Visibility.PUBLIC]
    return page(
        request,
        "home.html",
        communities=[views.community(each, names) for each in public[:_SHOWN]],
        answered=rows_of(request, answered, names, Place.PUBLIC),
        discussed=rows_of(request, discussed.threads, names, Place.PUBLIC),
        trending=discussed.hashtags,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Discussed:
    """What is much discussed: threads, and hashtags as names with their pages."""

    threads: list[Entry]
    hashtags: list[tuple[str, str]]


async def _discussed(tx: Transaction, scope: Scope) -> _Discussed:
    threads = await trends.entries(tx, scope, limit=_DISCUSSED)
    found = await trends.listed_of(tx, "hashtag", offset=0, limit=_TRENDING)
    hashtags = [(each.name, f"/tags/{quote(each.subject)}") for each in found]
    return _Discussed(threads=threads, hashtags=hashtags)


async def _member_home(request: web.Request, session: SignedIn) -> web.Response:
    context = context_of(request)
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        listed = await communities.listed(tx, reader=session.member.id, mine=True)
        mine = session.joined - await lists.apart(tx, session.member.id)
        unanswered = await feeds.recent(
            tx, scope, communities=mine, unanswered=True, limit=_OLD
        )
        asked_by_me = await feeds.recent(
            tx, scope, communities=None, author_id=session.member.id, limit=_OLD
        )
        recent = await feeds.recent(tx, scope, communities=mine, limit=_SHOWN)
        tagged = await member_hashtags.newest(tx, scope, session.member.id, limit=_SHOWN)
        followed = await member_hashtags.followed(tx, session.member.id, Window(limit=_TAGS))
        asks = await errands.asked_of(tx, session.stewards)
        discussed = await _discussed(tx, scope)
        fitting = await suggestions.communities(tx, session.member.id, limit=_SUGGESTED)

    helpable = [entry for entry in unanswered if entry.author.id != session.member.id]
    helpable.reverse()
    open_questions = _open_questions(rows_of(request, asked_by_me, names))
    return page(
        request,
        "home.html",
        waiting=_waiting(request, asks, open_questions, names),
        unanswered=rows_of(request, helpable[:_SHOWN], names, Place.HOME),
        mine=open_questions[:_SHOWN],
        recent=rows_of(request, recent, names, Place.HOME),
        tagged=rows_of(request, tagged, names, Place.HOME),
        hashtags=[(each.name, f"/tags/{quote(each.slug)}") for each in followed],
        communities=[views.community(each, names) for each in listed],
        discussed=rows_of(request, discussed.threads, names, Place.PUBLIC),
        trending=discussed.hashtags,
        suggested=[
            {
                "id": each.actor.id,
                "community": views.actor(each.actor, names),
                "topics": each.topics,
            }
            for each in fitting
        ],
    )


def _open_questions(rows: list[PostView]) -> list[PostView]:
    return [row for row in rows if row.kind == Kind.QUESTION and not row.accepted]


def _waiting(
    request: web.Request,
    asks: list[errands.Asks],
    open_questions: list[PostView],
    names: Names,
) -> list[dict[str, str]]:
    things = []
    for each in asks:
        community = views.actor(each.community, names)
        text = say_many(
            request,
            "%(num)s person asks to join %(where)s",
            "%(num)s people ask to join %(where)s",
            each.people,
            where=community.display_name,
        )
        things.append({"text": text, "url": f"{community.url}/requests"})
    things += [
        {
            "text": say(request, "Did an answer to “%(title)s” work?", title=question.title),
            "url": question.url,
        }
        for question in open_questions
        if question.answers
    ]
    return things[:_SHOWN]


async def notified(request: web.Request) -> web.StreamResponse:
    """Show what happened to the member; what they saw last time is no longer new."""
    context, session = context_of(request), signed_in(request)
    before = id_in(asked(request, "before")) if asked(request, "before") else None
    place = id_in(asked(request, "from")) if asked(request, "from") else 0
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        found = await notifications.of_member(
            tx, session.member.id, before=before, limit=_NOTIFICATIONS + 1
        )
        wanted = [one.subject for one in found if one.kind == "asks-to-join"]
        joins = await errands.followed(tx, wanted)
        roots = {one.root_id for one in found if one.root_id is not None}
        threads = await errands.several_posts(tx, roots)
        about = []
        if session.filters:
            told = {one.post_id for one in found if one.post_id is not None}
            about = await errands.several_posts(tx, told)

    titles = _titles(request, threads)
    shown = found[:_NOTIFICATIONS]
    filtered = _filtered(request, about)
    further = None
    if len(found) > _NOTIFICATIONS:
        further = f"/notifications?before={shown[-1].id}&from={place + _NOTIFICATIONS}"
    return page(
        request,
        "notifications.html",
        notifications=[
            _notification(one, joins, titles, names, unread=place + index < session.unread)
            for index, one in enumerate(shown)
            if one.post_id not in filtered
        ],
        pages=views.pages(following=further),
    )


def _filtered(request: web.Request, about: list[SealedPost]) -> set[int]:
    """Say which posts the reader wants to hear nothing of, by filters that hide them."""
    context, principal = context_of(request), request[PRINCIPAL]
    found = set()
    for sealed in about:
        released = sharing.release(context, sealed, principal, Surface.PAGE)
        if released is not None and filtering.hides(
            sieve.met(request, released.content, Place.NOTIFICATIONS)
        ):
            sieve.leave_out(request)
            found.add(released.content.facts.id)
    return found


def _titles(request: web.Request, threads: list[SealedPost]) -> dict[int, str]:
    """Give the titles of the threads that the member may still read."""
    context, principal = context_of(request), request[PRINCIPAL]
    released = (sharing.release(context, sealed, principal, Surface.PAGE) for sealed in threads)
    return {each.content.facts.id: each.content.title for each in released if each}


def _notification(
    one: Notification,
    joins: dict[str, Actor],
    titles: dict[int, str],
    names: Names,
    *,
    unread: bool,
) -> dict[str, object]:
    by = views.actor(one.actor, names)
    community = _community_of(one, joins, by, names)
    url = by.url
    if one.root_id is not None:
        url = f"/p/{one.root_id}#p{one.post_id}"
    elif one.kind == "recognition":
        url = "/settings/recognitions"
    elif community is not None:
        url = community.url + ("/requests" if one.kind == "asks-to-join" else "")
    else:
        url = _PLACES.get(one.kind, url)
    return {
        "id": one.id,
        "kind": _kind_of(one),
        "actor": by if one.actor.kind is ActorKind.PERSON else None,
        "post": {"title": titles.get(one.root_id or 0, "")},
        "community": community,
        "agency": one.subject.partition(" ")[0] if one.kind == "severed" else "",
        "text": "",
        "happened": one.happened_at,
        "unread": unread,
        "url": url,
    }


def _kind_of(one: Notification) -> str:
    if one.kind == "let-in" and one.actor.kind is ActorKind.PERSON:
        return "follow-settled"
    return _KINDS.get(one.kind, one.kind)


def _community_of(
    one: Notification, joins: dict[str, Actor], by: ActorView, names: Names
) -> ActorView | None:
    if one.actor.kind is ActorKind.COMMUNITY:
        return by
    asked_for = joins.get(one.subject)
    return views.actor(asked_for, names) if asked_for else None


async def mark_notifications_seen(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), signed_in(request)
    async with context.database.transaction("notifications.seen") as tx:
        await notifications.mark_seen(tx, session.member.id)
    return see_other(request, "/notifications")
