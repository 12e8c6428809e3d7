"""The house rules, as moderators write them: add one, word it anew, move it up, remove it."""

from aiohttp import web

from server.handlers.pages.pages import (
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.words import noted, say
from server.services import conduct
from server.services.errors import Invalid
from server.storage import rules

_HERE = "/moderation/rules"


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def add(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    try:
        await conduct.add(
            context_of(request),
            signed_in(request),
            text=form.get("text", ""),
            hint=form.get("hint", ""),
        )
    except Invalid as wrong:
        return await _page(request, wrong.fields, form)
    return see_other(request, _HERE, say(request, "The rule is added."))


async def change(request: web.Request) -> web.StreamResponse:
    """Do to a rule what a button says: save its words, move it up, or remove it."""
    context, member, form = context_of(request), signed_in(request), await typed(request)
    rule_id = id_in(request.match_info["id"])
    match form.get("act"):
        case "remove":
            await conduct.remove(context, member, rule_id)
            told = noted("The rule is removed.")
        case "up":
            await conduct.move_up(context, member, rule_id)
            told = noted("The rule stands further up.")
        case _:
            try:
                await conduct.change(
                    context,
                    member,
                    rule_id,
                    text=form.get("text", ""),
                    hint=form.get("hint", ""),
                )
            except Invalid as wrong:
                return await _page(
                    request,
                    {f"{name}-{rule_id}": each for name, each in wrong.fields.items()},
                    {f"{name}-{rule_id}": form.get(name, "") for name in ("text", "hint")},
                )
            told = noted("The rule is changed.")
    return see_other(request, _HERE, say(request, told))


async def _page(
    request: web.Request,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    async with context_of(request).database.reading() as tx:
        found = await rules.in_force(tx)
    return page(request, "rules.html", errors=errors, form=form, rules=found)
