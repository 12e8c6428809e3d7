"""Reports, for moderators from clients: read, take, sort, close (Mastodon's admin/reports)."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from schemas.mastodon.admin import Category
from server.context import Context
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.admin_accounts import MOST, USUAL
from server.handlers.mastodon.admin_entities import admin_reports
from server.handlers.mastodon.answers import Page, entity, id_in, number, page_of
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.statuses import reader_of
from server.middleware import CONTEXT
from server.services import reporting, triage
from server.services.errors import Conflict
from server.storage import reports
from server.storage.reports import Wanted
from server.storage.sessions import SignedIn


class _Listed(Page):
    resolved: bool = False
    account_id: Maybe[str] = None
    target_account_id: Maybe[str] = None
    by_target_domain: Maybe[str] = None


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/admin/reports: those that are open, or with `resolved` those that are not."""
    context, given = request.app[CONTEXT], await read(request, _Listed)
    host = given.by_target_domain.lower() if given.by_target_domain else None
    wanted = Wanted(
        closed=given.resolved,
        reporter_id=_only(given.account_id),
        target_id=_only(given.target_account_id),
        target_host="" if host == context.home.authority else host,
    )
    window = given.window_of_ids(given.at_most(MOST, USUAL))
    async with context.database.reading() as tx:
        found = await reports.listed(tx, wanted, window)
        made = await admin_reports(tx, context, reader_of(request), found)
    return page_of(request, made)


def _only(text: str | None) -> int | None:
    # What is no id of anything is nobody's, not everybody's.
    return None if text is None else number(text) or 0


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/admin/reports/{id}."""
    return await _shown(request)


async def _shown(request: web.Request) -> web.Response:
    context, wanted = request.app[CONTEXT], id_in(request)
    async with context.database.reading() as tx:
        found = await reporting.find(tx, wanted)
        [made] = await admin_reports(tx, context, reader_of(request), [found])
    return entity(made)


class _Sorted(Parameters):
    category: Maybe[Category] = None
    rule_ids: Many[str] | None = None


async def sort(request: web.Request) -> web.Response:
    """PUT /api/v1/admin/reports/{id}: of what sort it is, and against which rules."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    given = await read(request, _Sorted)
    async with context.database.reading() as tx:
        before = await reporting.find(tx, wanted)
    category = given.category or before.category
    rule_ids = before.rule_ids if category == "violation" else ()
    if given.rule_ids is not None and category == "violation":
        rule_ids = tuple(number(each) or 0 for each in given.rule_ids)
    await triage.sort(context, member, wanted, category, rule_ids)
    return await _shown(request)


async def take(request: web.Request) -> web.Response:
    """POST /api/v1/admin/reports/{id}/assign_to_self."""
    return await _do(request, triage.take)


async def leave(request: web.Request) -> web.Response:
    """POST /api/v1/admin/reports/{id}/unassign."""
    return await _do(request, triage.leave)


async def reopen(request: web.Request) -> web.Response:
    """POST /api/v1/admin/reports/{id}/reopen."""
    return await _do(request, triage.reopen)


async def resolve(request: web.Request) -> web.Response:
    """POST /api/v1/admin/reports/{id}/resolve: nothing more is to be done."""

    async def close(context: Context, member: SignedIn, report_id: int) -> None:
        try:
            await reporting.close(context, member, report_id, "resolved")
        except Conflict as conflict:
            if conflict.reason != "report-closed":
                raise

    return await _do(request, close)


async def _do(
    request: web.Request, act: Callable[[Context, SignedIn, int], Awaitable[None]]
) -> web.Response:
    await act(request.app[CONTEXT], signed_in(request), id_in(request))
    return await _shown(request)
