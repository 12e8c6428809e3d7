"""Posts that wait for their time, as clients read them (client-api.md 6)."""

from typing import Literal

from schemas.mastodon.entity import Entity, Moment, Numbered
from schemas.mastodon.statuses import MediaAttachment, Visibility


class ScheduledPoll(Entity):
    options: tuple[str, ...]
    expires_in: int
    multiple: bool
    hide_totals: bool


class ScheduledParams(Entity):
    """What is to be sent then.

    `application_id` is a number that clients "can ignore"; ours are larger than many read.
    """

    text: str
    poll: ScheduledPoll | None
    media_ids: tuple[str, ...]
    sensitive: bool | None
    spoiler_text: str | None
    visibility: Visibility
    language: str | None
    scheduled_at: None = None
    in_reply_to_id: str | None
    quoted_status_id: str | None
    quote_approval_policy: Literal["public", "followers", "nobody"]
    idempotency: str | None
    application_id: Literal[0] = 0
    with_rate_limit: Literal[False] = False


class ScheduledStatus(Numbered):
    scheduled_at: Moment
    params: ScheduledParams
    media_attachments: tuple[MediaAttachment, ...]
