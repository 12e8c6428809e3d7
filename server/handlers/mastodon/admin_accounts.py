"""People, for moderators from clients: list, suspend, let in again (admin/accounts)."""

from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from schemas.records import ActorKind, Role
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.admin_entities import admin_accounts
from server.handlers.mastodon.answers import Page, entity, id_in, number, page_of, plain
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.statuses import missing
from server.middleware import CONTEXT
from server.services import reporting
from server.services.errors import Conflict, Invalid, NotAllowed
from server.storage import moderated
from server.storage.moderated import Wanted

MOST: Final = 200
USUAL: Final = 100
_STAFF: Final = frozenset({"staff"})
_NOBODY_WAITS: Final = (
    "Nobody waits for approval here: who signs up was invited, or needs none."
)
_NOT_DELETED_HERE: Final = "An account is deleted by its member, or by the operator."
_NO_HALVES: Final = "There is no such limit here: a person is suspended, or not."


class _Listed(Page):
    """What the second version asks by; what the first one says is turned into it."""

    origin: Maybe[str] = None
    status: Maybe[str] = None
    permissions: Maybe[str] = None
    role_ids: Many[str] = Field(default_factory=list)
    invited_by: Maybe[str] = None
    username: Maybe[str] = None
    display_name: Maybe[str] = None
    by_domain: Maybe[str] = None
    email: Maybe[str] = None
    ip: Maybe[str] = None


class _ListedV1(_Listed):
    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    sensitized: bool = False
    suspended: bool = False
    staff: bool = False


async def listed(request: web.Request) -> web.Response:
    """GET /api/v2/admin/accounts."""
    return await _page(request, await read(request, _Listed))


async def listed_v1(request: web.Request) -> web.Response:
    """GET /api/v1/admin/accounts: the same, asked by switches."""
    given = await read(request, _ListedV1)
    origin = [name for name in ("local", "remote") if getattr(given, name)]
    states = ("pending", "disabled", "silenced", "sensitized", "suspended", "active")
    status = next((name for name in states if getattr(given, name)), given.status)
    return await _page(
        request,
        given.model_copy(
            update={
                "origin": origin[0] if len(origin) == 1 else given.origin,
                "status": status,
                "permissions": "staff" if given.staff else given.permissions,
            }
        ),
    )


async def _page(request: web.Request, given: _Listed) -> web.Response:
    context = request.app[CONTEXT]
    # Nobody is pending, disabled, silenced here, and we keep no addresses to find people by.
    if given.email or given.ip or given.status not in {None, "active", "suspended"}:
        return plain([])
    window = given.window_of_ids(given.at_most(MOST, USUAL))
    async with context.database.reading() as tx:
        found = await moderated.listed(tx, _wanted(given), window)
        made = await admin_accounts(tx, context, found)
    return page_of(request, [made[each.actor.id] for each in found])


def _wanted(given: _Listed) -> Wanted:
    roles = list(Role)
    return Wanted(
        local={"local": True, "remote": False}.get(given.origin or ""),
        suspended={"suspended": True, "active": False}.get(given.status or ""),
        staff=given.permissions in _STAFF,
        roles=tuple(
            roles[found]
            for each in given.role_ids
            if (found := number(each)) is not None and found < len(roles)
        ),
        username=given.username,
        display_name=given.display_name,
        host=given.by_domain.lower() if given.by_domain else None,
        invited_by=number(given.invited_by),
    )


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/admin/accounts/{id}."""
    return await _shown(request)


async def _shown(request: web.Request) -> web.Response:
    context, wanted = request.app[CONTEXT], id_in(request)
    async with context.database.reading() as tx:
        found = (await moderated.by_id(tx, [wanted])).get(wanted)
        if found is None or found.actor.kind is not ActorKind.PERSON or found.actor.deleted_at:
            raise missing()
        return entity((await admin_accounts(tx, context, [found]))[wanted])


class _Action(Parameters):
    type: Literal["none", "sensitive", "disable", "silence", "suspend"] = "none"
    report_id: Maybe[str] = None
    text: str = ""


async def act(request: web.Request) -> web.Response:
    """POST /api/v1/admin/accounts/{id}/action: suspend; with a report, close that with it."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    given = await read(request, _Action)
    if given.type not in {"none", "suspend"}:
        raise Invalid({"type": _NO_HALVES}, reason="not-offered")
    await _shown(request)
    report_id = await _report_about(request, given.report_id, wanted)
    outcome = "kept"
    if given.type == "suspend":
        outcome = "suspended"
        await reporting.suspend(context, member, wanted, suspended=True, reason=given.text)
    if report_id is not None:
        await reporting.close(context, member, report_id, outcome, reason=given.text)
    return plain({})


async def _report_about(request: web.Request, text: str | None, target: int) -> int | None:
    """Find the report that leads to an action: an open one about that very person."""
    if text is None:
        return None
    async with request.app[CONTEXT].database.reading() as tx:
        report = await reporting.find(tx, number(text) or 0)
    if report.target_id != target:
        raise missing()
    if report.closed_at is not None:
        raise Conflict("report-closed", "Somebody has settled this report already.")
    return report.id


async def unsuspend(request: web.Request) -> web.Response:
    """POST /api/v1/admin/accounts/{id}/unsuspend; who is not suspended stays so."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    try:
        await reporting.suspend(context, member, wanted, suspended=False, reason="")
    except Conflict as conflict:
        if conflict.reason != "nothing-to-change":
            raise
    return await _shown(request)


async def nothing_to_lift(request: web.Request) -> web.Response:
    """POST …/{enable,unsilence,unsensitive}: nobody is limited so here, and nobody is now."""
    return await _shown(request)


async def nobody_waits(request: web.Request) -> web.Response:
    """POST …/{approve,reject}."""
    await _shown(request)
    raise NotAllowed("nobody-waits", _NOBODY_WAITS)


async def delete(request: web.Request) -> web.Response:
    """DELETE /api/v1/admin/accounts/{id}."""
    await _shown(request)
    raise NotAllowed("not-deleted-here", _NOT_DELETED_HERE)
