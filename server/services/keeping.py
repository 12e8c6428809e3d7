"""What our actors did, as the row that is kept of it: the bytes that go out, and about what."""

from typing import Any

import orjson

from schemas.records import Actor, Visibility
from server.context import Context
from server.storage.activities import Sent


def row_of(
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    *,
    about: str,
    visibility: Visibility,
    post_id: int | None = None,
    community_id: int | None = None,
) -> Sent:
    uri = str(document["id"])
    return Sent(
        id=int(uri.rpartition("/")[2]),
        uri=uri,
        actor_id=actor.id,
        type=str(document["type"]),
        object_uri=about,
        post_id=post_id,
        community_id=community_id,
        visibility=visibility,
        document=orjson.dumps(document),
        published_at=context.now(),
    )
