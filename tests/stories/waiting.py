"""What the town's people write for later, and whether it was published once when it was due."""

from datetime import timedelta

from tests.stories import life
from tests.stories.deeds import is_not, is_so
from tests.stories.town import Town

_AHEAD = timedelta(minutes=10)


async def has_something_due(town: Town, step: str) -> object:
    """Have mia write something for later, and its time come."""
    said, title = None, _title(step)
    sql = (
        "SELECT (SELECT count(*) FROM posts WHERE title = $1) "
        "+ (SELECT count(*) FROM scheduled_posts WHERE params ->> 'title' = $1)"
    )
    if not await life.value(town.home, sql, title):
        at = (town.clock.now() + _AHEAD).strftime("%Y-%m-%dT%H:%M")
        form = {"kind": "question", "title": title, "body": "Later.", "act": "post", "at": at}
        said = await town.mia.submit(f"/c/reviews@{town.peer.host}/ask", form)
    await town.calm()
    town.clock.turn(_AHEAD)
    await town.start_again()
    return said


async def is_published_once(town: Town, step: str) -> bool:
    published = await is_so("posts WHERE title = $1", _title(step))(town, step)
    return published and await is_not("scheduled_posts")(town, step)


def _title(step: str) -> str:
    return f"Later at {step}?"
