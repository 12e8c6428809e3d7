"""What the town's people do with polls, and when each hears how one stands."""

from contextlib import suppress
from datetime import timedelta

from server.services import polls
from server.services.errors import Conflict
from server.services.polls import PollDraft
from server.services.posts import Draft
from tests.stories import life
from tests.stories.deeds import is_so
from tests.stories.town import Town


async def keeps_poll(town: Town) -> None:
    """Have sam ask all of "reviews" what they prefer."""
    sam = await life.signed_in(town.peer.context, "sam")
    reviews = await life.value(town.peer, "SELECT id FROM actors WHERE name = 'reviews'")
    draft = PollDraft(
        words=Draft(title="Tea or coffee?", source=""),
        choices=("Tea", "Coffee"),
        several=False,
        hours=720,
    )
    poll = await polls.start(town.peer.context, sam, reviews, draft)
    town.kept["poll"] = poll.uri


async def has_poll_voted_in(town: Town, step: str) -> None:
    """Have mia start a poll, sam vote in it, and the time come to say how it stands."""
    uri = await _poll_of_mia(town, step, hours=720)
    if uri is None:
        return
    sam = await life.signed_in(town.peer.context, "sam")
    poll = await life.post_at(town.peer, uri)
    with suppress(Conflict):
        await polls.vote(town.peer.context, sam, poll.id, [0])
    await town.calm()
    town.clock.turn(timedelta(minutes=4))
    await town.start_again()


async def has_told_results(town: Town, step: str) -> bool:
    told = "polls o JOIN posts p ON p.id = o.post_id WHERE p.title = $1 AND NOT o.is_due"
    return await is_so(f"{told} AND o.voters = 1", f"Tea at {step}?")(town, step)


async def has_poll_that_ends(town: Town, step: str) -> None:
    await _poll_of_mia(town, step, hours=1)
    town.clock.turn(timedelta(hours=1))
    await town.start_again()


async def has_ended_poll(town: Town, step: str) -> bool:
    told = "polls o JOIN posts p ON p.id = o.post_id WHERE p.title = $1"
    return await is_so(f"{told} AND o.settled_at IS NOT NULL", f"Tea at {step}?")(town, step)


async def _poll_of_mia(town: Town, step: str, *, hours: int) -> str | None:
    """Give the poll's id once both agencies have it."""
    title = f"Tea at {step}?"
    sql = "SELECT uri FROM posts WHERE title = $1"
    if not await life.value(town.home, sql, title):
        form = {"title": title, "choices": "Yes\nNo", "hours": str(hours), "act": "post"}
        await town.mia.submit(f"/c/reviews@{town.peer.host}/poll", form)
    await town.calm()
    uri: str | None = await life.value(town.peer, sql, title)
    return uri
