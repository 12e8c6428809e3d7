"""What people do in the town that is killed, and what they look at before they try again."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from zlib import crc32

from federation.signatures import sign
from federation.signatures.keys import generate_rsa
from schemas.records import AgencyState, Kind, Role
from server.services import communities, people, posts, stewardship
from server.services.posts import Draft
from server.storage import agencies
from tests.instance import ACTIVITY_JSON
from tests.stories import life
from tests.stories.town import Town, answers

COMMITS: Final = ("before-commit", "after-commit")


def around(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{side}" for name in names for side in COMMITS)


def sends(path: str, **fields: str) -> Callable[[Town, str], Awaitable[object]]:
    """Have mia send a form; {NAME} in it is what the town has kept under that name."""

    async def send(town: Town, _step: str) -> object:
        kept = town.kept | {"host": town.peer.host, "home": town.home.origin}
        for name in ("question", "answer", "gone", "library-thread", "poll"):
            if name in kept:
                kept[name] = await life.path_at(town.home, kept[name])
        form = {name: text.format(**kept) for name, text in fields.items()}
        return await town.mia.submit(path.format(**kept), form)

    return send


def is_so(sql: str, *values: str) -> Callable[[Town, str], Awaitable[bool]]:
    """Look whether exactly one row is there; {NAME} is what the town has kept."""

    async def look(town: Town, _step: str) -> bool:
        found = await town.count(sql, *(each.format(**town.kept) for each in values))
        assert found <= 1, f"{found} of {sql}"
        return found == 1

    return look


def is_not(sql: str, *values: str) -> Callable[[Town, str], Awaitable[bool]]:
    async def look(town: Town, step: str) -> bool:
        return not await is_so(sql, *values)(town, step)

    return look


async def nothing(_town: Town, _step: str) -> None:
    """Starting is all there is to do."""


async def has_one_agency(town: Town, _step: str) -> bool:
    """Say whether there is one actor of the agency and one that reports, each with its keys."""
    is_it = "a.local AND a.kind IN ('agency', 'moderation')"
    keys = await town.count(f"actor_keys k JOIN actors a ON a.id = k.actor_id WHERE {is_it}")
    return keys == 4 and await town.count(f"actors a WHERE {is_it}") == 2


async def meets_peer_anew(town: Town, _step: str) -> None:
    """Forget when the peer was asked who it is; a process asks at its start."""
    async with town.home.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET nodeinfo_at = NULL")
    await town.start_again()


async def has_met_peer(town: Town, step: str) -> bool:
    met = is_so("agencies WHERE nodeinfo_at IS NOT NULL AND software = 'commonlore'")
    return step in town.reached and await met(town, step)


async def asks_for_list_anew(town: Town, _step: str) -> None:
    """Forget when the peer was asked for its communities; a process asks at its start."""
    async with town.home.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET directory_at = NULL")
    await town.start_again()


async def has_asked_for_list(town: Town, step: str) -> bool:
    asked = is_so("agencies WHERE directory_at IS NOT NULL")
    return step in town.reached and await asked(town, step)


async def meets_silence(town: Town, step: str) -> None:
    """Admit an agency that does not say who it is."""
    async with town.home.database.transaction("test") as tx:
        await agencies.decide(
            tx, _silent(step), AgencyState.ADMITTED, by=None, reason="", now=town.clock.now()
        )
    await town.start_again()


async def has_met_silence(town: Town, step: str) -> bool:
    return await is_so("agencies WHERE host = $1 AND nodeinfo_at IS NOT NULL", _silent(step))(
        town, step
    )


def _silent(step: str) -> str:
    return f"{step.rpartition('.')[2]}.localhost:1"


async def signs_in(town: Town, _step: str) -> None:
    town.noa = town.browser()
    await town.noa.sign_in("noa")


async def is_signed_in(town: Town, _step: str) -> bool:
    return (await town.noa.get("/settings", follow=False)).status == 200


async def signs_out(town: Town, _step: str) -> None:
    await town.noa.submit("/sign-out")


async def is_signed_out(town: Town, step: str) -> bool:
    return not await is_signed_in(town, step)


async def has_new_password(town: Town, _step: str) -> bool:
    sql = "SELECT password_hash FROM members JOIN actors ON id = actor_id WHERE name = 'mia'"
    return bool(await life.value(town.home, sql) != town.kept["password"])


async def asks(town: Town, step: str) -> None:
    await life.asks_in(
        town.mia, f"reviews@{town.peer.host}", f"Asked at {step}", f"For {step}."
    )


async def has_asked(town: Town, step: str) -> bool:
    return await is_so("posts WHERE title = $1", f"Asked at {step}")(town, step)


async def keeps_asked(town: Town, what: str, step: str) -> None:
    sql = "SELECT uri FROM posts WHERE title = $1"
    town.kept[what] = await life.value(town.home, sql, f"Asked at {step}")


async def keeps_gone(town: Town) -> None:
    await keeps_asked(town, "gone", "asking")


async def meets_new_community(town: Town, step: str) -> None:
    """Find and join a community that home has not met, with a steward it has not met."""
    name = f"c_{crc32(step.encode())}"
    if not await life.value(town.peer, "SELECT true FROM actors WHERE name = $1", name):
        steward = await town.peer.member(f"s_{name}", Role.STEWARD)
        await life.opened(town.peer, steward.actor, name)
    await town.mia.get(f"/find?q=!{name}@{town.peer.host}")
    await town.mia.submit(f"/c/{name}@{town.peer.host}/join")


async def knows_new_community(town: Town, step: str) -> bool:
    name = f"c_{crc32(step.encode())}"
    return await is_so(
        "stewards s JOIN actors c ON c.id = s.community_id JOIN actors a ON a.id = s.actor_id "
        "WHERE c.name = $1 AND a.name = 's_' || $1",
        name,
    )(town, step)


async def joins_what_has_a_past(town: Town, step: str) -> None:
    """Join a community of the peer in which something was asked before."""
    name = f"h_{crc32(step.encode())}"
    if not await life.value(town.peer, "SELECT true FROM actors WHERE name = $1", name):
        steward = await town.peer.member(f"s_{name}", Role.STEWARD)
        community = await life.opened(town.peer, steward.actor, name)
        member = await life.signed_in(town.peer.context, f"s_{name}")
        draft = Draft(title=f"Long before {step}", source="Who remembers?")
        await posts.publish_thread(
            town.peer.context, member, community.id, Kind.QUESTION, draft
        )
    await town.mia.get(f"/find?q=!{name}@{town.peer.host}")
    await town.mia.submit(f"/c/{name}@{town.peer.host}/join")


async def has_its_past(town: Town, step: str) -> bool:
    listed = is_so(
        "backfills b JOIN actors c ON c.id = b.community_id WHERE c.name = $1 "
        "AND b.state = 'done' AND NOT EXISTS (SELECT FROM fill_origins)",
        f"h_{crc32(step.encode())}",
    )
    asked = is_so("posts WHERE title = $1", f"Long before {step}")
    return await listed(town, step) and await asked(town, step)


async def reads_what_has_a_past(town: Town, step: str) -> None:
    """Open a thread of a community of the peer, a day after the last time."""
    await joins_what_has_a_past(town, step)
    await town.calm()
    town.clock.turn(timedelta(days=1))
    sql = "SELECT uri FROM posts WHERE title = $1"
    uri = await life.value(town.home, sql, f"Long before {step}")
    if uri is not None:
        await town.mia.get(await life.path_at(town.home, uri))


async def finds_archive(town: Town) -> None:
    """Fill the archive while nobody of home belongs to it, so that they know nothing of it."""
    sam = await life.signed_in(town.peer.context, "sam")
    archive = await life.value(town.peer, "SELECT id FROM actors WHERE name = 'archive'")
    for point in around("inbox.ancestor"):
        draft = Draft(title=point, source=f"Old, for {point}.")
        facts = await posts.publish_thread(
            town.peer.context, sam, archive, Kind.QUESTION, draft
        )
        town.kept[point] = facts.uri
    await town.mia.get(f"/find?q=!archive@{town.peer.host}")


async def is_answered_below_unknown(town: Town, step: str) -> None:
    # As after a restore of an older backup: home has lost what came when it joined.
    async with town.home.database.transaction("test") as tx:
        await tx.execute("DELETE FROM posts WHERE title = $1 AND answers = 0", step)
    await answers(town, town.kept[step], f"Answered at {step}.")


async def has_both(town: Town, step: str) -> bool:
    question = await is_so("posts WHERE title = $1", step)(town, step)
    return question and await is_so("posts WHERE text = $1", f"Answered at {step}.")(town, step)


async def is_answered(town: Town, step: str) -> None:
    await answers(town, town.kept["question"], f"Answered at {step}.")


async def has_answer(town: Town, step: str) -> bool:
    words = f"Answered at {step}."
    told = "notifications n JOIN posts p ON p.id = n.post_id WHERE p.text = $1"
    there = await is_so("posts WHERE text = $1", words)(town, step)
    return there and await is_so(told, words)(town, step)


async def sam_asks_to_join(town: Town) -> None:
    library = await life.finds(town.peer, f"!library@{town.home.host}")
    await communities.join(
        town.peer.context, await life.signed_in(town.peer.context, "sam"), library.id
    )
    await town.calm()
    sql = "SELECT follower_id FROM follows WHERE state = 'asked'"
    town.kept["follower"] = str(await life.value(town.home, sql))


async def meets_pat(town: Town) -> None:
    await town.mia.get(f"/find?q=@pat@{town.peer.host}")


async def asks_in_library(town: Town) -> None:
    await life.asks_in(town.mia, "library", "What is in the library?", "Much.")
    town.kept["library-thread"] = await life.newest(town.home, "mia")


async def is_asked_in_library(town: Town, step: str) -> None:
    """Have sam, who was let in from the peer, ask in the library of home."""
    sam = await life.signed_in(town.peer.context, "sam")
    library = await life.value(town.peer, "SELECT id FROM actors WHERE name = 'library'")
    draft = Draft(title=f"Asked in the library at {step}", source="Much?")
    await posts.publish_thread(town.peer.context, sam, library, Kind.QUESTION, draft)


async def has_been_asked_in_library(town: Town, step: str) -> bool:
    sql = "posts WHERE title = $1 AND announced_at IS NOT NULL"
    return await is_so(sql, f"Asked in the library at {step}")(town, step)


async def is_ruled_a_day_later(town: Town, step: str) -> None:
    """Have sam lock a thread of reviews a day after home has asked who its stewards are."""
    sam = await life.signed_in(town.peer.context, "sam")
    sql = "SELECT uri FROM posts WHERE title = $1"
    uri = await life.value(town.peer, sql, f"Ruled at {step}")
    if uri is None:
        reviews = await life.value(town.peer, "SELECT id FROM actors WHERE name = 'reviews'")
        draft = Draft(title=f"Ruled at {step}", source="Who says so?")
        asked = await posts.publish_thread(
            town.peer.context, sam, reviews, Kind.QUESTION, draft
        )
        uri = asked.uri
    await town.calm()
    town.clock.turn(timedelta(days=1))
    here = await life.post_at(town.peer, uri)
    await stewardship.lock(town.peer.context, sam, here.id, locked=True)


async def has_rule(town: Town, step: str) -> bool:
    ruled = is_so("posts WHERE title = $1 AND locked_at IS NOT NULL", f"Ruled at {step}")
    return await ruled(town, step)


async def keeps_report(town: Town) -> None:
    town.kept["report"] = str(await life.value(town.home, "SELECT id FROM reports"))


async def is_followed_by_stranger(town: Town, step: str) -> None:
    """Have somebody of the peer follow mia whose key home has never seen."""
    name = _stranger(step)
    await town.peer.member(name)
    await _as_stranger(town, name, follow=True)


async def has_stranger(town: Town, step: str) -> bool:
    sql = "follows f JOIN actors a ON a.id = f.follower_id WHERE a.name = $1"
    return await is_so(f"{sql} AND f.state = 'accepted'", _stranger(step))(town, step)


async def is_unfollowed_in_vain(town: Town, step: str) -> None:
    """Have a Follow undone that home has forgotten: it is ignored, with a reason."""
    name = _stranger(step.replace("inbox.settle", "keys.owner"))
    async with town.home.database.transaction("test") as tx:
        await tx.execute(
            "DELETE FROM follows WHERE follower_id = (SELECT id FROM actors WHERE name = $1)",
            name,
        )
    await _as_stranger(town, name, follow=False)


async def has_ignored(town: Town, step: str) -> bool:
    name = _stranger(step.replace("inbox.settle", "keys.owner"))
    return await is_so(
        "inbox_events WHERE state = 'ignored' AND reason = 'follow-unknown' "
        "AND actor_uri LIKE '%' || $1",
        name,
    )(town, step)


def _stranger(step: str) -> str:
    return step.replace(".", "_").replace("-", "_")


async def _as_stranger(town: Town, name: str, *, follow: bool) -> None:
    context = town.peer.context
    member = await life.signed_in(context, name)
    mia = await life.finds(town.peer, f"@mia@{town.home.host}")
    if follow:
        await people.follow(context, member, mia.id)
    else:
        await people.unfollow(context, member, mia.id)


async def is_written_to_by_nobody(town: Town, step: str) -> None:
    """Post an activity whose key the peer says it does not have."""
    actor = f"{town.peer.origin}/@nobody_{_stranger(step)}"
    key = generate_rsa(f"{actor}#main-key", actor)
    body = json.dumps(
        {"id": f"{actor}/1", "type": "Follow", "actor": actor, "object": f"{actor}/2"}
    ).encode()
    plain = {"Content-Type": ACTIVITY_JSON}
    url = f"{town.home.origin}/inbox"
    headers = sign(
        method="POST", url=url, headers=plain, body=body, key=key, now=town.clock.now()
    )
    await town.noa.request("POST", "/inbox", data=body, headers=plain | dict(headers))


async def has_refused_key(town: Town, step: str) -> bool:
    return await is_so("key_refusals WHERE key_id LIKE '%nobody_' || $1", _stranger(step))(
        town, step
    )
