"""Three agencies: one hosts the community, one asks, one answers; all see the same."""

from datetime import timedelta

import pytest

from schemas.records import (
    OF_COMMUNITIES,
    Actor,
    Anonymous,
    Community,
    JoinRule,
    Kind,
    Role,
    Visibility,
)
from server.services import (
    accounts,
    canonical,
    changing,
    choices,
    communities,
    discovery,
    kudos,
    posts,
)
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import posts as stored
from server.storage.sessions import SignedIn
from tests.instance import PASSWORD, Instance, TurnedClock, settle


async def signed_in(instance: Instance, name: str) -> SignedIn:
    token, _ = await accounts.sign_in(
        instance.context, name, PASSWORD, address="127.0.0.1", user_agent="story"
    )
    found = await accounts.find_signed_in(instance.context, token)
    assert found is not None
    return found


async def local_id(instance: Instance, uri: str) -> int:
    async with instance.database.reading() as tx:
        sealed = await stored.find_by_uri(tx, uri)
    assert sealed is not None, f"{uri} is not known at {instance.name}"
    return sealed.facts.id


async def thread_at(instance: Instance, uri: str, reader: SignedIn | None = None) -> bytes:
    principal = posts.principal_of(reader) if reader else Anonymous()
    async with instance.database.reading() as tx:
        return await canonical.thread(tx, instance.context, uri, principal)


async def member_joined(
    instance: Instance, name: str, handle: str, everybody: tuple[Instance, ...]
) -> SignedIn:
    await instance.member(name)
    member = await signed_in(instance, name)
    community = await discovery.look_up(instance.context, handle, may_fetch=True)
    assert isinstance(community, Actor)
    await communities.join(instance.context, member, community.id)
    await settle(*everybody)
    return await signed_in(instance, name)


async def community_at(instance: Instance, name: str, visibility: Visibility) -> Community:
    """Open a community; its steward is steward_of_NAME."""
    steward = await instance.member(f"steward_of_{name}", Role.STEWARD)
    return await communities.open_community(
        instance.context,
        steward.actor,
        CommunityDraft(
            name=name,
            display_name="Road Safety",
            summary="Crash data and what to do about it",
            charter="Be kind.",
            topics=("Crash data",),
            join=JoinRule.OPEN,
            visibility=visibility,
        ),
    )


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_question_answer_acceptance_and_kudos_are_the_same_everywhere(
    agencies: tuple[Instance, Instance, Instance], clock: TurnedClock, visibility: Visibility
) -> None:
    transport, health, treasury = agencies
    name = f"safety_{visibility}"
    await community_at(transport, name, visibility)
    handle = f"!{name}@{transport.host}"
    asker = await member_joined(health, f"asker_{visibility}", handle, agencies)
    helper = await member_joined(treasury, f"helper_{visibility}", handle, agencies)
    here = next(iter(asker.joined))

    question = await posts.publish_thread(
        health.context,
        asker,
        here,
        Kind.QUESTION,
        Draft(title="How do you share it?", source="We *hold* records.\n\n- one\n- two"),
    )
    await settle(*agencies)
    answer = await posts.publish_reply(
        treasury.context,
        helper,
        await local_id(treasury, question.uri),
        Kind.ANSWER,
        Draft(source="Suppress cells under **5**."),
    )
    await settle(*agencies)
    at_health = await local_id(health, answer.uri)
    await kudos.give_kudos(health.context, asker, at_health, "saved-time", "Weeks to days")
    await choices.accept(health.context, asker, at_health)
    await settle(*agencies)
    clock.turn(timedelta(minutes=5))
    await changing.edit(
        treasury.context, helper, answer.id, Draft(source="Suppress cells under **five**.")
    )
    await settle(*agencies)

    seen = {
        each.name: await thread_at(each, question.uri, reader)
        for each, reader in (
            (transport, await signed_in(transport, f"steward_of_{name}")),
            (health, asker),
            (treasury, helper),
        )
    }
    assert b"saved-time" in seen["treasury"]
    assert b"five" in seen["transport"]
    assert answer.uri.encode() in seen["transport"]
    assert seen["transport"] == seen["health"] == seen["treasury"]
