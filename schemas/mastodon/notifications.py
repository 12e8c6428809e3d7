"""Notification, alone and in groups (client-api.md 7)."""

from typing import Any

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity, Moment, Numbered
from schemas.mastodon.statuses import Status


class SeveranceEvent(Entity):
    """An agency was blocked, and what a member lost by it."""

    id: str
    type: str = "domain_block"
    purged: bool = False
    target_name: str
    followers_count: int = 0
    following_count: int = 0
    created_at: Moment


class Notification(Numbered):
    type: str
    created_at: Moment
    group_key: str
    account: Account
    status: Status | None = None
    event: SeveranceEvent | None = None


class NotificationGroup(Entity):
    """Some of one kind about one thing; the most recent id is a number, not a text."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: int
    page_min_id: str
    page_max_id: str
    latest_page_notification_at: Moment
    sample_account_ids: tuple[str, ...]
    status_id: str | None = None
    event: SeveranceEvent | None = None


class GroupedNotifications(Entity):
    accounts: tuple[Account, ...]
    partial_accounts: tuple[Any, ...] = ()
    statuses: tuple[Status, ...]
    notification_groups: tuple[NotificationGroup, ...]


class NotificationPolicy(Entity):
    for_not_following: str = "accept"
    for_not_followers: str = "accept"
    for_new_accounts: str = "accept"
    for_private_mentions: str = "accept"
    for_limited_accounts: str = "accept"
    summary: dict[str, int]


class WebPushSubscription(Entity):
    """Where a program is told of notifications; the id is a number, not a text."""

    id: int
    endpoint: str
    standard: bool
    alerts: dict[str, bool]
    policy: str
    server_key: str
