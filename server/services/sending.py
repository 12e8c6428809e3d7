"""What is kept of an activity goes out: to single actors, or to those who follow somebody."""

from collections.abc import Sequence

from schemas.records import Actor, Visibility
from server.context import Context
from server.services.sharing import may_all_knock, may_send
from server.services.targets import targets_of
from server.storage import follows, owed
from server.storage.activities import Sent
from server.storage.database import Transaction


def at_home(people: Sequence[Actor]) -> list[follows.Recipient]:
    return [
        follows.Recipient(
            inbox=each.inbox, shared_inbox=each.shared_inbox, host=each.host, software=None
        )
        for each in people
        if not each.local and each.inbox is not None
    ]


async def allowed(
    tx: Transaction,
    context: Context,
    found: list[follows.Recipient],
    *,
    public: bool,
    unadmitted: bool = False,
) -> list[follows.Recipient]:
    if not found:
        return []
    states = await may_all_knock(tx, {each.host for each in found})
    return [
        each
        for each in found
        if may_send(context, states[each.host], public=public)
        or (unadmitted and states[each.host] is not None)
    ]


async def send(
    tx: Transaction,
    context: Context,
    sent: Sent,
    receivers: Sequence[Actor],
    *,
    lane: str,
    unadmitted: bool = False,
) -> None:
    """Enqueue for single actors elsewhere, as far as their agencies may get it.

    `unadmitted` lets the answers to a knock (Accept, Reject) out to whoever knocked.
    """
    public = sent.visibility is Visibility.PUBLIC
    found = at_home(receivers)
    group = await allowed(tx, context, found, public=public, unadmitted=unadmitted)
    await enqueue(tx, context, sent, group, lane=lane)


async def enqueue(
    tx: Transaction,
    context: Context,
    sent: Sent,
    recipients: Sequence[follows.Recipient],
    *,
    lane: str,
) -> None:
    targets = targets_of(recipients)
    if targets:
        await owed.enqueue(tx, sent.id, targets, lane=lane, now=context.now())
