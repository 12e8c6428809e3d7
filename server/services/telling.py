"""Tell inboxes what an account of ours says of itself: that it moved, came back, or is gone."""

from collections.abc import Sequence
from typing import Any

import orjson

from schemas.records import Actor, AgencyState, Visibility
from server.context import Context
from server.services import proving, sharing
from server.services.targets import targets_of
from server.storage import activities, owed
from server.storage.activities import Sent
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
    uri = str(document["id"])
    sent = Sent(
        id=int(uri.rpartition("/")[2]),
        uri=uri,
        actor_id=actor.id,
        type=str(document["type"]),
        object_uri=actor.uri,
        post_id=None,
        community_id=None,
        visibility=Visibility.MEMBERS,
        document=orjson.dumps(document),
        published_at=context.now(),
    )
    states = await sharing.may_all_knock(tx, {each.host for each in recipients})
    told = [each for each in recipients if states[each.host] is not AgencyState.BLOCKED]

    await activities.add(tx, sent)
    if targets := targets_of(told):
        await owed.enqueue(tx, sent.id, targets, lane=actor.uri, now=context.now())
