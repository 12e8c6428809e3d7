"""Keys are changed with an overlap: nobody at another agency notices, and the old ones end."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from federation.signatures.keys import KeyKind
from federation.signatures.knocking import Scheme
from schemas.records import Role
from server.services import profiles, rotation, signing
from server.services.profiles import Changes
from server.storage.embedded import Cluster
from server.workers.acquaintance import ask_due
from server.workers.housekeeping import clean_once
from tests.instance import ACTIVITY_JSON, Instance, TurnedClock, running, settle
from tests.stories import life

DAY = timedelta(hours=24)
_KNOWN = "SELECT k.key_id FROM actor_keys k JOIN actors a ON a.id = k.actor_id WHERE a.uri = $1"


class Story:
    """Ada of health is followed by Bob of transport; both agencies know what they run."""

    def __init__(self, health: Instance, transport: Instance, clock: TurnedClock) -> None:
        self.health, self.transport, self.clock = health, transport, clock
        self.ada = f"{health.origin}/@ada"

    async def begin(self) -> None:
        for one, other in (
            (self.health, self.transport),
            (self.transport, self.health),
        ):
            await one.admit(other)
            await ask_due(one.context)
        await self.health.member("ada", Role.STEWARD)
        bob = await self.transport.member_browser("bob")
        await life.finds(self.transport, f"@ada@{self.health.host}")
        await bob.submit(f"/@ada@{self.health.host}/follow")
        await self.calm()

    async def calm(self) -> None:
        await settle(self.health, self.transport)

    async def says(self, name: str) -> str:
        """Ada changes her name, and transport believes it; give the key that signed."""
        member = await life.signed_in(self.health.context, "ada")
        await profiles.change(self.health.context, member, Changes(display_name=name))
        await self.calm()
        shown = await life.finds(self.transport, f"@ada@{self.health.host}")
        assert shown.display_name == name
        place = (member.member.id, self.transport.origin)
        async with self.health.database.reading() as tx:
            manner = (await signing.manners(tx, self.health.context, {place}))[place]
        assert manner.first is Scheme.RFC9421
        return manner.keys[manner.kind].key_id.partition("#")[2]

    async def known(self) -> list[str]:
        """The keys of Ada's that transport believes."""
        rows = await life.rows(self.transport, _KNOWN, self.ada)
        return sorted(str(row[0]).partition("#")[2] for row in rows)

    async def published(self) -> tuple[str, list[str]]:
        """Which key Ada's document has as its first, and which as others."""
        answer = await self.health.browser().get("/@ada", accept=ACTIVITY_JSON)
        document = json.loads(answer.text)
        others = [each["id"].partition("#")[2] for each in document["assertionMethod"]]
        return document["publicKey"]["id"].partition("#")[2], others


@pytest.fixture
async def story(cluster: Cluster) -> AsyncIterator[Story]:
    clock = TurnedClock()
    async with (
        running(cluster, "health", clock=clock) as health,
        running(cluster, "transport", clock=clock) as transport,
    ):
        story = Story(health, transport, clock)
        await story.begin()
        yield story


async def test_sig_15_keys_are_changed_with_an_overlap_and_nobody_notices(
    story: Story,
) -> None:
    assert await story.says("Ada I") == "ed25519-key"

    signs_at = await rotation.rotate(story.health.context, "ada")
    await story.calm()
    assert signs_at == story.clock.now() + DAY
    new = [each for each in await story.known() if each[-1].isdigit()]
    assert len(new) == 2
    assert await story.says("Ada II") == "ed25519-key"
    first, others = await story.published()
    assert (first, others[0]) == ("main-key", new[1])
    assert others[1:] == ["ed25519-key", new[0]]

    story.clock.turn(DAY)
    signer = await story.says("Ada III")
    assert signer in new
    assert signer.startswith("ed25519-key-")
    assert {"main-key", "ed25519-key"} < set(await story.known())
    assert (await story.published())[0] == new[1]

    story.clock.turn(DAY)
    await clean_once(story.health.context)
    assert await story.says("Ada IV") == signer
    assert await story.known() == sorted(new)


async def test_sig_15_stolen_keys_end_at_once(story: Story) -> None:
    await story.says("Ada I")
    # Who asked for her keys a moment ago does not ask again for whoever signs with others.
    story.clock.turn(timedelta(minutes=11))

    await rotation.rotate(story.health.context, "ada", overlap=timedelta())
    await story.calm()

    assert (await story.says("Ada II")).startswith("ed25519-key-")
    known = await story.known()
    assert len(known) == 2
    assert not {"main-key", "ed25519-key"} & set(known)


async def test_the_agencys_own_keys_change_while_it_runs(story: Story) -> None:
    health = story.health

    await rotation.rotate(health.context, "actor", overlap=timedelta())
    found = await life.finds(story.health, f"@bob@{story.transport.host}")

    assert found.host == story.transport.host
    keys = await rotation.own_keys(health.context, "actor")
    assert {key.kind for key in keys} == {KeyKind.RSA, KeyKind.ED25519}


async def test_the_keys_of_who_reports_change_and_nobody_has_to_be_told(story: Story) -> None:
    health = story.health
    sent = "SELECT count(*) FROM activities"
    before = await life.value(health, sent)

    await rotation.rotate(health.context, "moderation", overlap=timedelta())

    keys = await rotation.own_keys(health.context, "moderation")
    assert {key.owner for key in keys} == {health.context.home.moderation}
    assert not any(key.key_id.endswith("#main-key") for key in keys)
    assert await life.value(health, sent) == before
