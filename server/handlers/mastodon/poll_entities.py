"""Polls as clients show them: how they stand is for who voted, or asked, or comes later."""

from collections.abc import Sequence
from datetime import datetime

from schemas.mastodon.statuses import Poll, PollOption
from schemas.records import Post
from server.services.polls import is_open


def poll_entity(
    of: Post, chosen: Sequence[int], reader: int | None, now: datetime
) -> Poll | None:
    """Show the poll of a post that is one; `chosen` are places of what the reader chose."""
    poll = of.poll
    if poll is None:
        return None
    expired = not is_open(poll, now)
    own = reader == of.facts.author_id
    shows = bool(chosen) or own or expired
    votes = sum(choice.votes for choice in poll.choices)
    return Poll(
        id=str(of.facts.id),
        expires_at=poll.closed_at or poll.closes_at,
        expired=expired,
        multiple=poll.several,
        votes_count=votes if shows else 0,
        voters_count=poll.voters,
        voted=bool(chosen) or own,
        own_votes=tuple(chosen),
        options=tuple(
            PollOption(title=choice.name, votes_count=choice.votes if shows else None)
            for choice in poll.choices
        ),
    )
