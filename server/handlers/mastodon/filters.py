"""Filters of a member, their keywords and posts (client-api.md 7): version 2."""

from datetime import datetime, timedelta

from aiohttp import web
from pydantic import Field

from schemas.mastodon.personal import FilterAction, FilterContext, FilterStatus
from server.context import BOOST
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entities, entity, id_in, number, plain
from server.handlers.mastodon.filter_entities import entity_of, keyword_of
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, Seconds, read
from server.middleware import CONTEXT
from server.services import filtering
from server.services.errors import Invalid
from server.services.filtering import FilterDraft, KeywordDraft
from server.storage.filters import Action, Filter, Keyword, Place


class Ending(Parameters):
    """When a filter ends; what was not sent leaves that as it was."""

    expires_in: Seconds = None

    def ends_at(self, now: datetime, before: Filter | None) -> datetime | None:
        if "expires_in" not in self.model_fields_set:
            return before.expires_at if before else None
        return None if self.expires_in is None else now + timedelta(seconds=self.expires_in)


class _Keyword(Parameters):
    id: Maybe[str] = None
    keyword: Maybe[str] = None
    whole_word: Maybe[bool] = None
    gone: bool = Field(default=False, alias="_destroy")

    def draft(self, before: Keyword | None = None) -> KeywordDraft:
        """Make what is wanted of a word; what was not sent stays as it was."""
        whole = self.whole_word
        return KeywordDraft(
            id=number(self.id) if before is None else before.id,
            keyword=self.keyword or (before.keyword if before else ""),
            whole_word=(before.whole_word if before else False) if whole is None else whole,
            gone=self.gone,
        )


class _Filter(Ending):
    title: Maybe[str] = None
    context: Many[FilterContext] = Field(default_factory=list)
    filter_action: Maybe[FilterAction] = None
    keywords_attributes: Many[_Keyword] = Field(default_factory=list)

    def draft(self, now: datetime, before: Filter | None = None) -> FilterDraft:
        """Make what is wanted; what was not sent stays as it was."""
        places = frozenset(Place(each) for each in self.context)
        action = Action(self.filter_action) if self.filter_action else None
        words = {str(each.id): each for each in before.keywords} if before else {}
        return FilterDraft(
            title=self.title or (before.title if before else ""),
            contexts=places or (before.contexts if before else frozenset()),
            action=action or (before.action if before else Action.WARN),
            expires_at=self.ends_at(now, before),
            keywords=tuple(
                each.draft(words.get(each.id or "")) for each in self.keywords_attributes
            ),
        )


async def listed(request: web.Request) -> web.Response:
    """GET /api/v2/filters."""
    return entities([entity_of(each) for each in signed_in(request).filters])


async def create(request: web.Request) -> web.Response:
    """POST /api/v2/filters."""
    context, given = request.app[CONTEXT], await read(request, _Filter)
    made = await filtering.add(context, signed_in(request), given.draft(context.now()))
    return entity(entity_of(made))


def _own(request: web.Request) -> Filter:
    """Get the member's filter in the path.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    wanted = id_in(request)
    found = next((each for each in signed_in(request).filters if each.id == wanted), None)
    if found is None:
        raise filtering.missing()
    return found


async def show(request: web.Request) -> web.Response:
    """GET /api/v2/filters/{id}."""
    return entity(entity_of(_own(request)))


async def change(request: web.Request) -> web.Response:
    """PUT /api/v2/filters/{id}."""
    context, before = request.app[CONTEXT], _own(request)
    draft = (await read(request, _Filter)).draft(context.now(), before)
    return entity(
        entity_of(await filtering.change(context, signed_in(request), before.id, draft))
    )


async def remove(request: web.Request) -> web.Response:
    """DELETE /api/v2/filters/{id}."""
    of = _own(request)
    await filtering.remove(request.app[CONTEXT], signed_in(request), of.id)
    return plain({})


async def keywords(request: web.Request) -> web.Response:
    """GET /api/v2/filters/{id}/keywords."""
    return entities([keyword_of(each) for each in _own(request).keywords])


async def add_keyword(request: web.Request) -> web.Response:
    """POST /api/v2/filters/{id}/keywords."""
    context, before, given = request.app[CONTEXT], _own(request), await _word(request)
    draft = KeywordDraft(keyword=given.keyword or "", whole_word=bool(given.whole_word))
    made = await filtering.change_keyword(context, signed_in(request), before.id, draft)
    return entity(keyword_of(made.keywords[-1]))


async def _word(request: web.Request) -> _Keyword:
    return await read(request, _Keyword)


def holding(request: web.Request) -> tuple[Filter, Keyword]:
    """Find the keyword in the path, and the member's filter that has it."""
    wanted = id_in(request)
    for each in signed_in(request).filters:
        for word in each.keywords:
            if word.id == wanted:
                return each, word
    raise filtering.missing()


async def keyword(request: web.Request) -> web.Response:
    """GET /api/v2/filters/keywords/{id}."""
    return entity(keyword_of(holding(request)[1]))


async def change_keyword(request: web.Request) -> web.Response:
    """PUT /api/v2/filters/keywords/{id}."""
    of, word = holding(request)
    draft = (await _word(request)).draft(word)
    made = await filtering.change_keyword(
        request.app[CONTEXT], signed_in(request), of.id, draft
    )
    return entity(next(keyword_of(each) for each in made.keywords if each.id == word.id))


async def remove_keyword(request: web.Request) -> web.Response:
    """DELETE /api/v2/filters/keywords/{id}."""
    of, word = holding(request)
    gone = KeywordDraft(id=word.id, gone=True)
    await filtering.change_keyword(request.app[CONTEXT], signed_in(request), of.id, gone)
    return plain({})


async def posts(request: web.Request) -> web.Response:
    """GET /api/v2/filters/{id}/statuses."""
    return entities(entity_of(_own(request)).statuses)


class _Status(Parameters):
    status_id: Maybe[str] = None


async def add_post(request: web.Request) -> web.Response:
    """POST /api/v2/filters/{id}/statuses."""
    of, given = _own(request), await read(request, _Status)
    wanted = number(given.status_id)
    if wanted is None:
        raise Invalid({"status_id": "Name a post."})
    made = await filtering.add_post(
        request.app[CONTEXT], signed_in(request), of.id, wanted & ~BOOST
    )
    return entity(FilterStatus(id=str(made.id), status_id=str(made.post_id)))


async def post(request: web.Request) -> web.Response:
    """GET /api/v2/filters/statuses/{id}."""
    wanted = str(id_in(request))
    for each in signed_in(request).filters:
        for one in entity_of(each).statuses:
            if one.id == wanted:
                return entity(one)
    raise filtering.missing()


async def remove_post(request: web.Request) -> web.Response:
    """DELETE /api/v2/filters/statuses/{id}."""
    await filtering.remove_post(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})
