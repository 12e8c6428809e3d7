"""A person's page, here or at another agency; follow them, or no longer."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final
from urllib.parse import quote

from aiohttp import web

from moderation.visibility import Scope
from schemas.profiles import Details
from schemas.records import Actor, ActorKind, FollowState, Surface
from server.handlers.pages import recognized, views
from server.handlers.pages.pages import context_of, page, see_other, signed_in
from server.handlers.pages.rows import rows_of, titled
from server.handlers.pages.views import Names, PostView
from server.handlers.pages.words import say
from server.middleware import PRINCIPAL, SESSION
from server.services import people, portraits, sharing, showing
from server.services.errors import NotFound
from server.storage import (
    actors,
    desk,
    details,
    endorsements,
    feeds,
    follows,
    marks,
    member_hashtags,
    moves,
    pins,
    relations,
)
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.filters import Place
from server.storage.marks import Given
from server.storage.portraits import PortraitKind
from server.storage.relations import Relation
from server.storage.timelines import Window

_POSTS: Final = 20
_THANKS: Final = 20
_RECOMMENDED: Final = 12
_FOLLOWS: Final = {FollowState.ASKED: "asked", FollowState.ACCEPTED: "following"}


async def show(request: web.Request) -> web.StreamResponse:
    return await person_page(request)


async def person_page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), request[SESSION]
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        person = await find(tx, request)
        names = await views.agency_names(tx, context)
        written = await feeds.of_person(tx, scope, author_id=person.id, limit=_POSTS)
        given = await marks.kudos_of(tx, scope, person.id, limit=_THANKS)
        thanked = await desk.entries(tx, [each.post_id for each in given])
        pinned = await pins.entries(tx, scope, person.id, limit=showing.MOST_PINNED)
        roots = await _roots(tx, [*written, *pinned, *thanked.values()])
        belongs = await desk.communities_of(tx, scope, person.id)
        follow = await follows.find(tx, session.member.id, person.id) if session else None
        moved_to = await moves.where_to(tx, person.id)
        own = await _between(tx, request, person.id)
        given_here, issuers = await recognized.around(tx, request, person, names)
        shown = await _shown_by(tx, scope, person.id)
        said = await details.find(tx, person.id)

    titles = {row.id: row.title for row in rows_of(request, roots.values(), names)}
    by_id = {row.id: row for row in titled(request, thanked.values(), names, titles)}
    return page(
        request,
        "person.html",
        person=_shown(person, said, names),
        moved_to=views.actor(moved_to, names) if moved_to else None,
        follow=_FOLLOWS.get(follow.state) if follow else None,
        own_server=None if person.suspended_at else views.take_part_path(person.uri),
        is_me=session is not None and session.member.id == person.id,
        communities=[views.actor(each, names) for each in belongs],
        posts=titled(request, written, names, titles, Place.ACCOUNT),
        pinned=titled(request, pinned, names, titles, Place.ACCOUNT),
        recommended=[views.actor(each, names) for each in shown.recommended],
        hashtags=shown.hashtags,
        own=own,
        errors=errors,
        form=form,
        kudos=_thanks(given, by_id, names),
        pages=None,
        recognitions=given_here,
        issuers=issuers,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownBy:
    """Whom a person recommends, and hashtags as names with their pages."""

    recommended: list[Actor]
    hashtags: list[tuple[str, str]]


async def _shown_by(tx: Transaction, scope: Scope, person_id: int) -> _ShownBy:
    window = Window(limit=_RECOMMENDED)
    recommended = await endorsements.of_member(tx, scope, person_id, window)
    featured = await member_hashtags.featured(tx, person_id)
    return _ShownBy(
        recommended=[each.actor for each in recommended],
        hashtags=[(each.tag.name, f"/tags/{quote(each.tag.slug)}") for each in featured],
    )


async def _between(tx: Transaction, request: web.Request, person_id: int) -> Relation | None:
    """Say what the reader keeps for themselves about somebody else."""
    session = request[SESSION]
    if session is None or session.member.id == person_id:
        return None
    now = context_of(request).now()
    known = await relations.between(tx, session.member.id, [person_id], now=now)
    return known.get(person_id)


async def follow(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        person = await find(tx, request)
    state = await people.follow(context, signed_in(request), person.id)
    path, name = views.path_of(person), person.display_name or person.name
    if state is FollowState.ACCEPTED:
        return see_other(request, path, say(request, "You follow %(name)s.", name=name))
    told = say(request, "You asked to follow. It is settled once they answer.")
    return see_other(request, path, told, kind="notice")


async def unfollow(request: web.Request) -> web.StreamResponse:
    context = context_of(request)
    async with context.database.reading() as tx:
        person = await find(tx, request)
    await people.unfollow(context, signed_in(request), person.id)
    name = person.display_name or person.name
    told = say(request, "You do not follow %(name)s.", name=name)
    return see_other(request, views.path_of(person), told)


async def find_by_handle(tx: Transaction, request: web.Request, text: str) -> Actor | None:
    """Find a person that we know by a handle, with or without the name of their agency."""
    ours = context_of(request).home.authority
    name, _, host = text.strip().lower().removeprefix("@").partition("@")
    person = (
        await actors.find_local(tx, name)
        if host in {"", ours}
        else await actors.find_by_handle(tx, name, host)
    )
    if person is None or person.kind is not ActorKind.PERSON or person.deleted_at is not None:
        return None
    return person


async def find(tx: Transaction, request: web.Request) -> Actor:
    handle = request.match_info["name"].replace("\0", "")
    person = await find_by_handle(tx, request, handle)
    if person is None:
        raise NotFound("person-not-found", "There is no such person.")
    return person


async def _roots(tx: Transaction, entries: list[Entry]) -> dict[int, Entry]:
    """Read the threads that answers and comments stand in: they have no title themselves."""
    replies = (each.post.facts for each in entries if each.post.facts.parent_id is not None)
    return await desk.entries(tx, sorted({facts.root_id for facts in replies}))


def _shown(person: Actor, said: Details, names: Names) -> SimpleNamespace:
    shown = views.actor(person, names)
    return SimpleNamespace(
        **{name: getattr(shown, name) for name in type(shown).__slots__},
        about_html=person.summary,
        joined=person.published_at if person.local else None,
        suspended=person.suspended_at is not None,
        picture_words=said.avatar_alt,
        banner=portraits.path_of(names.context, person, PortraitKind.HEADER),
        banner_words=said.header_alt,
        fields=said.fields,
        bot=said.bot,
        locked=said.locked,
    )


def _thanks(
    given: list[Given], by_id: dict[int, PostView], names: Names
) -> list[SimpleNamespace]:
    shown = []
    for each in given:
        view = views.thanks(each, names)
        if view is not None and each.post_id in by_id:
            shown.append(
                SimpleNamespace(
                    emoji=view.emoji,
                    category=view.category,
                    note=view.note,
                    giver=view.giver,
                    given=each.mark.given_at,
                    post=by_id[each.post_id],
                )
            )
    return shown
