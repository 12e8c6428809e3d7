"""A member's other accounts: name one, move to one, come back."""

from types import SimpleNamespace

from aiohttp import web

from schemas.records import Actor
from server.handlers.pages import views
from server.handlers.pages.pages import context_of, page, see_other, signed_in, typed
from server.handlers.pages.words import say
from server.services import moving, other_accounts
from server.services.errors import Invalid
from server.storage import actors, moves

_PATH = "/settings/moving"


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def name_alias(request: web.Request) -> web.StreamResponse:
    """Say that another account is the member's: it may then move here."""
    form = await typed(request)
    try:
        found = await other_accounts.name_alias(
            context_of(request), signed_in(request), form.get("alias", "")
        )
    except Invalid as wrong:
        return await _page(request, errors=wrong.fields, form=form)
    told = say(request, "%(who)s may now move here.", who=found.handle)
    return see_other(request, _PATH, told)


async def remove_alias(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    await other_accounts.remove_alias(
        context_of(request), signed_in(request), form.get("uri", "")
    )
    return see_other(request, _PATH, say(request, "That account may no longer move here."))


async def move_away(request: web.Request) -> web.StreamResponse:
    """Move to the account that is named, on the member's password."""
    form = await typed(request)
    try:
        new = await other_accounts.move_away(
            context_of(request),
            signed_in(request),
            form.get("target", ""),
            form.get("password", ""),
        )
    except Invalid as wrong:
        form.pop("password", None)
        return await _page(request, errors=wrong.fields, form=form)
    told = say(request, "You moved to %(who)s. Your followers are being told.", who=new.handle)
    return see_other(request, _PATH, told)


async def come_back(request: web.Request) -> web.StreamResponse:
    await other_accounts.come_back(context_of(request), signed_in(request))
    return see_other(request, _PATH, say(request, "This account is open again."))


async def _page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        me = await actors.get(tx, session.member.id)
        known = await actors.find_many(tx, me.also_known_as)
        moved_to = await moves.where_to(tx, me.id)
        moved_at = await moves.last(tx, me.id)
    again = moved_at + moving.COOLDOWN if moved_at else None
    return page(
        request,
        "moving.html",
        errors=errors,
        form=form,
        me=views.actor(me, names),
        aliases=[_alias(uri, known.get(uri)) for uri in me.also_known_as],
        moved_to=views.actor(moved_to, names) if moved_to else None,
        moved_at=moved_at,
        again_at=again if again and again > context.now() else None,
    )


def _alias(uri: str, known: Actor | None) -> SimpleNamespace:
    return SimpleNamespace(uri=uri, name=known.handle if known else uri)
