"""What is done to a post with one form: thank, accept, lock, pin, delete, remove, report."""

from typing import Final

from aiohttp import web

from schemas.records import Kind, PostFacts, Role, Surface
from server.handlers.pages import threads
from server.handlers.pages.pages import (
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.posts import renamed, require, root_of, single
from server.handlers.pages.views import CommunityView, PostView
from server.handlers.pages.words import say
from server.middleware import PRINCIPAL
from server.services import (
    bookmarking,
    changing,
    choices,
    kudos,
    reporting,
    sharing,
    stewardship,
)
from server.services.errors import Conflict, Invalid
from server.storage import feeds

_DESK: Final = "/moderation"


def _id(request: web.Request) -> int:
    return id_in(request.match_info["id"])


def _on(form: dict[str, str]) -> bool:
    return form.get("on") == "yes"


def _back(request: web.Request, facts: PostFacts, told: str = "") -> web.Response:
    return see_other(request, f"/p/{facts.root_id}#p{facts.id}", told)


async def helpful(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    facts = await kudos.mark_helpful(
        context_of(request), signed_in(request), _id(request), helpful=_on(form)
    )
    return _back(request, facts)


async def keep(request: web.Request) -> web.StreamResponse:
    """Keep a post for oneself, or no longer."""
    act = bookmarking.keep if _on(await typed(request)) else bookmarking.drop
    return _back(request, await act(context_of(request), signed_in(request), _id(request)))


async def thank(request: web.Request) -> web.StreamResponse:
    context, session, form = context_of(request), signed_in(request), await typed(request)
    post_id = _id(request)
    if not _on(form):
        facts = await kudos.take_back_kudos(context, session, post_id)
        return _back(request, facts, say(request, "Your thanks are taken back."))
    category, note = form.get("category", ""), form.get("note", "")
    fields = {"category": f"category-{post_id}", "note": f"note-{post_id}"}
    try:
        facts = await kudos.give_kudos(context, session, post_id, category, note)
    except Invalid as wrong:
        return await threads.thread_page(
            request,
            await root_of(request, post_id),
            errors=renamed(wrong, fields),
            form={fields["category"]: category, fields["note"]: note},
        )
    return _back(request, facts, say(request, "Your thanks are there for all readers."))


async def accept(request: web.Request) -> web.StreamResponse:
    context, session, form = context_of(request), signed_in(request), await typed(request)
    answer_id = _id(request)
    if _on(form):
        question = await choices.accept(context, session, answer_id)
        told = say(request, "Marked as what worked. Say thanks, too: it makes their day.")
    else:
        question = await choices.reopen(context, session, answer_id)
        told = say(request, "It is no longer marked as what worked.")
    return see_other(request, f"/p/{question.id}#p{answer_id}", told)


async def reopen(request: web.Request) -> web.StreamResponse:
    """Take back every acceptance: the question is unsolved again."""
    context, session = context_of(request), signed_in(request)
    question_id = _id(request)
    scope = sharing.scope(context, request[PRINCIPAL], Surface.DECISION)
    async with context.database.reading() as tx:
        entries = await feeds.thread(tx, scope, question_id)
    accepted = [
        released.content.facts.id
        for entry in entries
        if entry.post.facts.kind is Kind.ANSWER
        and (
            released := sharing.release(
                context, entry.post, request[PRINCIPAL], Surface.DECISION
            )
        )
        and released.content.is_accepted
    ]
    if not entries:
        raise threads.missing()
    if not accepted:
        raise Conflict("not-accepted", "No answer is marked as what worked.")
    for answer_id in accepted:
        await choices.reopen(context, session, answer_id)
    return see_other(request, f"/p/{question_id}", say(request, "The question is open again."))


async def lock(request: web.Request) -> web.StreamResponse:
    locked = _on(await typed(request))
    facts = await stewardship.lock(
        context_of(request), signed_in(request), _id(request), locked=locked
    )
    told = (
        say(request, "The thread is locked.")
        if locked
        else say(request, "The thread takes replies again.")
    )
    return see_other(request, f"/p/{facts.id}", told)


async def pin(request: web.Request) -> web.StreamResponse:
    pinned = _on(await typed(request))
    facts = await stewardship.pin(
        context_of(request), signed_in(request), _id(request), pinned=pinned
    )
    told = (
        say(request, "It is on top of its community now.")
        if pinned
        else say(request, "It is no longer on top.")
    )
    return see_other(request, f"/p/{facts.id}", told)


async def delete_form(request: web.Request) -> web.StreamResponse:
    post, _ = await single(request)
    require(allowed=post.can.delete)
    return await _remove_page(request, post, "delete")


async def delete(request: web.Request) -> web.StreamResponse:
    facts = await changing.withdraw(context_of(request), signed_in(request), _id(request))
    return see_other(request, f"/p/{facts.root_id}", say(request, "Your post is deleted."))


async def remove_form(request: web.Request) -> web.StreamResponse:
    post, _ = await single(request)
    require(allowed=post.can.remove)
    return await _remove_page(request, post, "remove")


async def remove(request: web.Request) -> web.StreamResponse:
    """Remove a post with a reason; where a report led here, the report is settled with it."""
    context, session, form = context_of(request), signed_in(request), await typed(request)
    reason, report = form.get("reason", ""), form.get("report", "")
    try:
        facts = await stewardship.remove(context, session, _id(request), reason)
    except Invalid as wrong:
        post, _ = await single(request)
        return await _remove_page(
            request, post, "remove", errors=wrong.fields, form=form, report=report
        )
    if not report:
        return _back(
            request, facts, say(request, "The post is removed. Its author can read why.")
        )
    await reporting.close(context, session, id_in(report), "removed", reason=reason)
    return see_other(
        request, _DESK, say(request, "The post is removed, and the report is closed.")
    )


async def _remove_page(
    request: web.Request,
    post: PostView,
    act: str,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    report: str = "",
) -> web.Response:
    context = context_of(request)
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        replies = await feeds.replies(tx, scope, post.id)
    return page(
        request,
        "remove.html",
        errors=errors,
        form=form,
        post=post,
        act=act,
        replies=len(replies),
        report=report,
    )


async def restore(request: web.Request) -> web.StreamResponse:
    context, session, form = context_of(request), signed_in(request), await typed(request)
    facts = await stewardship.restore(context, session, _id(request), form.get("reason", ""))
    if session.member.role.reaches(Role.MODERATOR):
        return see_other(request, f"{_DESK}#removed", say(request, "The post is back."))
    return _back(request, facts, say(request, "The post is back."))


async def report_form(request: web.Request) -> web.StreamResponse:
    post, community = await single(request)
    return page(request, "report.html", post=post, forwards=_elsewhere(post, community))


async def report(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    try:
        await reporting.report(
            context_of(request),
            signed_in(request),
            _id(request),
            form.get("reason", ""),
            forward=form.get("forward") == "yes",
        )
    except Invalid as wrong:
        post, community = await single(request)
        return page(
            request,
            "report.html",
            errors=renamed(wrong, {"comment": "reason"}),
            form=form,
            post=post,
            forwards=_elsewhere(post, community),
        )
    post_id = await root_of(request, _id(request))
    return see_other(
        request, f"/p/{post_id}", say(request, "Thank you. The moderators will look at it.")
    )


def _elsewhere(post: PostView, community: CommunityView) -> str:
    """Name the agency whose moderators can be told too; empty when it is ours."""
    receiver = post.author if community.local else community
    return "" if receiver.local else receiver.agency
