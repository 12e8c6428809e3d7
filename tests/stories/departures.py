"""What the town's people do with their accounts: move, take along, bring, and go."""

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp

from server.services import archives
from server.storage import moves
from tests.instance import PASSWORD, Browser
from tests.stories import life
from tests.stories.town import Town, signs_up

_LEA: Final = "lea"


async def lea_is_here(town: Town) -> None:
    """Let lea sign up, if she has not, and pat at the peer name her account as his."""
    there = "SELECT true FROM actors WHERE name = $1"
    if not await life.value(town.home, there, _LEA):
        await signs_up(town.browser(), _LEA)
    uri = await life.value(town.home, "SELECT uri FROM actors WHERE name = $1", _LEA)
    pat = await life.value(town.peer, "SELECT id FROM actors WHERE name = 'pat'")
    async with town.peer.database.transaction("test") as tx:
        await moves.name_others(tx, pat, (uri,))


def lea_sends(path: str, **fields: str) -> Callable[[Town, str], Awaitable[object]]:
    """Have lea sign in and send a form; {host} in it is the peer's."""

    async def send(town: Town, _step: str) -> object:
        lea = await _signed_in(town)
        form = {name: text.format(host=town.peer.host) for name, text in fields.items()}
        return await lea.submit(path, form)

    return send


async def _signed_in(town: Town) -> Browser:
    lea = town.browser()
    await lea.sign_in(_LEA)
    return lea


async def fetches_archive(town: Town, _step: str) -> None:
    found = await life.value(
        town.home, "SELECT max(id) FROM account_jobs WHERE kind = 'export' AND state = 'done'"
    )
    url = f"{town.home.origin}/settings/archives/{found}"
    async with town.mia.client.get(url) as answer:
        await answer.read()


async def brings_archive(town: Town, _step: str) -> None:
    """Bring an archive that lists sam of the peer, whom mia may follow already."""
    rows = [(f"sam@{town.peer.host}", f"{town.peer.origin}/@sam")]
    listed = archives.table(("Account address", "Address"), rows)
    form = aiohttp.FormData({"csrf": await town.mia.token("/settings/archive")})
    raw = archives.packed({"follows.csv": listed})
    form.add_field("archive", raw, filename="archive.zip", content_type="application/zip")
    await town.mia.request("POST", "/settings/archive/bring", data=form)


async def lea_has_lived(town: Town) -> None:
    """Let lea belong to a community of the peer, ask there, and thank somebody."""
    await lea_is_here(town)
    lea = await _signed_in(town)
    reviews = f"reviews@{town.peer.host}"
    await lea.get(f"/find?q=!{reviews}")
    await lea.submit(f"/c/{reviews}/join")
    await town.calm()
    await life.asks_in(lea, reviews, "Will I be missed?", "I wonder.")
    answer = await life.path_at(town.home, town.kept["answer"])
    await lea.submit(f"{answer}/helpful", {"on": "yes"})
    await town.calm()


async def lea_goes(town: Town, step: str) -> None:
    await lea_sends("/settings/delete", sure="yes", password=PASSWORD)(town, step)


async def lea_is_gone(town: Town, _step: str) -> bool:
    """Look whether nothing but her name is left, and the worker has nothing more to do."""
    done = await town.count("account_jobs WHERE kind = 'ending' AND state = 'done'")
    if not done:
        town.clock.turn(life.MINUTE)
    return bool(done)
