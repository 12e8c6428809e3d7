"""A member's filters: listed, made, changed, removed."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Final

from aiohttp import web

from server.handlers.pages.pages import (
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.words import say
from server.services import filtering
from server.services.errors import Invalid
from server.services.filtering import FilterDraft, KeywordDraft
from server.storage.filters import Action, Filter, Place

#: How long a filter works from now, by the value of the form's field; "keep": as before.
_LASTS: Final = {
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
    "30d": timedelta(days=30),
}
_KEEP: Final = "keep"


async def show(request: web.Request) -> web.StreamResponse:
    now = context_of(request).now()
    return page(
        request,
        "filters.html",
        filters=[
            SimpleNamespace(
                id=each.id,
                title=each.title,
                hides=each.action is Action.HIDE,
                words=[one.keyword for one in each.keywords],
                posts=len(each.posts),
                expires_at=each.expires_at,
                over=each.expires_at is not None and each.expires_at <= now,
            )
            for each in signed_in(request).filters
        ],
    )


async def new_form(request: web.Request) -> web.StreamResponse:
    return _form_page(request, None)


async def edit_form(request: web.Request) -> web.StreamResponse:
    return _form_page(request, _own(request))


def _own(request: web.Request) -> Filter:
    wanted = id_in(request.match_info["id"])
    found = next((each for each in signed_in(request).filters if each.id == wanted), None)
    if found is None:
        raise filtering.missing()
    return found


def _form_page(
    request: web.Request,
    of: Filter | None,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    return page(
        request,
        "filter.html",
        of=of,
        chosen=_chosen(of, form),
        words="\n".join(each.keyword for each in of.keywords) if of else "",
        whole=_whole(of, form),
        errors=errors,
        form=form,
    )


def _whole(of: Filter | None, form: dict[str, str] | None) -> bool:
    if form is not None:
        return form.get("whole") == "yes"
    return all(each.whole_word for each in of.keywords) if of else True


def _chosen(of: Filter | None, form: dict[str, str] | None) -> set[str]:
    if form is not None:
        return {place for place in Place if form.get(f"context-{place}") == "yes"}
    return set(of.contexts) if of else {Place.HOME, Place.PUBLIC}


async def make(request: web.Request) -> web.StreamResponse:
    context, form = context_of(request), await typed(request)
    try:
        await filtering.add(context, signed_in(request), _draft(form, context.now(), None))
    except Invalid as wrong:
        return _form_page(request, None, errors=wrong.fields, form=form)
    return see_other(request, "/filters", say(request, "The filter is at work."))


async def edit(request: web.Request) -> web.StreamResponse:
    """Change a filter, or remove it."""
    context, form, of = context_of(request), await typed(request), _own(request)
    if form.get("act") == "remove":
        await filtering.remove(context, signed_in(request), of.id)
        return see_other(request, "/filters", say(request, "The filter is gone."))
    try:
        draft = _draft(form, context.now(), of)
        await filtering.change(context, signed_in(request), of.id, draft)
    except Invalid as wrong:
        return _form_page(request, of, errors=wrong.fields, form=form)
    return see_other(request, "/filters", say(request, "The filter is changed."))


def _draft(form: dict[str, str], now: datetime, of: Filter | None) -> FilterDraft:
    """Make what a form says; words that stayed keep their ids, for clients that know them."""
    whole = form.get("whole") == "yes"
    lines = [line.strip() for line in form.get("keywords", "").splitlines()]
    words = list(dict.fromkeys(line for line in lines if line))
    before = {each.keyword: each.id for each in of.keywords} if of else {}
    kept = tuple(
        KeywordDraft(id=before.get(word), keyword=word, whole_word=whole) for word in words
    )
    gone = tuple(
        KeywordDraft(id=number, gone=True)
        for word, number in before.items()
        if word not in words
    )
    lasts = _LASTS.get(form.get("lasts", ""))
    ends = now + lasts if lasts else None
    return FilterDraft(
        title=form.get("title", ""),
        contexts=frozenset(Place(place) for place in _chosen(None, form)),
        action=Action.HIDE if form.get("action") == Action.HIDE else Action.WARN,
        expires_at=of.expires_at if of and form.get("lasts") == _KEEP else ends,
        keywords=gone + kept,
    )
