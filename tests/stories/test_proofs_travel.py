"""What a member of one agency says in the community of another is believed at a third."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from federation.errors import Unauthentic
from federation.proofs import ProvenBy, verify_proof
from schemas.records import OF_COMMUNITIES, Actor, Role, Visibility
from server.services import (
    canonical,
    changing,
    choices,
    communities,
    confirming,
    keys,
    kudos,
    posts,
)
from server.services.posts import Draft
from tests.instance import Instance, TurnedClock, settle
from tests.stories import life
from tests.stories.life import signed_in

_SERVED = re.compile(
    r'commonlore_requests_total\{door="activitypub",method="GET",route="(/(?:p|activities)/[^"]*)"'
    r',status="200"\} ([0-9.]+)'
)

Agencies = tuple[Instance, Instance, Instance]


def asked_of(instance: Instance) -> Mapping[str, float]:
    """How often others read posts and activities of an agency, by route."""
    told = instance.context.metrics.text().decode()
    return {route: float(times) for route, times in _SERVED.findall(told)}


async def joined(instance: Instance, name: str, handle: str, everybody: Agencies) -> Actor:
    await instance.member(name)
    group = await life.finds(instance, handle)
    await communities.join(instance.context, await signed_in(instance.context, name), group.id)
    await settle(*everybody)
    return group


async def thread_at(instance: Instance, name: str, uri: str) -> bytes:
    reader = posts.principal_of(await signed_in(instance.context, name))
    async with instance.database.reading() as tx:
        return await canonical.thread(tx, instance.context, uri, reader)


async def judged(reader: Instance, document: dict[str, Any]) -> ProvenBy | None:
    return await verify_proof(
        document,
        now=reader.context.network_now(),
        find_key=partial(keys.find_key, reader.context),
    )


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_a_third_agency_asks_the_first_for_nothing_but_its_member(
    agencies: Agencies, clock: TurnedClock, visibility: Visibility
) -> None:
    # Given a community at transport, with a member at health, and one at treasury.
    transport, health, treasury = agencies
    name = f"roads_{visibility}"
    steward = await transport.member(f"steward_of_{name}", Role.STEWARD)
    community = await life.opened(transport, steward.actor, name, visibility=visibility)
    handle = f"{name}@{transport.host}"
    asker, reader = f"asker_{visibility}", f"reader_{visibility}"
    group = await joined(health, asker, handle, agencies)
    await joined(treasury, reader, handle, agencies)
    before = asked_of(health)

    # When the one at health asks, edits, accepts an answer, asks again and deletes that.
    question = await life.asks(health, asker, group.id)
    await settle(*agencies)
    clock.turn(timedelta(minutes=1))
    asked = await life.post_at(health, question)
    member = await signed_in(health.context, asker)
    await changing.edit(
        health.context, member, asked.id, Draft(title="How, then?", source="We count *heads*.")
    )
    await settle(*agencies)
    clock.turn(timedelta(minutes=1))
    answer = await life.replies(transport, f"steward_of_{name}", question, "With a tally.")
    await settle(*agencies)
    of_answer = (await life.post_at(health, answer.uri)).id
    await choices.accept(health.context, member, of_answer)
    await kudos.mark_helpful(health.context, member, of_answer, helpful=True)
    second = await life.asks(health, asker, group.id)
    await settle(*agencies)
    clock.turn(timedelta(minutes=1))
    await changing.withdraw(health.context, member, (await life.post_at(health, second)).id)
    await settle(*agencies)

    # Then all three show the same, and health was asked for none of it.
    threads = {
        await thread_at(transport, f"steward_of_{name}", question),
        await thread_at(health, asker, question),
        await thread_at(treasury, reader, question),
    }
    assert len(threads) == 1
    [thread] = threads
    assert b"heads" in thread
    assert f'"accepted":["{answer.uri}"]'.encode() in thread
    assert (await life.post_at(treasury, second)).deleted_at is not None
    assert asked_of(health) == before
    assert community.visibility is visibility


async def test_all_that_is_read_of_an_agency_bears_its_authors_proof(
    agencies: Agencies,
) -> None:
    # Given what a member of health asked at transport, and a thread of transport's steward.
    transport, health, treasury = agencies
    steward = await transport.member("steward_of_proofs", Role.STEWARD)
    community = await life.opened(transport, steward.actor, "proofs")
    group = await joined(health, "prover", f"proofs@{transport.host}", agencies)
    await joined(treasury, "checker", f"proofs@{transport.host}", agencies)
    prover = await life.finds(treasury, f"prover@{health.host}")
    by_prover = ProvenBy(actor=prover.uri, key_id=f"{prover.uri}#ed25519-key")
    by_steward = replace(by_prover, actor=steward.actor.uri)
    by_steward = replace(by_steward, key_id=f"{steward.actor.uri}#ed25519-key")
    question = await life.asks(health, "prover", group.id)
    own = await life.asks(transport, "steward_of_proofs", community.id)
    answer = await life.replies(transport, "steward_of_proofs", own, "Like this.")
    await settle(*agencies)
    read = partial(confirming.fetch, treasury.context)

    # When they are read at treasury, one by one,
    before = asked_of(health)
    post, again = await read(question), await read(question)
    assert asked_of(health)["/p/{id}"] == before.get("/p/{id}", 0.0) + 2
    sent = await life.value(
        health, "SELECT uri FROM activities WHERE object_uri = $1", question
    )
    create = await read(str(sent))

    # Then each is proven by whoever wrote it, to the letter,
    assert post == again
    assert await judged(treasury, post) == by_prover
    assert await judged(treasury, create) == by_prover
    assert await judged(treasury, create["object"]) == by_prover
    with pytest.raises(Unauthentic):
        await judged(treasury, post | {"likes": 7})

    # And in collections, each but the copies of what is somebody else's.
    lists = [f"{prover.uri}/outbox", f"{community.uri}/outbox", f"{own}/replies"]
    found = [post_in(each) for uri in lists for each in (await read(uri))["orderedItems"]]
    assert {(each["id"], await judged(treasury, each)) for each in found} == {
        (question, by_prover),
        (question, None),
        (own, by_steward),
        (answer.uri, by_steward),
    }


def post_in(entry: dict[str, Any]) -> dict[str, Any]:
    while entry["type"] in {"Announce", "Create"}:
        entry = entry["object"]
    return entry
