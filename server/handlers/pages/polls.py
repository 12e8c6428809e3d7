"""Polls: start one in a community, and vote."""

from aiohttp import web

from schemas.records import Kind
from server.handlers.pages import scheduled, threads, views
from server.handlers.pages.communities import find_community
from server.handlers.pages.pages import (
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.posts import preview_of, renamed, root_of
from server.handlers.pages.views import CommunityView
from server.handlers.pages.words import say
from server.services import polls as service
from server.services.errors import Invalid, NotAllowed
from server.services.polls import PollDraft
from server.services.posts import Draft
from server.services.scheduling import StoredPoll, Thread

_DEFAULT_HOURS = 168


async def start_form(request: web.Request) -> web.StreamResponse:
    community_id, community = await _community(request)
    if community_id not in signed_in(request).joined:
        told = say(request, "Join the community first; then you can start a poll.")
        return see_other(request, community.url, told, kind="notice")
    return _form(request, community)


async def start(request: web.Request) -> web.StreamResponse:
    community_id, community = await _community(request)
    form = await typed(request)
    if form.get("act") == "preview":
        return _form(request, community, form=form, preview_html=await preview_of(form))
    draft = _draft(form)
    try:
        if form.get("at"):
            return await scheduled.take(request, _thread(community_id, draft), form["at"])
        facts = await service.start(
            context_of(request), signed_in(request), community_id, draft
        )
    except Invalid as wrong:
        errors = renamed(wrong, {"source": "body"})
        return _form(request, community, form=form, errors=errors)
    return see_other(request, f"/p/{facts.id}", say(request, "Your poll is open."))


def _draft(form: dict[str, str]) -> PollDraft:
    hours = form.get("hours", "")
    return PollDraft(
        words=Draft(
            source=form.get("body", ""), title=form.get("title", ""), topic=form.get("topic")
        ),
        choices=form.get("choices", "").split("\n"),
        several=form.get("several") == "yes",
        hours=int(hours) if hours.isascii() and hours.isdigit() and len(hours) <= 4 else 0,  # noqa: PLR2004 no choice has more digits
    )


def _thread(community_id: int, of: PollDraft) -> Thread:
    return Thread(
        community_id=community_id,
        kind=Kind.POLL,
        title=of.words.title,
        body=of.words.source,
        topic=of.words.topic,
        poll=StoredPoll(choices=tuple(of.choices), several=of.several, hours=of.hours),
    )


def _form(
    request: web.Request,
    community: CommunityView,
    *,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    preview_html: str | None = None,
) -> web.Response:
    return page(
        request,
        "poll.html",
        errors=errors,
        form=form,
        community=community,
        hours=service.HOURS,
        chosen_hours=_DEFAULT_HOURS,
        preview_html=preview_html,
    )


async def _community(request: web.Request) -> tuple[int, CommunityView]:
    context = context_of(request)
    async with context.database.reading() as tx:
        listed = await find_community(tx, request)
        names = await views.agency_names(tx, context)
        takes_polls = await service.takes_polls(tx, listed.community.actor)
    if not takes_polls:
        raise NotAllowed("no-polls-there", "The server of this community knows no polls.")
    return listed.community.id, views.community(listed, names)


async def vote(request: web.Request) -> web.StreamResponse:
    """Vote for what the form names: `choice` is one place, `choice-N` is one of several."""
    post_id, form = id_in(request.match_info["id"]), await typed(request)
    given = [form.get("choice", "")]
    given += [name.removeprefix("choice-") for name in form if name.startswith("choice-")]
    places = {int(each[:4]) for each in given if each.isascii() and each.isdigit()}
    try:
        facts = await service.vote(context_of(request), signed_in(request), post_id, places)
    except Invalid as wrong:
        root_id = await root_of(request, post_id)
        return await threads.thread_page(request, root_id, errors=wrong.fields)
    return see_other(request, f"/p/{facts.id}#poll", say(request, "Your vote counts."))
