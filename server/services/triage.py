"""What moderators do with a report beside closing it: take it, sort it, open it again."""

from collections.abc import Awaitable, Callable, Sequence

from server.context import Context
from server.services import reporting
from server.services.errors import Conflict, Invalid
from server.storage import audit, reports, rules
from server.storage.database import Transaction
from server.storage.reports import Category, Report
from server.storage.sessions import SignedIn

_Change = Callable[[Transaction, Report], Awaitable[bool]]


async def take(context: Context, member: SignedIn, report_id: int) -> None:
    """Look at a report oneself; the other moderators see it.

    Raises:
        NotAllowed: "not-a-moderator".
        NotFound: "report-not-found".
    """

    async def change(tx: Transaction, report: Report) -> bool:
        return await reports.assign(tx, report.id, to=member.member.id, now=context.now())

    await _changed(context, member, report_id, "take-report", change)


async def leave(context: Context, member: SignedIn, report_id: int) -> None:
    """Leave a report to whoever takes it.

    Raises:
        As `take`.
    """

    async def change(tx: Transaction, report: Report) -> bool:
        return await reports.assign(tx, report.id, to=None, now=context.now())

    await _changed(context, member, report_id, "leave-report", change)


async def reopen(context: Context, member: SignedIn, report_id: int) -> None:
    """Open a report again that was closed.

    Raises:
        As `take`.
        Conflict: "reported-anew": its reporter says the same in an open one.
    """

    async def change(tx: Transaction, report: Report) -> bool:
        if report.closed_at is None:
            return False
        if not await reports.reopen(tx, report.id, now=context.now()):
            raise Conflict("reported-anew", "The same was reported anew, and that is open.")
        return True

    await _changed(context, member, report_id, "reopen-report", change)


async def sort(
    context: Context,
    member: SignedIn,
    report_id: int,
    category: Category,
    rule_ids: Sequence[int],
) -> None:
    """Say of what sort a report is, and which rules it is about.

    Raises:
        As `take`.
        Invalid: field rule_ids.
    """
    wanted = tuple(dict.fromkeys(rule_ids))

    async def change(tx: Transaction, report: Report) -> bool:
        if len(await rules.by_id(tx, wanted)) != len(wanted):
            raise Invalid({"rule_ids": "There is no such rule."})
        return await reports.sort(
            tx, report.id, category=category, rule_ids=wanted, now=context.now()
        )

    await _changed(context, member, report_id, "sort-report", change, reason=category)


async def _changed(
    context: Context,
    member: SignedIn,
    report_id: int,
    act: str,
    change: _Change,
    *,
    reason: str = "",
) -> None:
    """Change a report and log it; what is so already is not said twice."""
    reporting.check_moderator(member)
    async with context.database.transaction("triage.change") as tx:
        report = await reporting.find(tx, report_id)
        if await change(tx, report):
            await audit.append(
                tx,
                actor=member.member.actor.uri,
                act=act,
                about=await reporting.uri_of(tx, report),
                reason=reason,
                now=context.now(),
            )
