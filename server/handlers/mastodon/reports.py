"""Reports from clients: about a person, with posts of theirs, and of what sort (Mastodon's)."""

from aiohttp import web
from pydantic import Field

from schemas.mastodon.reports import Report as ReportEntity
from server.context import BOOST, Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity, number
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.statuses import missing
from server.middleware import CONTEXT
from server.services import flagging
from server.services.flagging import Complaint
from server.storage import desk
from server.storage.database import Transaction
from server.storage.reports import Category, Report


class _Report(Parameters):
    account_id: Maybe[str] = None
    status_ids: Many[str] = Field(default_factory=list)
    comment: str = ""
    forward: bool = False
    category: Maybe[Category] = None
    rule_ids: Many[str] = Field(default_factory=list)


async def report(request: web.Request) -> web.Response:
    """POST /api/v1/reports; what is open already is answered with what it is."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Report)
    complaint = Complaint(
        comment=given.comment,
        person_id=_id(given.account_id) if given.account_id is not None else None,
        post_ids=tuple(_id(each) & ~BOOST for each in given.status_ids),
        category=_category(given),
        rule_ids=tuple(_id(each) for each in given.rule_ids),
        forward=given.forward,
    )
    kept, _ = await flagging.complain(context, member, complaint)
    async with context.database.reading() as tx:
        return entity(await _shown(tx, context, kept))


def _category(given: _Report) -> Category:
    # Who names rules says by that of what sort it is.
    if given.rule_ids:
        return "violation"
    return given.category or "other"


def _id(text: str) -> int:
    found = number(text)
    if found is None:
        raise missing()
    return found


async def _shown(tx: Transaction, context: Context, of: Report) -> ReportEntity:
    target_id = of.target_id or 0
    target = (await desk.actors_by_id(tx, [target_id]))[target_id]
    return ReportEntity(
        id=str(of.id),
        action_taken=of.closed_at is not None,
        action_taken_at=of.closed_at,
        category=of.category,
        comment=of.comment,
        forwarded=of.forwarded,
        created_at=of.opened_at,
        status_ids=tuple(str(each) for each in of.posts),
        rule_ids=tuple(str(each) for each in of.rule_ids),
        target_account=(await accounts(tx, context, [target]))[target_id],
    )
