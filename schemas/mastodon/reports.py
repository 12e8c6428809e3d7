"""Report: what a member told the moderators."""

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity, Moment


class Report(Entity):
    id: str
    action_taken: bool = False
    action_taken_at: Moment | None = None
    category: str
    comment: str
    forwarded: bool
    created_at: Moment
    status_ids: tuple[str, ...]
    rule_ids: tuple[str, ...] = ()
    collection_ids: tuple[str, ...] = ()
    target_account: Account
