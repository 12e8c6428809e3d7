"""Which inboxes copies go to: one for all followers at a server, where it has one."""

from collections.abc import Iterable
from functools import lru_cache

from federation.audience import Recipient, fold_inboxes
from server.storage import follows
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
