"""Search: posts, people, communities and hashtags, as far as the reader may know of them."""

from dataclasses import dataclass
from typing import Final, Literal

from moderation.visibility import Scope
from schemas.records import ActorKind, MemberPrincipal, Principal, Surface
from server.context import Context
from server.services import search_terms, sharing
from server.services.errors import Invalid
from server.services.search_terms import Read
from server.storage import alike, search, search_names
from server.storage.database import DatabaseSlow, Transaction
from server.storage.feeds import Entry
from server.storage.search import FoundPosts, Place, Terms
from server.storage.search_names import FoundActors, FoundTags

Section = Literal["posts", "people", "communities", "tags"]

_SLOW: Final = "That search takes too long. Try fewer words, or rarer ones."
_LONGEST_TITLE: Final = 300
_ALIKE: Final = 5
_NOBODY: Final = FoundActors(many=0, page=())
_NO_TAGS: Final = FoundTags(many=0, page=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found: all is counted, and of the section that was asked for a page is given."""

    read: Read
    terms: Terms
    posts: FoundPosts
    people: FoundActors
    communities: FoundActors
    tags: FoundTags

    @property
    def entries(self) -> list[Entry]:
        return [each.entry for each in self.posts.page]


async def find(
    context: Context,
    principal: Principal,
    surface: Surface,
    text: str,
    *,
    section: Section | None,
    behind: Place | None = None,
    limit: int = 20,
) -> Found:
    """Find what somebody typed; with `section` None a page of each is given.

    People are found by members only. Nothing is found by nothing.

    Raises:
        Invalid: "search-too-slow", field q.
    """
    read = search_terms.read(text, here=context.home.authority)
    looking = _Looking(
        scope=sharing.scope(context, principal, surface),
        read=read,
        section=section,
        behind=behind,
        limit=limit,
        sees_people=isinstance(principal, MemberPrincipal),
    )
    try:
        async with context.database.searching() as tx:
            return await looking.find(tx)
    except DatabaseSlow:
        raise Invalid({"q": _SLOW}, reason="search-too-slow") from None


async def questions_like(
    context: Context, principal: Principal, surface: Surface, title: str
) -> list[Entry]:
    """List the few questions most like one; none where that would take too long."""
    scope = sharing.scope(context, principal, surface)
    try:
        async with context.database.searching() as tx:
            return await alike.questions(tx, scope, title[:_LONGEST_TITLE], limit=_ALIKE)
    except DatabaseSlow:
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """One search under way: the statements are as many for much as for little."""

    scope: Scope
    read: Read
    section: Section | None
    behind: Place | None
    limit: int
    sees_people: bool

    async def find(self, tx: Transaction) -> Found:
        terms = await search.terms(tx, self.read.wanted)
        people = _NOBODY
        if self.sees_people:
            people = await self._actors(tx, ActorKind.PERSON, "people")
        return Found(
            read=self.read,
            terms=terms,
            posts=await self._posts(tx, terms),
            people=people,
            communities=await self._actors(tx, ActorKind.COMMUNITY, "communities"),
            tags=await self._tags(tx),
        )

    async def _posts(self, tx: Transaction, terms: Terms) -> FoundPosts:
        if self.read.empty:
            return FoundPosts(many=0, page=())
        return await search.find(
            tx,
            self.scope,
            self.read.wanted,
            terms,
            behind=self._place("posts"),
            limit=self._many("posts"),
        )

    async def _actors(self, tx: Transaction, kind: ActorKind, section: Section) -> FoundActors:
        names = self.read.wanted.wanted.words
        if not names:
            return _NOBODY
        return await search_names.find_actors(
            tx, kind, names, behind=self._place(section), limit=self._many(section)
        )

    async def _tags(self, tx: Transaction) -> FoundTags:
        wanted = self.read.wanted.wanted
        slugs = wanted.tags or tuple(word.lower() for word in wanted.words)
        if not slugs:
            return _NO_TAGS
        return await search_names.find_tags(tx, self.scope, slugs, limit=self._many("tags"))

    def _many(self, section: Section) -> int:
        return self.limit if self.section in {None, section} else 0

    def _place(self, section: Section) -> Place | None:
        return self.behind if self.section == section else None
