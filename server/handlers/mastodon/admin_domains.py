"""Agencies, for moderators from clients: admitted and blocked (Mastodon's admin/domain_…)."""

from hashlib import sha256

from aiohttp import web

from schemas.mastodon.admin import AdminDomainAllow, AdminDomainBlock
from schemas.records import AgencyState
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.admin_accounts import MOST, USUAL
from server.handlers.mastodon.answers import Page, entity, id_in, page_of, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.handlers.mastodon.statuses import missing
from server.middleware import CONTEXT
from server.services import agencies as service
from server.services.errors import Invalid
from server.storage import agencies
from server.storage.agencies import Numbered

_ALL_OR_NOTHING = "An agency is blocked wholly here, or not at all: the severity is suspend."
_SAY_WHY = "Say why in public_comment: the agency is told, and everyone can read it."


async def admitted(request: web.Request) -> web.Response:
    """GET /api/v1/admin/domain_allows."""
    return page_of(
        request, [_allow(each) for each in await _listed(request, AgencyState.ADMITTED)]
    )


async def blocked(request: web.Request) -> web.Response:
    """GET /api/v1/admin/domain_blocks."""
    return page_of(
        request, [_block(each) for each in await _listed(request, AgencyState.BLOCKED)]
    )


async def _listed(request: web.Request, state: AgencyState) -> list[Numbered]:
    given = await read(request, Page)
    window = given.window_of_ids(given.at_most(MOST, USUAL))
    async with request.app[CONTEXT].database.reading() as tx:
        return await agencies.listed(tx, state, window)


async def show_admitted(request: web.Request) -> web.Response:
    """GET /api/v1/admin/domain_allows/{id}."""
    return entity(_allow(await _one(request, AgencyState.ADMITTED)))


async def show_blocked(request: web.Request) -> web.Response:
    """GET /api/v1/admin/domain_blocks/{id}."""
    return entity(_block(await _one(request, AgencyState.BLOCKED)))


async def _one(request: web.Request, state: AgencyState) -> Numbered:
    async with request.app[CONTEXT].database.reading() as tx:
        found = await agencies.numbered(tx, id_in(request))
    if found is None or found.agency.state is not state:
        raise missing()
    return found


class _Named(Parameters):
    domain: Maybe[str] = None


async def admit(request: web.Request) -> web.Response:
    """POST /api/v1/admin/domain_allows; once more, it is admitted already."""
    context, by = request.app[CONTEXT], signed_in(request).member.id
    host = await service.admit(context, (await read(request, _Named)).domain or "", by=by)
    return entity(_allow(await _named(request, host)))


class _Blocked(_Named):
    severity: Maybe[str] = None
    public_comment: Maybe[str] = None


async def block(request: web.Request) -> web.Response:
    """POST /api/v1/admin/domain_blocks."""
    given = await read(request, _Blocked)
    return await _blocked_as(request, given, given.domain or "")


async def change_block(request: web.Request) -> web.Response:
    """PUT /api/v1/admin/domain_blocks/{id}: give another reason."""
    given = await read(request, _Blocked)
    known = await _one(request, AgencyState.BLOCKED)
    kept = given.model_copy(
        update={"public_comment": given.public_comment or known.agency.reason}
    )
    return await _blocked_as(request, kept, known.agency.host)


async def _blocked_as(request: web.Request, given: _Blocked, host: str) -> web.Response:
    context, by = request.app[CONTEXT], signed_in(request).member.id
    wrong = {}
    if given.severity not in {None, "suspend"}:
        wrong["severity"] = _ALL_OR_NOTHING
    if not given.public_comment:
        wrong["public_comment"] = _SAY_WHY
    if wrong:
        raise Invalid(wrong)
    host = await service.block(context, host, by=by, reason=given.public_comment or "")
    return entity(_block(await _named(request, host)))


async def _named(request: web.Request, host: str) -> Numbered:
    async with request.app[CONTEXT].database.reading() as tx:
        found = await agencies.numbered_of(tx, host)
    if found is None:
        raise missing()
    return found


async def dismiss(request: web.Request) -> web.Response:
    """DELETE /api/v1/admin/domain_allows/{id}: admitted no longer, and not blocked."""
    return await _undo(request, AgencyState.ADMITTED)


async def unblock(request: web.Request) -> web.Response:
    """DELETE /api/v1/admin/domain_blocks/{id}: blocked no longer, and not admitted."""
    return await _undo(request, AgencyState.BLOCKED)


async def _undo(request: web.Request, state: AgencyState) -> web.Response:
    context, by = request.app[CONTEXT], signed_in(request).member.id
    known = await _one(request, state)
    await service.undecide(context, known.agency.host, by=by)
    return plain({})


def _allow(of: Numbered) -> AdminDomainAllow:
    return AdminDomainAllow(
        id=str(of.id),
        domain=of.agency.host,
        created_at=of.agency.decided_at or of.agency.knocked_at,
    )


def _block(of: Numbered) -> AdminDomainBlock:
    return AdminDomainBlock(
        id=str(of.id),
        domain=of.agency.host,
        digest=digest_of(of.agency.host),
        created_at=of.agency.decided_at or of.agency.knocked_at,
        public_comment=of.agency.reason or None,
    )


def digest_of(host: str) -> str:
    return sha256(host.encode()).hexdigest()
