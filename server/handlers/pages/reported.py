"""Open reports as the moderators' desk shows them: posts, whose they are, of what sort."""

from types import SimpleNamespace
from typing import Final

from aiohttp import web

from schemas.records import Actor
from server.handlers.pages import views
from server.handlers.pages.rows import rows_of
from server.handlers.pages.views import Names, PostView
from server.handlers.pages.words import noted, say
from server.middleware import SESSION
from server.services import reporting
from server.storage import desk, reports, rules
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.reports import Report

_SORTS: Final = {
    "spam": noted("Spam or advertising"),
    "legal": noted("Against the law"),
    "violation": noted("Against the house rules"),
    "other": "",
}


async def reported(
    tx: Transaction, request: web.Request, names: Names
) -> list[SimpleNamespace]:
    """List what is open, the latest first."""
    found = await reports.latest(tx)
    ids = {each.reporter_id for each in found} | {each.target_id for each in found}
    ids |= {each.assigned_to for each in found}
    people = await desk.actors_by_id(tx, sorted(each for each in ids if each is not None))
    entries = await desk.entries(tx, [each for report in found for each in report.posts])
    known = await rules.by_id(tx, {each for report in found for each in report.rule_ids})
    shown = []
    for report in found:
        about = _about(request, report, entries, people, names)
        if not about:
            continue
        reporter = people.get(report.reporter_id or 0)
        local = reporter is not None and reporter.local
        taken_by = people.get(report.assigned_to or 0)
        shown.append(
            SimpleNamespace(
                id=report.id,
                post=about[0],
                others=about[1:],
                reason=report.comment,
                sort=say(request, _SORTS[report.category]),
                rules=[known[each].text for each in report.rule_ids if each in known],
                reporter=views.actor(reporter, names) if reporter and local else None,
                agency=None if local else names.get(report.host, report.host),
                reported=report.opened_at,
                forwarded=report.forwarded,
                taken_by=views.actor(taken_by, names) if taken_by else None,
                is_mine=_is_mine(request, report),
                resolved_there=report.outcome == reporting.RESOLVED_THERE,
            )
        )
    return shown


def _is_mine(request: web.Request, report: Report) -> bool:
    session = request[SESSION]
    return session is not None and report.assigned_to == session.member.id


def _about(
    request: web.Request,
    report: Report,
    entries: dict[int, Entry],
    people: dict[int, Actor],
    names: Names,
) -> list[PostView]:
    if report.posts:
        return rows_of(
            request, [entries[each] for each in report.posts if each in entries], names
        )
    person = people.get(report.target_id or 0)
    return [_profile(person, names)] if person else []


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
