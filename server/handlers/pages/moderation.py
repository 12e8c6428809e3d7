"""The moderators' desk: reports, who waits, what was removed, who is suspended, the log."""

from types import SimpleNamespace
from typing import Final

from aiohttp import web

from schemas.records import Actor, AgencyState, Surface
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
from server.handlers.pages.people import find_by_handle
from server.handlers.pages.reported import reported
from server.handlers.pages.views import ActorView, Names
from server.handlers.pages.words import noted, say
from server.middleware import PRINCIPAL
from server.services import reporting, sharing, triage
from server.services.errors import Invalid
from server.storage import actors, agencies, audit, desk, trends
from server.storage.agencies import Agency
from server.storage.audit import Act
from server.storage.database import Transaction
from server.storage.feeds import Entry

_ACTS: Final = 50
_WORDS: Final = {
    "remove-post": noted("Removed a post"),
    "restore-post": noted("Restored a post"),
    "lock": noted("Locked a thread"),
    "duplicate": noted("Closed a thread as a duplicate"),
    "move-thread": noted("Moved a thread to another community"),
    "unlock": noted("Opened a thread again"),
    "pin": noted("Pinned a thread"),
    "unpin": noted("Unpinned a thread"),
    "admit-agency": noted("Admitted an agency"),
    "block-agency": noted("Blocked an agency"),
    "close-report": noted("Closed a report"),
    "take-report": noted("Took a report"),
    "leave-report": noted("Left a report to others"),
    "sort-report": noted("Sorted a report"),
    "reopen-report": noted("Opened a report again"),
    "add-rule": noted("Added a house rule"),
    "change-rule": noted("Changed a house rule"),
    "move-rule": noted("Moved a house rule up"),
    "remove-rule": noted("Removed a house rule"),
    "write-text": noted("Wrote what the agency says of itself"),
    "end-admission": noted("Took back that an agency was admitted"),
    "unblock-agency": noted("Took back that an agency was blocked"),
    "publish-announcement": noted("Published an announcement"),
    "change-announcement": noted("Changed an announcement"),
    "withdraw-announcement": noted("Withdrew an announcement"),
    "remove-announcement": noted("Deleted an announcement"),
    "suspend": noted("Suspended a person"),
    "lift-suspension": noted("Lifted a suspension"),
    "let-in": noted("Let somebody into a community"),
    "refuse-to-join": noted("Refused a request to join"),
    "open-community": noted("Opened a community"),
    "change-community": noted("Changed a community"),
    "add-steward": noted("Named a steward"),
    "remove-steward": noted("Released a steward"),
    "ban": noted("Put somebody out of a community"),
    "lift-ban": noted("Let somebody ask to belong again"),
    "change-role": noted("Changed what a member may do"),
    "name-alias": noted("Named another account as theirs"),
    "move-away": noted("Moved to another account"),
    "come-back": noted("Opened an account again that had moved"),
    "ask-for-archive": noted("Asked for their archive"),
    "fetch-archive": noted("Fetched their archive"),
    "take-archive-in": noted("Brought an archive from another account"),
    "end-account": noted("Deleted an account"),
    "show-trends": noted("Let be shown what is much discussed"),
    "hide-trends": noted("Hid what is much discussed"),
    "pause-deliveries": noted("Paused deliveries"),
    "resume-deliveries": noted("Resumed deliveries"),
    "retry-deliveries": noted("Tried deliveries at once"),
    "drop-deliveries": noted("Dropped what waited to be delivered"),
}


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def keep(request: web.Request) -> web.StreamResponse:
    """Close a report; the post stays."""
    form, report_id = await typed(request), id_in(request.match_info["id"])
    try:
        await reporting.close(
            context_of(request),
            signed_in(request),
            report_id,
            "kept",
            reason=form.get("reason", ""),
        )
    except Invalid as wrong:
        key = f"keep-{report_id}"
        return await _page(request, {key: wrong.sentence}, {key: form.get("reason", "")})
    return see_other(
        request, "/moderation", say(request, "The report is closed; the post stays.")
    )


async def take(request: web.Request) -> web.StreamResponse:
    """Take a report, or leave it to others: `on` is yes or no."""
    context, member = context_of(request), signed_in(request)
    report_id = id_in(request.match_info["id"])
    taken = (await typed(request)).get("on") != "no"
    await (triage.take if taken else triage.leave)(context, member, report_id)
    told = noted("You look at this report now.") if taken else noted("It waits for anybody.")
    return see_other(request, f"/moderation#report-{report_id}", say(request, told))


