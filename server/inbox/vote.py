"""Somebody votes in a poll of ours, in PieFed's own form."""

from federation.translate.incoming import piefed_vote_from
from server.context import Context
from server.services import votes
from server.services.arrived import Arrived, Dispatch


async def on_poll_vote(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Count the vote (wire.md 1.3); everybody else sends a Create."""
    await votes.take(context, arrived, [piefed_vote_from(arrived.activity, now=context.now())])
