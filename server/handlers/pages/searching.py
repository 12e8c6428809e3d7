"""The page of a search, and the questions that are like one that somebody is about to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup, escape

from federation.handles import parse_handle
from schemas.gate import SealedPost
from schemas.records import Actor, Surface
from server.handlers.pages import views
from server.handlers.pages.pages import asked, context_of, fragment, id_in, page, see_other
from server.handlers.pages.rows import rows_of, titled
from server.handlers.pages.views import ActorView, CommunityView, Names, PostView
from server.handlers.pages.words import noted, say, say_many
from server.middleware import PRINCIPAL, SESSION
from server.services import discovery, searching, sharing
from server.services.errors import Invalid, NotFound
from server.services.search_terms import LONGEST, MOST_TERMS
from server.services.searching import Found, Section
from server.storage import communities, desk, search
from server.storage.database import Transaction
from server.storage.search import MOST, Place, Shown
from server.storage.search_names import Tag

_PAGE: Final = 20
_NOT_FOUND: Final = noted(
    "There is nothing at that address, or its agency cannot be reached or may not exchange "
    "with us. Check the address, or try again later."
)
_NOT_KNOWN: Final = noted(
    "We do not know that address yet. Sign in, and we ask its agency for it."
)
_TABS: Final[dict[Section, str]] = {
    "posts": noted("Posts"),
    "people": noted("People"),
    "communities": noted("Communities"),
    "tags": noted("Hashtags"),
}
_NARROW: Final = {
    "is:question": noted("Questions"),
    "is:unanswered": noted("Unanswered"),
    "is:answered": noted("Answered"),
    "is:answer": noted("Answers"),
    "is:discussion": noted("Discussions"),
    "is:poll": noted("Polls"),
    "has:link": noted("With links"),
    "from:me": noted("By me"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """A post that was found; the words that were looked for are marked in what is shown."""

    post: PostView
    title: Markup
    excerpt: Markup


@dataclass(slots=True, kw_only=True)
class _Listed:
    """What is on the page, of the one section that it shows."""

    posts: list[FoundView]
    people: list[ActorView]
    communities: list[CommunityView]
    tags: Sequence[Tag]


async def old(request: web.Request) -> web.StreamResponse:
    """Send on whoever comes by an old link; the search is in one place."""
    query = asked(request, "q")
    return see_other(request, f"/search?{urlencode({'q': query})}" if query else "/search")


async def show(request: web.Request) -> web.StreamResponse:
    """Find by words what is here, and by handle or address what is elsewhere.

    A guest never makes us fetch anything; a member does, and reads why where it fails.
    """
    context, session = context_of(request), request[SESSION]
    query, problem = asked(request, "q").strip()[:LONGEST], ""
    if parse_handle(query) is not None:
        found = await discovery.look_up(context, query, may_fetch=session is not None)
        problem = "" if found else say(request, _NOT_FOUND if session else _NOT_KNOWN)
        if (place := _place_of(request, found)) is not None:
            return see_other(request, place)
    try:
        return await _found_page(request, query, problem)
    except Invalid as wrong:
        return page(
            request,
            "search.html",
            status=wrong.status,
            query=query,
            tab="posts",
            problem=say(request, wrong.sentence),
        )


def _place_of(request: web.Request, found: Actor | SealedPost | None) -> str | None:
    """Say where on our pages a thing is that was asked for by its very handle or address."""
    if isinstance(found, SealedPost):
        facts = found.facts
        context, principal = context_of(request), request[PRINCIPAL]
        if sharing.release(context, found, principal, Surface.PAGE) is None:
            return None
        place = f"/p/{facts.root_id}"
        return place if facts.id == facts.root_id else f"{place}#p{facts.id}"
    return views.path_of(found) if found is not None else None


async def _found_page(request: web.Request, query: str, problem: str) -> web.Response:
    tab = next((each for each in _TABS if each == asked(request, "tab")), None)
    found = await searching.find(
        context_of(request),
        request[PRINCIPAL],
        Surface.PAGE,
        query,
        section=tab,
        behind=_place_in(asked(request, "before")) if tab else None,
        limit=_PAGE + 1,
    )
    counts = _counts(request, found)
    first: Section = next((each for each, many in counts.items() if many), "posts")
    shown = tab or first
    listed = await _listed(request, found, shown)
    return page(
        request,
        "search.html",
        query=query,
        tab=shown,
        tabs=_tabs(request, query, counts, shown),
        posts=listed.posts,
        people_found=listed.people,
        communities=listed.communities,
        tags=listed.tags,
        narrow=_narrow(request, query),
        problem=problem,
        notes=_notes(request, found),
        pages=views.pages(following=_further(query, found, shown)),
    )


def _counts(request: web.Request, found: Found) -> dict[Section, int]:
    counts: dict[Section, int] = {"posts": found.posts.many}
    if request[SESSION] is not None:
        counts["people"] = found.people.many
    return counts | {"communities": found.communities.many, "tags": found.tags.many}


async def _listed(request: web.Request, found: Found, shown: Section) -> _Listed:
    context, session = context_of(request), request[SESSION]
    listed = _Listed(posts=[], people=[], communities=[], tags=())
    async with context.database.searching() as tx:
        names = await views.agency_names(tx, context)
        if shown == "posts":
            listed.posts = await _posts(tx, request, found, names)
        elif shown == "people":
            page_of = found.people.page[:_PAGE]
            listed.people = [views.actor(each, names) for each, _ in page_of]
        elif shown == "communities":
            ids = [each.id for each, _ in found.communities.page[:_PAGE]]
            reader = session.member.id if session else None
            cards = await communities.listed(tx, reader=reader, among=ids, limit=_PAGE)
            cards.sort(key=lambda each: ids.index(each.community.id))
            listed.communities = [views.community(each, names) for each in cards]
        else:
            listed.tags = found.tags.page
    return listed


async def _posts(
    tx: Transaction, request: web.Request, found: Found, names: Names
) -> list[FoundView]:
    entries = found.entries[:_PAGE]
    replies = (each.post.facts for each in entries if each.post.facts.parent_id is not None)
    roots = await desk.entries(tx, sorted({facts.root_id for facts in replies}))
    titles = {row.id: row.title for row in rows_of(request, roots.values(), names)}
    rows = titled(request, entries, names, titles)
    if found.terms.wanted is None:
        return [
            FoundView(post=row, title=escape(row.title), excerpt=escape(row.excerpt))
            for row in rows
        ]
    # Behind the gate: of what is folded there is the warning alone.
    shown = [Shown(language=row.language, title=row.title, text=row.text) for row in rows]
    marked = await search.marked(tx, found.terms, shown)
    return [
        FoundView(post=row, title=highlighted(title), excerpt=highlighted(text))
        for row, (title, text) in zip(rows, marked, strict=True)
    ]


def highlighted(text: str) -> Markup:
    """Make HTML of a text in which words are marked; all else in it is escaped (XSS-11)."""
    escaped = str(escape(text))
    return Markup(escaped.replace(search.BEGIN, "<mark>").replace(search.END, "</mark>"))  # noqa: S704 escaped above


def _tabs(
    request: web.Request, query: str, counts: dict[Section, int], shown: Section
) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(
            href=_link(query, each),
            text=say(request, _TABS[each]),
            current=each == shown,
            count=f"{MOST}+" if many > MOST else str(many),
        )
        for each, many in counts.items()
    ]


def _narrow(request: web.Request, query: str) -> list[SimpleNamespace]:
    """Give links that add one operator to the query, or take it away again."""
    terms = query.split()
    return [
        SimpleNamespace(
            href=_link(_without(terms, each) if each in terms else f"{query} {each}", "posts"),
            text=say(request, text),
            current=each in terms,
        )
        for each, text in _NARROW.items()
        if each != "from:me" or request[SESSION] is not None
    ]


def _without(terms: list[str], one: str) -> str:
    return " ".join(term for term in terms if term != one)


def _notes(request: web.Request, found: Found) -> list[str]:
    notes = []
    if found.read.cut:
        notes.append(
            say_many(
                request,
                "Only the first %(num)s word counts.",
                "Only the first %(num)s words count.",
                MOST_TERMS,
            )
        )
    if found.terms.nothing:
        notes.append(say(request, "Those words are in every text. Add one that is not."))
    me = {who.name for who in found.read.wanted.wanted.authors}
    if "" in me and request[SESSION] is None:
        notes.append(say(request, "Sign in to find what you wrote."))
    return notes


def _further(query: str, found: Found, shown: Section) -> str | None:
    places: dict[Section, list[Place]] = {
        "posts": [each.place for each in found.posts.page],
        "people": [place for _, place in found.people.page],
        "communities": [place for _, place in found.communities.page],
        "tags": [],
    }
    if len(places[shown]) <= _PAGE:
        return None
    rank, number = places[shown][_PAGE - 1]
    return _link(query, shown, before=f"{rank!r}~{number}")


def _link(query: str, tab: Section, **more: str) -> str:
    return "/search?" + urlencode({"q": query, "tab": tab} | more)


def _place_in(text: str) -> Place | None:
    """Read where a page begins; anything else is the beginning."""
    rank, _, number = text.partition("~")
    try:
        return float(rank), id_in(number)
    except (ValueError, NotFound):
        return None


async def alike(request: web.Request) -> web.StreamResponse:
    """Show, while somebody types a question, those that are like it."""
    return fragment(
        request, "alike.html", alike=await alike_of(request, asked(request, "title"))
    )


async def alike_of(request: web.Request, title: str) -> list[PostView]:
    """Give the questions that are like one, of those that the reader may read."""
    context = context_of(request)
    found = await searching.questions_like(context, request[PRINCIPAL], Surface.PAGE, title)
    if not found:
        return []
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
    return rows_of(request, found, names)
