"""What a guest does in a community of ours with the account they have, wherever that is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from schemas.records import FollowState, Kind
from schemas.wire.vocabulary import PUBLIC
from server.services import choices, kudos, stewardship
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.programs.habits import LEMMY
from tests.programs.takers import Document
from tests.programs.world import Habits, Program, World, follows_plaza, opened_world


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Ines, on her own server, follows the plaza; somebody on a Lemmy does so, too."""

    world: World
    program: Program
    ines: Sender
    lemmy: Program

    @property
    def plaza(self) -> str:
        return self.world.plaza.uri

    def mention(self) -> Document:
        handle = f"@plaza@{self.world.scene.here.host}"
        return {"type": "Mention", "href": self.plaza, "name": handle}

    def note(self, words: str, parent: str | None = None, **more: object) -> Document:
        """A public post of hers that mentions the plaza, as programs of people address it."""
        told = {"to": [PUBLIC], "cc": [f"{self.ines.uri}/followers", self.plaza]}
        called = f'<p><span class="h-card"><a href="{self.plaza}">@plaza</a></span> {words}</p>'
        said = {
            "audience": None,
            "tag": [self.mention()],
            "content": called,
            "inReplyTo": parent,
        }
        return self.program.reply(self.ines, self.plaza, "", **told, **said, **more)


@asynccontextmanager
async def visiting(cluster: Cluster, habits: Habits) -> AsyncIterator[Visit]:
    async with opened_world(cluster) as world:
        program = await world.meets("kites", habits)
        lemmy = await world.meets("orchard", LEMMY)
        ines = program.person("ines")
        await follows_plaza(world, program, ines)
        await follows_plaza(world, lemmy, lemmy.person("rosa"))
        yield Visit(world=world, program=program, ines=ines, lemmy=lemmy)


async def threads_come_as_boosts(visit: Visit) -> None:
    question = await visit.world.asks(visit.world.plaza.id, "Raised or flat?")

    [boost] = await visit.program.taken()
    assert (boost["type"], boost["object"]) == ("Announce", question.uri)
    assert await visit.lemmy.kinds_taken() == ["Announce Create"]


async def a_reply_is_an_answer(visit: Visit) -> None:
    """Answer a question of Bob's; he thanks, accepts, and Ines hears of it."""
    world, context = visit.world, visit.world.scene.here.context
    question = await world.asks(world.plaza.id, "Who has tried it?")
    await visit.program.taken()
    await visit.lemmy.taken()

    said = visit.note("We have.", question.uri)
    outcome = await visit.program.sends(visit.ines, visit.program.created(visit.ines, said))

    assert outcome.state == "done"
    answer = await world.facts(said["id"])
    assert (answer.kind, answer.parent_id) == (Kind.ANSWER, question.id)
    assert await visit.lemmy.kinds_taken() == ["Announce Create"]
    assert await visit.program.taken() == []
    await kudos.mark_helpful(context, await world.bob(), answer.id, helpful=True)
    assert await visit.program.kinds_taken() == ["Like"]
    await choices.accept(context, await world.bob(), answer.id)
    kinds = await visit.program.kinds_taken()
    # The answer is boosted, the ✅ replaces the other Like, and the question tells its state.
    assert sorted(kinds) == ["Announce", "Like", "Undo Like", "Update"]
    assert "Announce ChooseAnswer" not in await visit.lemmy.kinds_taken()


async def a_mention_asks(visit: Visit) -> None:
    """Ask by mention: the first line is the title; no Lemmy is sent what it would drop."""
    await visit.program.taken()
    await visit.lemmy.taken()
    said = visit.note("Does a raised crossing slow buses?</p><p>Ours is on a school route.")

    outcome = await visit.program.sends(visit.ines, visit.program.created(visit.ines, said))

    assert outcome.state == "done"
    facts = await visit.world.facts(said["id"])
    assert (facts.parent_id, facts.community_uri) == (None, visit.plaza)
    rows = await visit.world.scene.fetch("SELECT title FROM posts WHERE id = $1", facts.id)
    assert rows == [("Does a raised crossing slow buses?",)]
    assert await visit.lemmy.taken() == []
    [boost] = await visit.program.taken()
    assert (boost["type"], boost["object"]) == ("Announce", said["id"])


async def likes_and_boosts_count_once(visit: Visit, **like_terms: object) -> None:
    world, program = visit.world, visit.program
    question = await world.asks(world.plaza.id, "Liked?")
    like = program.act(visit.ines, "Like", question.uri, **like_terms)
    told = {"to": [PUBLIC], "cc": [f"{visit.ines.uri}/followers", world.bob_uri]}
    boost = program.act(visit.ines, "Announce", question.uri, **told)

    for _ in range(2):
        await program.sends(visit.ines, like)
        await program.sends(visit.ines, boost)
    assert await world.marks(question.uri) == [visit.ines.uri]
    assert await world.boosters(question.uri) == [visit.ines.uri]

    for done in (like, boost):
        undo = program.act(visit.ines, "Undo", done)
        assert (await program.sends(visit.ines, undo)).state == "done"
    assert await world.marks(question.uri) == []
    assert await world.boosters(question.uri) == []


async def her_edits_and_deletes_are_hers(visit: Visit) -> None:
    world, program = visit.world, visit.program
    said = visit.note("First thought.")
    await program.sends(visit.ines, program.created(visit.ines, said))
    world.scene.clock.turn(timedelta(minutes=5))
    updated = world.scene.here.now().isoformat()
    edited = said | {"content": "<p>Second thought.</p>", "updated": updated}
    mallory = program.person("mallory")

    stolen = program.act(mallory, "Update", edited | {"attributedTo": mallory.uri})
    assert (await program.sends(mallory, stolen)).state == "ignored"
    program.publish(edited)
    update = program.act(visit.ines, "Update", edited)
    assert (await program.sends(visit.ines, update)).state == "done"
    assert "Second thought." in await world.scene.words(said["id"])

    tombstone = {"id": said["id"], "type": "Tombstone"}
    theft = program.act(mallory, "Delete", tombstone)
    assert (await program.sends(mallory, theft)).state == "ignored"
    gone = program.act(visit.ines, "Delete", tombstone, to=[PUBLIC])
    assert (await program.sends(visit.ines, gone)).state == "done"
    assert (await world.facts(said["id"])).deleted_at is not None


async def what_is_removed_is_taken_back(visit: Visit) -> None:
    world = visit.world
    question = await world.asks(world.plaza.id, "To be removed")
    await visit.program.taken()

    context, amina = world.scene.here.context, await world.amina()
    await stewardship.remove(context, amina, question.id, "Off topic")
    assert await visit.program.kinds_taken() == ["Undo Announce"]
    await stewardship.restore(context, amina, question.id, "A mistake")
    assert await visit.program.kinds_taken() == ["Announce"]


async def she_leaves(visit: Visit) -> None:
    follow = {"type": "Follow", "actor": visit.ines.uri, "object": visit.plaza}
    undo = visit.program.act(visit.ines, "Undo", {"id": f"{visit.ines.uri}#follow", **follow})

    assert (await visit.program.sends(visit.ines, undo)).state == "done"

    assert await visit.world.scene.edge(visit.ines.uri, visit.plaza) is not FollowState.ACCEPTED
    await visit.world.asks(visit.world.plaza.id, "Without her")
    assert await visit.program.taken() == []