async def suspend(request: web.Request) -> web.StreamResponse:
    """Suspend a person by their handle, or lift it: `on` is yes or no."""
    context, form = context_of(request), await typed(request)
    suspended = form.get("on") != "no"
    shown = {"person": form.get("person", ""), "suspend-reason": form.get("reason", "")}
    async with context.database.reading() as tx:
        person = await find_by_handle(tx, request, shown["person"])
    if person is None:
        return await _page(
            request, {"person": say(request, "We know nobody by that handle.")}, shown
        )
    try:
        await reporting.suspend(
            context,
            signed_in(request),
            person.id,
            suspended=suspended,
            reason=form.get("reason", ""),
        )
    except Invalid as wrong:
        return await _page(request, {"suspend-reason": wrong.sentence}, shown)
    told = noted("%(who)s is suspended.")
    if not suspended:
        told = noted("%(who)s is no longer suspended.")
    return see_other(request, "/moderation#people", say(request, told, who=person.handle))


async def _page(
    request: web.Request,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context = context_of(request)
    before = asked(request, "before")
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        open_reports = await reported(tx, request, names)
        removed = await desk.removed(tx)
        suspended = await desk.suspended(tx)
        known = await agencies.all_of(tx)
        acts = await audit.latest(tx, before=id_in(before) if before else None, limit=_ACTS + 1)
        told = await _acts(tx, request, acts[:_ACTS], names)
        trending = await trends.are_on(tx)
    return page(
        request,
        "moderation.html",
        errors=errors,
        form=form,
        reports=open_reports,
        removed=_removed(request, removed, names),
        suspended=[
            SimpleNamespace(
                person=views.actor(each.person, names), since=each.since, reason=each.reason
            )
            for each in suspended
        ],
        waiting=[_agency(each) for each in known if each.state is AgencyState.WAITING],
        blocked=[_agency(each) for each in known if each.state is AgencyState.BLOCKED],
        acts=told,
        trending=trending,
        pages=_pages(acts, later=bool(before)),
    )


def _pages(acts: list[Act], *, later: bool) -> SimpleNamespace | None:
    more = f"/moderation?before={acts[_ACTS - 1].id}#acts" if len(acts) > _ACTS else None
    return views.pages("/moderation#acts" if later else None, more)


def _agency(agency: Agency) -> SimpleNamespace:
    return SimpleNamespace(
        host=agency.host, name=agency.name, asked=agency.knocked_at, reason=agency.reason
    )


def _removed(request: web.Request, entries: list[Entry], names: Names) -> list[SimpleNamespace]:
    context, principal = context_of(request), request[PRINCIPAL]
    shown = []
    for entry in entries:
        released = sharing.release(context, entry.post, principal, Surface.PAGE)
        if released is not None:
            author = views.actor(entry.author, names)
            row = views.post(released, author, views.actor(entry.community, names))
            shown.append(
                SimpleNamespace(
                    id=row.id,
                    url=row.url,
                    kind=row.kind,
                    title=row.title,
                    reason=row.reason,
                    author=author,
                    removed_at=entry.post.facts.deleted_at,
                )
            )
    return shown


async def _acts(
    tx: Transaction, request: web.Request, acts: list[Act], names: Names
) -> list[SimpleNamespace]:
    uris = sorted({each.actor for each in acts} | {each.object for each in acts})
    known = await actors.find_many(tx, uris)
    post_ids = await desk.post_ids(tx, uris)
    return [
        SimpleNamespace(
            done=act.happened_at,
            moderator=_who(request, known.get(act.actor), names),
            what=_what(request, act, known.get(act.object)),
            reason=act.reason,
            url=_url(act, known, post_ids),
        )
        for act in acts
    ]


def _what(request: web.Request, act: Act, about: Actor | None) -> str:
    words = say(request, _WORDS.get(act.act, "")) or act.act.replace("-", " ").capitalize()
    if about is not None:
        return f"{words}: {about.handle}"
    # Posts are what the line links to; what is left is the host of an agency.
    return words if "/" in act.object or not act.object else f"{words}: {act.object}"


def _url(act: Act, known: dict[str, Actor], post_ids: dict[str, int]) -> str | None:
    if act.object in known:
        return views.path_of(known[act.object])
    return f"/p/{post_ids[act.object]}" if act.object in post_ids else None


def _who(request: web.Request, actor: Actor | None, names: Names) -> ActorView:
    """Name who acted; the operator at the command line is nobody with a page."""
    if actor is not None:
        return views.actor(actor, names)
    context = context_of(request)
    return ActorView(
        name="operator",
        display_name=say(request, "The operator"),
        handle=f"@{context.home.authority}",
        url="/about",
        agency=context.settings.name,
        local=True,
        initials="O",
        hue=0,
        origin=None,
    )
