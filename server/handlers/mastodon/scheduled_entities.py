"""Posts that wait for their time, as clients show them (client-api.md 6)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from schemas.mastodon.scheduled import ScheduledParams, ScheduledPoll, ScheduledStatus
from server.context import Context
from server.handlers.mastodon import media_entities
from server.services import scheduling
from server.services.scheduling import Thread
from server.storage import media
from server.storage.database import Transaction
from server.storage.media import Medium
from server.storage.scheduled import Form, Scheduled

_VISIBILITIES: Final = frozenset({"public", "unlisted", "private", "direct"})
_QUOTERS: Final = frozenset({"public", "followers", "nobody"})


async def entities_of(
    tx: Transaction, context: Context, found: Sequence[Scheduled]
) -> list[ScheduledStatus]:
    """Make their entities, the files of all of them in one statement."""
    files = await media.of_scheduled(tx, [each.id for each in found]) if found else {}
    return [_entity(context, each, files.get(each.id, [])) for each in found]


def _entity(context: Context, of: Scheduled, files: Sequence[Medium]) -> ScheduledStatus:
    params = of.params if of.form is Form.STATUS else _as_client(of.params)
    return ScheduledStatus(
        id=str(of.id),
        scheduled_at=of.due_at,
        params=_params(params, scheduling.text_of(of), of.key, files),
        media_attachments=tuple(media_entities.brought(context, each) for each in files),
    )


def _params(
    given: Mapping[str, Any], text: str, key: str | None, files: Sequence[Medium]
) -> ScheduledParams:
    poll = given.get("poll")
    visibility, quoters = given.get("visibility"), given.get("quote_approval_policy")
    return ScheduledParams(
        text=text,
        poll=_poll(poll) if poll else None,
        media_ids=tuple(str(each.id) for each in files),
        sensitive=given.get("sensitive"),
        spoiler_text=given.get("spoiler_text"),
        visibility=visibility if visibility in _VISIBILITIES else "public",
        language=given.get("language"),
        in_reply_to_id=given.get("in_reply_to_id"),
        quoted_status_id=given.get("quoted_status_id"),
        quote_approval_policy=quoters if quoters in _QUOTERS else "public",
        idempotency=key,
    )


def _poll(given: Mapping[str, Any]) -> ScheduledPoll:
    return ScheduledPoll(
        options=tuple(given["options"]),
        expires_in=given["expires_in"],
        multiple=given["multiple"],
        hide_totals=given.get("hide_totals", False),
    )


def _as_client(params: Mapping[str, Any]) -> dict[str, Any]:
    """Say what was written on a page as a client would have said it."""
    of = Thread.model_validate(params)
    poll = None
    if of.poll is not None:
        poll = {
            "options": of.poll.choices,
            "expires_in": of.poll.hours * 3600,
            "multiple": of.poll.several,
        }
    return {
        "poll": poll,
        "quoted_status_id": str(of.quotes) if of.quotes else None,
    }
