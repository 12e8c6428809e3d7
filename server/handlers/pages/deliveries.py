"""The operator's page of what goes out, and the author's of where a post is."""

from types import SimpleNamespace
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from federation.uris import authority_of
from schemas.records import MemberPrincipal
from server.handlers.pages import views
from server.handlers.pages.pages import (
    asked,
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.views import Names
from server.handlers.pages.words import say, say_many
from server.middleware import PRINCIPAL
from server.services import outgoing, whereabouts
from server.services.errors import Invalid, NotFound
from server.storage import actors, origins
from server.storage.origins import Backlog, Place

_LIST: Final = "/operations/deliveries"
_AT_ONCE: Final = 25
_NEXT_ONES: Final = 20
_LARGEST: Final = 2**62


async def show(request: web.Request) -> web.StreamResponse:
    """List origins, those where most waits first."""
    context, after = context_of(request), asked(request, "after")
    async with context.database.reading() as tx:
        totals = await origins.totals(tx)
        listed = await origins.heaviest(
            tx, after=_place(after), limit=_AT_ONCE + 1, now=context.now()
        )
        names = await views.agency_names(tx, context)
    shown = listed[:_AT_ONCE]
    more = _after(shown[-1]) if len(listed) > _AT_ONCE else None
    heaviest = max((each.weight for each in shown), default=0)
    return page(
        request,
        "deliveries.html",
        totals=totals,
        backlogs=[_backlog(each, names, heaviest) for each in shown],
        pages=views.pages(_LIST if after else None, more),
    )


async def show_one(request: web.Request) -> web.StreamResponse:
    """Show one origin, and what goes there next."""
    context, origin = context_of(request), asked(request, "origin")
    backlog = await outgoing.backlog(context, origin)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        waiting = await origins.waiting(tx, origin, limit=_NEXT_ONES)
    shown = _backlog(backlog, names, backlog.weight)
    return page(request, "deliveries_one.html", backlog=shown, waiting=waiting)


async def steer(request: web.Request) -> web.StreamResponse:
    """Pause, resume or try an origin: `act` says which."""
    context, form = context_of(request), await typed(request)
    origin, by = form.get("origin", ""), signed_in(request).member.id
    match form.get("act"):
        case "pause":
            await outgoing.pause(context, origin, by=by)
            told = say(
                request, "Nothing is sent there any more. What waits is kept until you resume."
            )
        case "resume":
            await outgoing.resume(context, origin, by=by)
            told = say(request, "What waited is on its way now.")
        case "retry":
            await outgoing.try_now(context, origin, by=by)
            told = say(request, "We are trying it now. Look again in a minute.")
        case _:
            raise NotFound("no-such-act", "Choose pause, resume or try now.")
    return see_other(request, _one(origin), told)


async def drop_form(request: web.Request) -> web.StreamResponse:
    return await _drop_page(request, asked(request, "origin"))


async def drop(request: web.Request) -> web.StreamResponse:
    """Drop what the confirmation showed, and nothing that came after it."""
    context, form = context_of(request), await typed(request)
    origin, through = form.get("origin", ""), id_in(form.get("through", ""))
    try:
        dropped = await outgoing.drop(
            context,
            origin,
            through=through,
            by=signed_in(request).member.id,
            reason=form.get("reason", ""),
        )
    except Invalid as wrong:
        return await _drop_page(request, origin, wrong.fields, form)
    told = say_many(
        request,
        "%(num)s delivery is dropped. The log of acts says so.",
        "%(num)s deliveries are dropped. The log of acts says so.",
        dropped,
    )
    return see_other(request, _one(origin), told)


async def of_post(request: web.Request) -> web.StreamResponse:
    """Show the author, or a moderator, which agencies have a post and which do not."""
    context, post_id = context_of(request), id_in(request.match_info["id"])
    principal = request[PRINCIPAL]
    if not isinstance(principal, MemberPrincipal):
        raise NotFound("post-not-found")
    async with context.database.reading() as tx:
        released, stays = await whereabouts.of_post(tx, context, post_id, principal)
        facts = released.content.facts
        author = await actors.get(tx, facts.author_id)
        community = await actors.get(tx, facts.community_id)
        names = await views.agency_names(tx, context)
    shown = views.post(released, views.actor(author, names), views.actor(community, names))
    return page(
        request,
        "post_deliveries.html",
        post=shown,
        community=views.actor(community, names),
        has=sum(each.standing == "has" for each in stays),
        stays=[
            SimpleNamespace(name=names.get(each.host, each.host), stay=each) for each in stays
        ],
        mine=facts.author_id == principal.actor_id,
    )


async def _drop_page(
    request: web.Request,
    origin: str,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context = context_of(request)
    heap = await outgoing.heap(context, origin)
    return page(
        request,
        "deliveries_drop.html",
        errors=errors,
        form={"reason": (form or {}).get("reason", "")},
        heap=heap,
        host=authority_of(origin),
        back=_one(origin),
    )


def _one(origin: str) -> str:
    return f"{_LIST}/origin?{urlencode({'origin': origin})}"


def _place(text: str) -> Place | None:
    """Read where a page begins, as `_after` wrote it; anything else is the beginning."""
    weight, _, origin = text.partition(" ")
    if not (weight.isascii() and weight.isdigit() and origin):
        return None
    return Place(weight=min(int(weight[:19]), _LARGEST), origin=origin)


def _after(last: Backlog) -> str:
    return f"{_LIST}?{urlencode({'after': f'{last.weight} {last.origin}'})}"


def _backlog(backlog: Backlog, names: Names, heaviest: int) -> SimpleNamespace:
    hosts = backlog.hosts or (authority_of(backlog.origin),)
    return SimpleNamespace(
        facts=backlog,
        name=", ".join(names.get(host, host) for host in hosts),
        hosts=", ".join(hosts),
        url=_one(backlog.origin),
        drop_url=f"{_LIST}/drop?{urlencode({'origin': backlog.origin})}",
        state=_state(backlog),
        bars=_bars(backlog, heaviest),
    )


def _state(backlog: Backlog) -> str:
    if backlog.paused_at is not None:
        return "paused"
    if backlog.open_until is not None:
        return "open"
    return "failing" if backlog.failing_since is not None else "well"


def _bars(backlog: Backlog, heaviest: int) -> list[SimpleNamespace]:
    """Give what waits as pieces of a bar, in per cent of the longest bar of the page."""
    pieces = {
        "fresh": backlog.fresh,
        "day": backlog.day_old,
        "old": backlog.older,
        "given-up": backlog.given_up,
    }
    bars, start = [], 0.0
    for kind, count in pieces.items():
        width = 100 * count / heaviest if heaviest else 0.0
        if count:
            bars.append(SimpleNamespace(kind=kind, x=round(start, 2), width=round(width, 2)))
        start += width
    return bars
