"""Tell inboxes, those of blocked agencies left out, what an account of ours says or does."""

from collections.abc import Sequence
from typing import Any

from schemas.records import Actor, AgencyState, Visibility
from server.context import Context
from server.services import proving, sharing
from server.services.keeping import row_of
from server.services.targets import targets_of
from server.storage import activities, owed
from server.storage.database import Transaction
from server.storage.follows import Recipient


async def tell(
    tx: Transaction,
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    recipients: Sequence[Recipient],
) -> None:
    """Keep an activity and owe it to inboxes, in order with all else about the account.

    Blocked agencies are told nothing. All others had to do with the account before.
    """
    document = await proving.prove_first(tx, context, actor, document)
    sent = row_of(context, actor, document, about=actor.uri, visibility=Visibility.MEMBERS)
    states = await sharing.may_all_knock(tx, {each.host for each in recipients})
    told = [each for each in recipients if states[each.host] is not AgencyState.BLOCKED]

    await activities.add(tx, sent)
    if targets := targets_of(told):
        await owed.enqueue(tx, sent.id, targets, lane=actor.uri, now=context.now())
