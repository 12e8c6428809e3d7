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
from server.handlers.pages.rows import rows_of
from server.handlers.pages.views import ActorView, Names, PostView
from server.handlers.pages.words import noted, say
from server.middleware import PRINCIPAL
from server.services import reporting, sharing
from server.services.errors import Invalid
from server.storage import actors, agencies, audit, desk, reports
from server.storage.agencies import Agency
from server.storage.audit import Act
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.reports import Report

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
        open_reports = await _reports(tx, request, names)
        removed = await desk.removed(tx)
        suspended = await desk.suspended(tx)
        known = await agencies.all_of(tx)
        acts = await audit.latest(tx, before=id_in(before) if before else None, limit=_ACTS + 1)
        told = await _acts(tx, request, acts[:_ACTS], names)
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
        pages=_pages(acts, later=bool(before)),
    )


def _pages(acts: list[Act], *, later: bool) -> SimpleNamespace | None:
    more = f"/moderation?before={acts[_ACTS - 1].id}#acts" if len(acts) > _ACTS else None
    return views.pages("/moderation#acts" if later else None, more)


def _agency(agency: Agency) -> SimpleNamespace:
    return SimpleNamespace(
        host=agency.host, name=agency.name, asked=agency.knocked_at, reason=agency.reason
    )


async def _reports(
    tx: Transaction, request: web.Request, names: Names
) -> list[SimpleNamespace]:
    found = await reports.latest(tx)
    ids = {each.reporter_id for each in found} | {each.target_id for each in found}
    people = await desk.actors_by_id(tx, sorted(each for each in ids if each is not None))
    entries = await desk.entries(tx, [each.post_id for each in found if each.post_id])
    shown = []
    for report in found:
        post = _reported(request, report, entries, people, names)
        if post is None:
            continue
        reporter = people.get(report.reporter_id or 0)
        local = reporter is not None and reporter.local
        shown.append(
            SimpleNamespace(
                id=report.id,
                post=post,
                reason=report.comment,
                reporter=views.actor(reporter, names) if reporter and local else None,
                agency=None if local else names.get(report.host, report.host),
                reported=report.opened_at,
                resolved_there=report.outcome == reporting.RESOLVED_THERE,
            )
        )
    return shown


def _reported(
    request: web.Request,
    report: Report,
    entries: dict[int, Entry],
    people: dict[int, Actor],
    names: Names,
) -> PostView | None:
    if report.post_id is None:
        person = people.get(report.target_id or 0)
        return _profile(person, names) if person else None
    rows = rows_of(request, [entries[report.post_id]], names)
    return rows[0] if rows else None


def _profile(person: Actor, names: Names) -> PostView:
    """Show whom a report is about in the place of a post."""
    shown = views.actor(person, names)
    return PostView(
        id=person.id,
        url=shown.url,
        kind="discussion",
        title=shown.handle,
        html=person.summary,
        text="",
        source="",
        author=shown,
        community=shown,
        published=person.published_at,
        edited=None,
        deleted=False,
        deleted_by=None,
        reason="",
        locked=False,
        pinned=False,
        accepted=False,
        answers=0,
        helpful=0,
        topic=None,
        language="",
        origin=shown.origin,
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
