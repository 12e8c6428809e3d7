"""Stewards: who looks after a community, and whom they have put out of it."""

from datetime import UTC, datetime, timedelta

from aiohttp import web

from server.handlers.pages import views
from server.handlers.pages.communities import governed
from server.handlers.pages.pages import context_of, page, see_other, signed_in, typed
from server.handlers.pages.people import find_by_handle
from server.handlers.pages.words import say
from server.services import stewards as service
from server.services.errors import Invalid, NotAllowed
from server.storage import bans, communities

_LONGEST_REASON = 500


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def change(request: web.Request) -> web.StreamResponse:
    listed, _ = await governed(request)
    context, form = context_of(request), await typed(request)
    field = "ban-handle" if form.get("act") in {"ban", "lift"} else "handle"
    form[field] = form.pop("handle", "")
    async with context.database.reading() as tx:
        person = await find_by_handle(tx, request, form[field])
    if person is None:
        wrong = {field: say(request, "Nobody is known here by that handle.")}
        return await _page(request, errors=wrong, form=form)
    try:
        await _do(request, form, listed.community.id, person.id)
    except NotAllowed as refused:
        return await _page(request, errors={field: refused.sentence}, form=form)
    except Invalid as wrong:
        return await _page(request, errors=wrong.fields, form=form)
    path = f"{views.path_of(listed.community.actor)}/stewards"
    return see_other(request, path, say(request, "It is done; every agency is told."))


async def _do(
    request: web.Request, form: dict[str, str], community_id: int, person_id: int
) -> None:
    context, session = context_of(request), signed_in(request)
    match form.get("act"):
        case "remove":
            await service.remove_steward(context, session, community_id, person_id)
        case "ban":
            reason = form.get("reason", "")[:_LONGEST_REASON]
            until = _end_of(request, form.get("until", ""))
            await service.ban(context, session, community_id, person_id, reason, until=until)
        case "lift":
            await service.lift_ban(context, session, community_id, person_id)
        case _:
            await service.add_steward(context, session, community_id, person_id)


def _end_of(request: web.Request, day: str) -> datetime | None:
    """Give the end of a day; None where none is named."""
    if not day:
        return None
    try:
        last = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Invalid({"until": say(request, "Give a day, such as 2027-01-31.")}) from None
    return last + timedelta(days=1)


async def _page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.StreamResponse:
    listed, names = await governed(request)
    async with context_of(request).database.reading() as tx:
        found = await communities.stewards(tx, listed.community.id)
        banned = await bans.of_community(tx, listed.community.id)
    return page(
        request,
        "stewards.html",
        community=views.community(listed, names),
        stewards=[views.actor(each, names) for each in found],
        banned=[views.actor(each.person, names) for each in banned],
        until={each.person.handle: each.until for each in banned},
        errors=errors,
        form=form,
    )
