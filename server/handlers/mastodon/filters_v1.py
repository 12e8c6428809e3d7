"""Filters as clients of the first version know them: one word each (client-api.md 5)."""

from aiohttp import web
from pydantic import Field

from schemas.mastodon.personal import FilterContext
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entities, entity, plain
from server.handlers.mastodon.filter_entities import first_version
from server.handlers.mastodon.filters import Ending, holding
from server.handlers.mastodon.parameters import Many, Maybe, read
from server.middleware import CONTEXT
from server.services import filtering
from server.services.filtering import FilterDraft, KeywordDraft
from server.storage.filters import Action, Place


class _Given(Ending):
    phrase: Maybe[str] = None
    context: Many[FilterContext] = Field(default_factory=list)
    whole_word: Maybe[bool] = None
    irreversible: Maybe[bool] = None


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/filters."""
    found = [
        first_version(each, word)
        for each in signed_in(request).filters
        for word in each.keywords
    ]
    return entities(found)


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/filters/{id}."""
    return entity(first_version(*holding(request)))


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/filters."""
    context, given = request.app[CONTEXT], await read(request, _Given)
    phrase = given.phrase or ""
    draft = FilterDraft(
        title=phrase,
        contexts=frozenset(Place(each) for each in given.context),
        action=Action.HIDE if given.irreversible else Action.WARN,
        expires_at=given.ends_at(context.now(), None),
        keywords=(KeywordDraft(keyword=phrase, whole_word=bool(given.whole_word)),),
    )
    made = await filtering.add(context, signed_in(request), draft)
    return entity(first_version(made, made.keywords[0]))


async def change(request: web.Request) -> web.Response:
    """PUT /api/v1/filters/{id}: the word, and the whole filter that it stands in."""
    context, member = request.app[CONTEXT], signed_in(request)
    of, word = holding(request)
    given = await read(request, _Given)
    whole = word.whole_word if given.whole_word is None else given.whole_word
    action = Action.HIDE if given.irreversible else Action.WARN
    draft = FilterDraft(
        title=of.title,
        contexts=frozenset(Place(each) for each in given.context) or of.contexts,
        action=of.action if given.irreversible is None else action,
        expires_at=given.ends_at(context.now(), of),
        keywords=(
            KeywordDraft(id=word.id, keyword=given.phrase or word.keyword, whole_word=whole),
        ),
    )
    made = await filtering.change(context, member, of.id, draft)
    [changed] = [each for each in made.keywords if each.id == word.id]
    return entity(first_version(made, changed))


async def remove(request: web.Request) -> web.Response:
    """DELETE /api/v1/filters/{id}: the word, and its filter with the last one."""
    context, member = request.app[CONTEXT], signed_in(request)
    of, word = holding(request)
    if len(of.keywords) == 1 and not of.posts:
        await filtering.remove(context, member, of.id)
    else:
        gone = KeywordDraft(id=word.id, gone=True)
        await filtering.change_keyword(context, member, of.id, gone)
    return plain({})
