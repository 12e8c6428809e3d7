"""Which inboxes copies go to: one for all followers at a server, if it can use the copy."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from federation.audience import Recipient, fold_inboxes
from federation.programs import takes
from schemas.records import Actor
from server.storage import agencies, follows
from server.storage.database import Transaction
from server.storage.owed import Target


def targets_of(recipients: Iterable[follows.Recipient]) -> list[Target]:
    targets = {
        _inbox(each.inbox, each.shared_inbox, each.host): each.host for each in recipients
    }
    return [Target(inbox=inbox, host=host) for inbox, host in targets.items()]


# The same followers get the next post, too.
@lru_cache(maxsize=8192)
def _inbox(inbox: str, shared_inbox: str | None, host: str) -> str:
    [folded] = fold_inboxes([Recipient(inbox=inbox, shared_inbox=shared_inbox, host=host)])
    return folded


async def is_taken(tx: Transaction, receiver: Actor, document: dict[str, Any]) -> bool:
    """Say whether the program where an actor lives makes anything of an activity."""
    agency = await agencies.find(tx, receiver.host)
    software = agency.software if agency else None
    return takes(software, document, inbox=receiver.inbox or receiver.uri)
