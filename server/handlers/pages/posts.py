"""Writing: ask, answer, comment and edit, each with a preview."""

import asyncio
from typing import Final

from aiohttp import web

from federation.translate import sanitize
from schemas.records import Kind, Surface
from server.handlers.pages import scheduled, threads, views
from server.handlers.pages.attached import quoted_card
from server.handlers.pages.communities import find_community
from server.handlers.pages.composing import Composed, composed, views_of
from server.handlers.pages.pages import (
    asked,
    context_of,
    fragment,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.searching import alike_of
from server.handlers.pages.views import CommunityView, PostView
from server.handlers.pages.words import say
from server.middleware import PRINCIPAL, SESSION
from server.services import changing, sharing
from server.services import posts as service
from server.services.errors import Invalid, NotAllowed
from server.services.posts import Draft
from server.services.scheduling import StoredFile, Thread
from server.storage import actors, communities, media

#: Fields of a draft, by the ids that they have in a form.
_BODY: Final = {"source": "body", "media": "files"}


async def ask_form(request: web.Request) -> web.StreamResponse:
    community_id, community = await _community(request)
    if community_id not in signed_in(request).joined:
        told = say(request, "Join the community first; then you can ask.")
        return see_other(request, community.url, told, kind="notice")
    quotes = asked(request, "quote")
    return page(
        request,
        "ask.html",
        form={"quote": quotes} if quotes else None,
        files=(),
        community=community,
        preview_html=None,
        quoted=await quoted_card(request, quotes),
        alike=[],
    )


async def ask(request: web.Request) -> web.StreamResponse:
    community_id, community = await _community(request)
    form = await typed(request)
    written = await composed(request, form)
    if written.stays:
        return await _ask_again(request, community, written, _told(written))
    kind = Kind.DISCUSSION if form.get("kind") == Kind.DISCUSSION else Kind.QUESTION
    thread = Thread(
        community_id=community_id,
        kind=kind,
        title=form.get("title", ""),
        body=form.get("body", ""),
        topic=form.get("topic"),
        quotes=id_in(form["quote"]) if form.get("quote") else None,
        files=tuple(
            StoredFile(id=each.id, description=each.description) for each in written.chosen
        ),
    )
    try:
        if form.get("at"):
            return await scheduled.take(request, thread, form["at"])
        facts = await service.publish_thread(
            context_of(request), signed_in(request), community_id, kind, thread.draft()
        )
    except Invalid as wrong:
        return await _ask_again(request, community, written, renamed(wrong, _BODY))
    told = (
        say(request, "Your question is posted.")
        if kind is Kind.QUESTION
        else say(request, "It is posted.")
    )
    return see_other(request, f"/p/{facts.id}", told)


async def _ask_again(
    request: web.Request, community: CommunityView, written: Composed, errors: dict[str, str]
) -> web.Response:
    """Show the form once more; all that was typed and brought is still there."""
    form = written.form
    return page(
        request,
        "ask.html",
        errors=errors,
        form=form,
        files=written.files,
        community=community,
        preview_html=await _shown(written),
        quoted=await quoted_card(request, form.get("quote", "")),
        alike=await alike_of(request, form.get("title", "")),
    )


def _told(written: Composed, field: str = "files") -> dict[str, str]:
    return {field: written.wrong} if written.wrong else {}


async def _shown(written: Composed) -> str | None:
    return await preview_of(written.form) if written.form.get("act") == "preview" else None


async def _community(request: web.Request) -> tuple[int, CommunityView]:
    context = context_of(request)
    async with context.database.reading() as tx:
        listed = await find_community(tx, request)
        names = await views.agency_names(tx, context)
    return listed.community.id, views.community(listed, names)


def renamed(wrong: Invalid, names: dict[str, str]) -> dict[str, str]:
    """Key what is wrong by the ids of the form's fields."""
    return {names.get(name, name): sentence for name, sentence in wrong.fields.items()}


async def preview_of(form: dict[str, str]) -> str:
    source = form.get("body", "")[: service.LONGEST_SOURCE]
    return (await asyncio.to_thread(sanitize.from_markdown, source)).html


async def preview(request: web.Request) -> web.StreamResponse:
    """Show what Markdown becomes, as a fragment; nothing is kept."""
    shown = await preview_of(await typed(request))
    return fragment(request, "preview.html", preview_html=shown)


async def answer(request: web.Request) -> web.StreamResponse:
    question_id, form = id_in(request.match_info["id"]), await typed(request)
    written = await composed(request, form)

    async def again(errors: dict[str, str]) -> web.StreamResponse:
        return await threads.thread_page(
            request,
            question_id,
            errors=errors,
            form={"answer": form.get("body", "")},
            files={"answer": written.files},
            preview_html=await _shown(written),
        )

    if written.stays:
        return await again(_told(written, "files-answer"))
    draft = Draft(source=form.get("body", ""), media=written.chosen)
    try:
        facts = await service.publish_reply(
            context_of(request), signed_in(request), question_id, Kind.ANSWER, draft
        )
    except Invalid as wrong:
        return await again(renamed(wrong, {"source": "answer", "media": "files-answer"}))
    return see_other(
        request, f"/p/{facts.root_id}#p{facts.id}", say(request, "Your answer is posted.")
    )


async def comment(request: web.Request) -> web.StreamResponse:
    parent_id, form = id_in(request.match_info["id"]), await typed(request)
    field, written = f"comment-{parent_id}", await composed(request, form)

    async def again(errors: dict[str, str]) -> web.StreamResponse:
        return await threads.thread_page(
            request,
            await root_of(request, parent_id),
            errors=errors,
            form={field: form.get("body", "")},
            files={field: written.files},
        )

    if written.stays:
        return await again(_told(written, f"files-{field}"))
    draft = Draft(source=form.get("body", ""), media=written.chosen)
    try:
        facts = await service.publish_reply(
            context_of(request), signed_in(request), parent_id, Kind.COMMENT, draft
        )
    except Invalid as wrong:
        return await again(renamed(wrong, {"source": field, "media": f"files-{field}"}))
    return see_other(
        request, f"/p/{facts.root_id}#p{facts.id}", say(request, "Your comment is posted.")
    )


async def root_of(request: web.Request, post_id: int) -> int:
    """Find the thread of a post that the reader may read."""
    context = context_of(request)
    async with context.database.reading() as tx:
        found = await sharing.released(tx, context, post_id, request[PRINCIPAL], Surface.PAGE)
    return found.content.facts.root_id


async def single(request: web.Request) -> tuple[PostView, CommunityView]:
    """Read the one post that the path names, for a form or a page about it alone."""
    context, session = context_of(request), request[SESSION]
    post_id = id_in(request.match_info["id"])
    async with context.database.reading() as tx:
        released = await sharing.released(
            tx, context, post_id, request[PRINCIPAL], Surface.PAGE
        )
        facts = released.content.facts
        author = await actors.get(tx, facts.author_id)
        reader = session.member.id if session else None
        listed = await communities.listed(tx, reader=reader, only=facts.community_id)
        names = await views.agency_names(tx, context)
    if facts.deleted_at is not None or not listed:
        raise threads.missing()
    community = views.community(listed[0], names)
    can = views.may(session, released.content, released.content)
    return views.post(released, views.actor(author, names), community, can=can), community


async def edit_form(request: web.Request) -> web.StreamResponse:
    post, community = await single(request)
    require(allowed=post.can.edit)
    async with context_of(request).database.reading() as tx:
        files = views_of(await media.of_post(tx, post.id), {})
    return page(
        request, "edit.html", post=post, community=community, files=files, preview_html=None
    )


async def edit(request: web.Request) -> web.StreamResponse:
    post, community = await single(request)
    require(allowed=post.can.edit)
    form = await typed(request)
    written = await composed(request, form)

    async def again(errors: dict[str, str]) -> web.StreamResponse:
        return page(
            request,
            "edit.html",
            errors=errors,
            form=form,
            files=written.files,
            post=post,
            community=community,
            preview_html=await _shown(written),
        )

    if written.stays:
        return await again(_told(written))
    draft = Draft(
        source=form.get("body", ""),
        title=form.get("title", ""),
        topic=form.get("topic"),
        media=written.chosen,
    )
    try:
        await changing.edit(context_of(request), signed_in(request), post.id, draft)
    except Invalid as wrong:
        return await again(renamed(wrong, _BODY))
    return see_other(request, post.url, say(request, "Your changes are saved."))


def require(*, allowed: bool) -> None:
    """Refuse early what the service would refuse late, so that no form is shown for nothing."""
    if not allowed:
        raise NotAllowed("not-yours", "That is for its author to do.")
