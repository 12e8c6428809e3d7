"""What a member shows on their profile, does not want to hear of, or to be suggested."""

from urllib.parse import quote

from aiohttp import web

from server.handlers.pages import people, views
from server.handlers.pages.pages import context_of, id_in, see_other, signed_in, typed
from server.handlers.pages.words import noted, say
from server.services import quieting, showing, suggesting, tagging, trending
from server.services.errors import Invalid, NotAllowed


def _is_on(form: dict[str, str]) -> bool:
    return form.get("on") == "yes"


async def pin(request: web.Request) -> web.StreamResponse:
    """Show a post of one's own on one's profile, or no longer."""
    post_id, on = id_in(request.match_info["id"]), _is_on(await typed(request))
    act = showing.pin if on else showing.unpin
    told = noted("Your profile does not show it any more.")
    if on:
        told = noted("Your profile shows it now.")
    try:
        facts = await act(context_of(request), signed_in(request), post_id)
    except Invalid as wrong:
        if wrong.reason == showing.ANOTHERS:
            raise NotAllowed(wrong.reason, wrong.sentence) from wrong
        return see_other(request, f"/p/{post_id}", wrong.sentence, kind="notice")
    return see_other(request, f"/p/{facts.root_id}#p{facts.id}", say(request, told))


async def quiet(request: web.Request) -> web.StreamResponse:
    """Hear nothing more of a thread, or hear of it again."""
    post_id, on = id_in(request.match_info["id"]), _is_on(await typed(request))
    act = quieting.mute if on else quieting.unmute
    facts = await act(context_of(request), signed_in(request), post_id)
    told = noted("You are told of this thread again.")
    if on:
        told = noted("You are told nothing more of this thread.")
    return see_other(request, f"/p/{facts.root_id}", say(request, told))


async def recommend(request: web.Request) -> web.StreamResponse:
    """Recommend somebody on one's profile, or no longer."""
    context, on = context_of(request), _is_on(await typed(request))
    async with context.database.reading() as tx:
        person = await people.find(tx, request)
    act = showing.endorse if on else showing.unendorse
    told = noted("Your profile does not recommend %(name)s any more.")
    if on:
        told = noted("Your profile recommends %(name)s.")
    path, name = views.path_of(person), person.display_name or person.name
    try:
        await act(context, signed_in(request), person.id)
    except Invalid as wrong:
        return see_other(request, path, wrong.sentence, kind="notice")
    return see_other(request, path, say(request, told, name=name))


async def show_hashtag(request: web.Request) -> web.StreamResponse:
    """Show a hashtag on one's profile, or no longer."""
    context, member, form = context_of(request), signed_in(request), await typed(request)
    tag = tagging.named(request.match_info["name"])
    path, on = f"/tags/{quote(tag.slug)}", _is_on(form)
    act = tagging.feature if on else tagging.unfeature_named
    told = noted("Your profile does not show #%(name)s any more.")
    if on:
        told = noted("Your profile shows #%(name)s.")
    try:
        await act(context, member, tag.name)
    except Invalid as wrong:
        return see_other(request, path, wrong.sentence, kind="notice")
    return see_other(request, path, say(request, told, name=tag.name))


async def dismiss(request: web.Request) -> web.StreamResponse:
    """Suggest a community no more."""
    actor_id = id_in((await typed(request)).get("id", ""))
    await suggesting.dismiss(context_of(request), signed_in(request), actor_id)
    return see_other(request, "/", say(request, "It is not suggested to you any more."))


async def switch_trends(request: web.Request) -> web.StreamResponse:
    """Show what is much discussed, or no longer: a moderator's decision."""
    on = _is_on(await typed(request))
    await trending.switch(context_of(request), signed_in(request), on=on)
    told = noted("What is much discussed is no longer counted or shown.")
    if on:
        told = noted("What is much discussed is counted, and shown within ten minutes.")
    return see_other(request, "/moderation#trends", say(request, told))
