"""What the agency says of privacy and of terms; and operators write it, in Markdown."""

from aiohttp import web

from server.handlers.pages.pages import context_of, page, see_other, signed_in, typed
from server.handlers.pages.words import language_of, noted, say
from server.services import own_texts, presenting
from server.services.errors import Invalid
from server.services.presenting import NAMES, Name

_TITLES: dict[Name, str] = {
    "privacy": noted("Privacy"),
    "terms": noted("Terms of use"),
}


async def privacy(request: web.Request) -> web.StreamResponse:
    return await _text(request, "privacy")


async def terms(request: web.Request) -> web.StreamResponse:
    return await _text(request, "terms")


async def _text(request: web.Request, name: Name) -> web.Response:
    context = context_of(request)
    async with context.database.reading() as tx:
        found = await own_texts.shown(tx, context, name, language_of(request))
    return page(
        request,
        "text.html",
        title=say(request, _TITLES[name]),
        html=found.html,
        changed=found.changed_at if found.is_own else None,
    )


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def write(request: web.Request) -> web.StreamResponse:
    """Write all texts that the form has; what is empty is what we say."""
    context, member, form = context_of(request), signed_in(request), await typed(request)
    try:
        for name in NAMES:
            if name in form:
                await presenting.write(context, member, name, form[name])
    except Invalid as wrong:
        return await _page(request, wrong.fields, form)
    return see_other(request, "/operations/texts", say(request, "The texts are saved."))


async def _page(
    request: web.Request,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, language = context_of(request), language_of(request)
    async with context.database.reading() as tx:
        found = {name: await own_texts.shown(tx, context, name, language) for name in NAMES}
    return page(
        request,
        "texts.html",
        errors=errors,
        form=form,
        texts={name: each.source if each.is_own else "" for name, each in found.items()},
        usual={name: own_texts.default(context, name, language).source for name in NAMES},
    )
