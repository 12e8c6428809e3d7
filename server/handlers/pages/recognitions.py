"""Recognition: given on a person's page, listed by community, checked, withdrawn, hidden."""

from typing import Final

from aiohttp import hdrs, web

from schemas.records import Role
from server.handlers.pages import people, recognized, views
from server.handlers.pages.communities import find_community, may_govern
from server.handlers.pages.pages import context_of, id_in, page, see_other, signed_in, typed
from server.handlers.pages.words import say
from server.middleware import SESSION
from server.services import credentials, recognizing
from server.services.errors import Conflict, Invalid
from server.services.recognizing import Draft
from server.storage import actors, recognitions

_LISTED: Final = 200


async def give(request: web.Request) -> web.StreamResponse:
    context, member, form = context_of(request), signed_in(request), await typed(request)
    async with context.database.reading() as tx:
        person = await people.find(tx, request)
        issuer = await actors.find_local(tx, form.get("community", ""))
    draft = Draft(
        name=form.get("recognition-name", ""),
        criteria=form.get("criteria", ""),
        post=form.get("post", ""),
    )
    try:
        community_id = issuer.id if issuer else 0
        given = await recognizing.give(context, member, community_id, person.id, draft)
    except Invalid as wrong:
        return await people.person_page(request, errors=wrong.fields, form=form)
    except Conflict as known:
        errors = {"recognition-name": known.sentence}
        return await people.person_page(request, errors=errors, form=form)
    told = say(request, "They have it now, and their agency is told.")
    return see_other(request, f"/credentials/{given.id}", told)


async def of_community(request: web.Request) -> web.StreamResponse:
    """List what a community gave; its stewards see also what the receivers hide."""
    context = context_of(request)
    async with context.database.reading() as tx:
        listed = await find_community(tx, request)
        names = await views.agency_names(tx, context)
        found = await recognitions.of_issuer(tx, listed.community.id, limit=_LISTED)
    governs = may_govern(request[SESSION], listed)
    return page(
        request,
        "recognitions.html",
        community=views.community(listed, names),
        recognitions=recognized.several(
            (each for each in found if governs or each.hidden_at is None), names
        ),
        governs=governs,
    )


async def note(request: web.Request) -> web.StreamResponse:
    """Lead from the address of a Note to what people can read of it."""
    given = await credentials.get(context_of(request), id_in(request.match_info["id"]))
    return web.Response(status=302, headers={hdrs.LOCATION: f"/credentials/{given.id}"})


async def credential(request: web.Request) -> web.StreamResponse:
    """Show one recognition to people: who gave it to whom, for what, and whether it holds."""
    return await _credential_page(request)


async def _credential_page(
    request: web.Request, *, errors: dict[str, str] | None = None
) -> web.Response:
    context, session = context_of(request), request[SESSION]
    given = await credentials.get(context, id_in(request.match_info["id"]))
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
    return page(
        request,
        "credential.html",
        errors=errors,
        recognition=recognized.one(given, names),
        address=given.credential_uri,
        governs=session is not None
        and (
            given.issuer.id in session.stewards or session.member.role.reaches(Role.MODERATOR)
        ),
        is_me=session is not None and session.member.id == given.person.id,
    )


async def withdraw(request: web.Request) -> web.StreamResponse:
    context, number = context_of(request), id_in(request.match_info["id"])
    reason = (await typed(request)).get("reason", "")
    try:
        await recognizing.withdraw(context, signed_in(request), number, reason)
    except Invalid as wrong:
        return await _credential_page(request, errors=wrong.fields)
    told = say(request, "It is withdrawn; every agency that has it is told.")
    return see_other(request, f"/credentials/{number}", told)


async def mine(request: web.Request) -> web.StreamResponse:
    """List what the member was recognised for, and what of it their profile shows."""
    context, member = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        found = await recognitions.all_of_person(tx, member.member.id)
    return page(
        request,
        "my_recognitions.html",
        recognitions=recognized.several(found, names),
        profile=views.path_of(member.member.actor),
    )


async def choose(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    shown = form.get("act") == "show"
    await recognizing.choose(
        context_of(request), signed_in(request), id_in(form.get("id", "")), shown=shown
    )
    told = (
        say(request, "Your profile shows it.")
        if shown
        else say(request, "Your profile no longer shows it.")
    )
    return see_other(request, "/settings/recognitions", told)
