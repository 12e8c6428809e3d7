"""Polls of ours in the scene of the inbox, and votes that peers send."""

from typing import Any

from schemas.records import PostFacts
from server.services import polls
from server.services.polls import PollDraft
from server.services.posts import Draft
from tests.door import Sender
from tests.inbox_scene import Scene

END = "2026-03-09T09:00:00Z"  # a week after the clock's start


async def start(
    scene: Scene,
    community: int,
    name: str,
    *choices: str,
    several: bool = False,
    hours: int = 168,
) -> PostFacts:
    """Start a poll as one of ours; CSV or JSON, where nothing else is asked."""
    draft = PollDraft(
        words=Draft(title="Which format?", source="We publish *weekly*."),
        choices=choices or ("CSV", "JSON"),
        several=several,
        hours=hours,
    )
    return await polls.start(scene.here.context, await scene.signed_in(name), community, draft)


def ballot(scene: Scene, voter: Sender, poll: str, choice: str) -> dict[str, Any]:
    """Write a vote as Mastodon does: a Note with a name and without words."""
    return {
        "id": f"{voter.uri}#votes/{next(scene.numbers)}",
        "type": "Note",
        "attributedTo": voter.uri,
        "inReplyTo": poll,
        "name": choice,
        "to": [poll.rpartition("/p/")[0]],
    }


def asked(scene: Scene, author: Sender, community: str, **more: object) -> dict[str, Any]:
    """Write a poll of a peer's author."""
    told = scene.post(author, community)
    said = {
        "type": "Question",
        "content": "<p>Which format?</p><p>We publish weekly.</p>",
        "oneOf": [counted("CSV", 1), counted("JSON", 2)],
        "endTime": END,
        "votersCount": 3,
    }
    del told["name"]
    told |= said | more
    scene.peer.publishes(told["id"], **told)
    return told


def counted(name: str, votes: object) -> dict[str, Any]:
    return {
        "type": "Note",
        "name": name,
        "replies": {"type": "Collection", "totalItems": votes},
    }


async def figures(scene: Scene, uri: str) -> dict[str, int]:
    rows = await scene.fetch(
        "SELECT c.name, c.votes FROM poll_choices c JOIN posts p ON p.id = c.post_id "
        "WHERE p.uri = $1 ORDER BY c.position",
        uri,
    )
    return {str(name): int(votes) for name, votes in rows}
