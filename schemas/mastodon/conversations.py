"""Conversation: a private thread as one member has it (client-api.md 4)."""

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity
from schemas.mastodon.statuses import Status


class Conversation(Entity):
    id: str
    unread: bool
    accounts: tuple[Account, ...]
    last_status: Status | None
