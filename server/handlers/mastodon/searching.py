"""Search for clients: accounts, statuses and hashtags, by the same rules as the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from aiohttp import web

from federation.handles import parse_handle
from schemas.gate import SealedPost
from schemas.mastodon.accounts import Account
from schemas.mastodon.search import Search, Tag
from schemas.records import Actor, ActorKind, Surface
from server.context import Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.answers import entities, entity, number, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.handlers.mastodon.status_entities import of_entries
from server.handlers.mastodon.statuses import reader_of
from server.middleware import CONTEXT, PRINCIPAL, SESSION
from server.services import discovery, searching, sharing
from server.services.errors import NotFound
from server.storage import desk, relations, statuses
from server.storage.database import Transaction
from server.storage.feeds import Entry

_USUAL: Final = 20
_MOST: Final = 40
_FURTHEST: Final = 200
#: What is looked through for those whom a member follows.
_ALL: Final = {"offset": 0, "limit": _MOST}


class _Asked(Parameters):
    q: Maybe[str] = None
    type: Maybe[str] = None
    resolve: bool = False
    limit: Maybe[int] = None
    offset: Maybe[int] = None
    account_id: Maybe[str] = None
    following: bool = False

    @property
    def part(self) -> slice:
        """Say which part of what was found is asked for."""
        start = max(0, min(self.offset or 0, _FURTHEST))
        many = _USUAL if self.limit is None else self.limit
        return slice(start, start + max(1, min(many, _MOST)))

    def wants(self, what: Literal["accounts", "statuses", "hashtags"]) -> bool:
        return self.type is None or self.type == what


@dataclass(slots=True, kw_only=True)
class _Results:
    """What was found, before entities are made of it."""

    actors: list[Actor]
    entries: list[Entry]
    tags: list[tuple[str, str]]


async def search(request: web.Request) -> web.Response:
    """GET /api/v2/search."""
    return entity(await _found(request, await read(request, _Asked)))


async def search_v1(request: web.Request) -> web.Response:
    """GET /api/v1/search: the same, with the names of hashtags alone."""
    found = await _found(request, await read(request, _Asked))
    told = found.model_dump(mode="json")
    return plain(told | {"hashtags": [tag.name for tag in found.hashtags]})


async def accounts_search(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/search: people and communities, as somebody types a handle."""
    asked = await read(request, _Asked)
    given = asked.model_copy(update={"type": "accounts"} | (_ALL if asked.following else {}))
    typed = given.q or ""
    found = Search()
    if parse_handle(typed) is not None:
        found = await _found(request, given)
    if not found.accounts:
        # As far as it was typed: the host of a handle is no word.
        name = typed.strip().lstrip("@!").partition("@")[0]
        found = await _found(request, given.model_copy(update={"q": name}))
    if not asked.following:
        return entities(found.accounts)
    return entities((await _followed(request, found.accounts))[asked.part])


async def _followed(request: web.Request, found: Sequence[Account]) -> list[Account]:
    """Leave those whom the member follows; a guest follows nobody."""
    context, member = request.app[CONTEXT], request[SESSION]
    if member is None:
        return []
    ids = [int(each.id) for each in found]
    async with context.database.reading() as tx:
        known = await relations.between(tx, member.member.id, ids, now=context.now())
    return [each for each in found if known[int(each.id)].follows]


async def _found(request: web.Request, given: _Asked) -> Search:
    context, reader = request.app[CONTEXT], reader_of(request)
    results = await _named(request, given)
    if results is None:
        results = await _by_words(request, given)
    async with context.database.reading() as tx:
        shown = await accounts(tx, context, results.actors)
        made = await of_entries(tx, context, reader, results.entries)
    ids = [entry.post.facts.id for entry in results.entries]
    return Search(
        accounts=tuple(shown[actor.id] for actor in results.actors),
        statuses=tuple(made[each].status for each in ids if each in made),
        hashtags=tuple(_tag(context, slug, name) for slug, name in results.tags),
    )


def _tag(context: Context, slug: str, name: str) -> Tag:
    return Tag(name=name, url=f"{context.home.origin}/tags/{quote(slug)}")


async def _named(request: web.Request, given: _Asked) -> _Results | None:
    """Find the one thing whose very handle or address was typed; None where none is known.

    Only for a member who asks for it is another agency asked (FET-10).
    """
    context = request.app[CONTEXT]
    text = (given.q or "").strip()
    if parse_handle(text) is None:
        return None
    fetches = given.resolve and request[SESSION] is not None
    found = await discovery.look_up(context, text, may_fetch=fetches)
    results = _Results(actors=[], entries=[], tags=[])
    if isinstance(found, SealedPost):
        scope = sharing.scope(context, request[PRINCIPAL], Surface.API)
        async with context.database.reading() as tx:
            entries = await statuses.entries(tx, scope, [found.facts.id])
        results.entries = list(entries.values()) if given.wants("statuses") else []
    elif found is not None and _is_shown(found) and given.wants("accounts"):
        results.actors = [found]
    return results if found is not None and given.part.start == 0 else None


def _is_shown(actor: Actor) -> bool:
    gone = actor.deleted_at is not None or actor.suspended_at is not None
    return not gone and actor.kind not in {ActorKind.AGENCY, ActorKind.FEED}


async def _by_words(request: web.Request, given: _Asked) -> _Results:
    context, part = request.app[CONTEXT], given.part
    text = given.q or ""
    if given.account_id is not None:
        async with context.database.reading() as tx:
            text = f"{text} from:{await _handle_of(tx, given.account_id)}"
    found = await searching.find(
        context, request[PRINCIPAL], Surface.API, text, section=None, limit=part.stop
    )
    people = [actor for actor, _ in (*found.people.page, *found.communities.page)]
    tags = [(tag.slug, tag.name) for tag in found.tags.page]
    return _Results(
        actors=people[part] if given.wants("accounts") else [],
        entries=found.entries[part] if given.wants("statuses") else [],
        tags=tags[part] if given.wants("hashtags") else [],
    )


async def _handle_of(tx: Transaction, account_id: str) -> str:
    wanted = number(account_id)
    found = None if wanted is None else (await desk.actors_by_id(tx, [wanted])).get(wanted)
    if found is None:
        raise NotFound("record-not-found", "Record not found")
    return found.handle
