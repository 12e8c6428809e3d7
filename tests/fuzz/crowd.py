"""A town full of people who may say something, every valid thing they say, and its ledger."""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from federation.signatures import sign
from schemas.wire.vocabulary import PUBLIC
from server.services import stewards
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.fuzz.ledger import Ledger, Standing, kept
from tests.fuzz.mutations import Mutation, mutated
from tests.fuzz.raw_http import Answer, Line
from tests.hostile_peer import ACTIVITY_JSON
from tests.inbox_scene import EARLIER, Town, done, populated
from tests.poll_scene import ballot, start
from tests.wire.recorded import FOLDER

Activity = dict[str, Any]
CaseT = TypeVar("CaseT")

#: How many cases are tried on one state of the database, and how often that is done.
TOGETHER: Final = 20
IS_LONG: Final = settings.get_current_profile_name() == "fuzz"
BATCHES: Final = 50_000 // TOGETHER if IS_LONG else 500 // TOGETHER
#: A batch is no smaller for being shrunk, and the database makes each try dear: the message
#: of a failure names the one case instead.
FUZZ: Final = settings(
    max_examples=BATCHES,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
SIGNERS: Final = ("ada", "nils", "mallory", "cleo", "deputy", "sten", "roads")
_FAILURES: Final = {"inbox-failed", "inbox-together-failed", "request-failed", "failed"}
_NOT_SAID: Final = ("group", "person", "stamp")


def batches(case: st.SearchStrategy[CaseT]) -> st.SearchStrategy[list[CaseT]]:
    return st.lists(case, min_size=TOGETHER, max_size=TOGETHER)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Crowd:
    """Whoever lives in the town, by name; what it is called; what it holds."""

    town: Town
    people: dict[str, Sender]
    known: dict[str, str]
    own: dict[str, Activity]
    ledger: Ledger
    line: Line
    seen: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def standing(self, name: str) -> Standing:
        town, signer = self.town, self.people[name].uri
        governs = {"deputy": {town.plaza.uri}, "sten": {town.roads.uri}}.get(name, set())
        return Standing(
            signer=signer,
            governs=frozenset(governs),
            passes_on=signer if name == "roads" else None,
            home=f"{town.scene.here.origin}/",
            words={word_of(each): who.uri for each, who in self.people.items()},
        )

    async def say(self, name: str, cases: list[tuple[int, list[Mutation]]]) -> list[bytes]:
        """Have somebody send activities, each spoilt in its way; give back what was sent."""
        sent = []
        for choice, changes in cases:
            said = everything(self, name)
            body = mutated(said[choice % len(said)](), changes, self.known)
            answer = await self.post(self.people[name], body)
            assert 200 <= answer.status < 500, (answer, body[:2000])
            sent.append(body)
            self.seen[answer.reason or str(answer.status)] += 1
        return sent

    async def post(self, sender: Sender, body: bytes) -> Answer:
        return await self.line.send("POST", "/inbox", list(self.signed(sender, body)), body)

    def signed(self, sender: Sender, body: bytes) -> tuple[tuple[str, str], ...]:
        here = self.town.scene.here
        plain = {"Content-Type": ACTIVITY_JSON}
        added = sign(
            method="POST",
            url=f"{here.origin}/inbox",
            headers=plain,
            body=body,
            key=sender.key,
            now=here.now(),
        )
        return tuple((plain | {"Host": here.host} | added).items())

    async def process(self) -> list[str]:
        """Give everything its effect; name each activity that was a fault to us."""
        with capture_logs() as logged:
            await self.town.scene.work()
        self.seen.update(await self.ledger.became())
        return [str(line) for line in logged if line["event"] in _FAILURES]


def word_of(name: str) -> str:
    """Give the word by which one knows who wrote something."""
    return f"word-of-{name}"


@asynccontextmanager
async def gathered(cluster: Cluster) -> AsyncIterator[Crowd]:
    async with populated(cluster) as town:
        scene = town.scene
        deputy = scene.sender("health", "deputy")
        await done(scene, deputy, "Follow", town.plaza.uri)
        found = await scene.fetch("SELECT id FROM actors WHERE uri = $1", deputy.uri)
        amina = await scene.signed_in("amina")
        await stewards.add_steward(scene.here.context, amina, town.plaza.id, found[0][0])
        people = {
            "ada": town.ada,
            "nils": town.nils,
            "mallory": town.mallory,
            "cleo": town.cleo,
            "deputy": deputy,
            "sten": town.sten,
            "roads": town.roads,
        }
        own = {}
        for name in ("ada", "nils", "mallory", "deputy"):
            own[name] = scene.post(
                people[name], town.plaza.uri, content=f"<p>{word_of(name)}</p>"
            )
            await done(scene, people[name], "Create", own[name])
        await done(scene, people["mallory"], "Like", own["nils"]["id"])
        poll = await start(scene, town.plaza.id, "bob")
        lie = scene.peer.url("evil", "/lie")
        scene.peer.publishes(
            lie, **own["ada"] | {"id": lie, "content": f"<p>{word_of('mallory')}</p>"}
        )
        origin = scene.here.origin
        known = {name: each.uri for name, each in people.items()} | {
            "plaza": town.plaza.uri,
            "cabinet": town.cabinet.uri,
            "bob": town.bob,
            "amina": f"{origin}/@amina",
            "agency": f"{origin}/actor",
            "question": town.question.uri,
            "secret": town.secret.uri,
            "answer": town.answer,
            "like": town.like,
            "trip": town.trip,
            "poll": poll.uri,
            "note": own["nils"]["id"],
            "public": PUBLIC,
            "nowhere": scene.peer.url("far", "/nothing"),
            "inside": "http://10.0.0.1:8080/@root",
            "elsewhere": lie,
        }
        line = Line(int(origin.rpartition(":")[2]))
        async with kept(cluster, scene.here.context.settings.database) as ledger:
            yield Crowd(
                town=town, people=people, known=known, own=own, ledger=ledger, line=line
            )
        await line.close()


def everything(crowd: Crowd, name: str) -> list[Callable[[], Activity]]:
    """List what somebody may validly send; each is made anew, with an id of its own."""
    town, scene, me = crowd.town, crowd.town.scene, crowd.people[name]
    plaza, said = town.plaza.uri, f"<p>{word_of(name)}</p>"

    def does(kind: str, about: object, **more: object) -> Callable[[], Activity]:
        return lambda: {
            "@context": "https://www.w3.org/ns/activitystreams",
            **scene.activity(me, kind, about, **more),
        }

    def creates(kind: str = "Create", **more: Any) -> Callable[[], Activity]:
        def made() -> Activity:
            return does(kind, scene.post(me, plaza, **{"content": said} | more))()

        return made

    own = crowd.own.get(name) or {"id": f"{me.uri}/posts/none"}
    edited = own | {"content": said + "<p>Anew</p>", "updated": "2026-03-02T08:30:00Z"}
    follow = {"type": "Follow", "actor": me.uri, "object": plaza}
    like = {"type": "Like", "actor": me.uri, "object": crowd.own["nils"]["id"]}
    found = [
        does("Follow", plaza),
        does("Follow", town.cabinet.uri),
        does("Undo", follow),
        does("Undo", like | {"id": town.like}),
        does("Undo", town.like),
        creates(),
        creates(reply_to=town.question.uri),
        creates(reply_to=town.answer, to=[plaza]),
        does("Update", edited),
        does("Update", me.document | {"name": word_of(name), "summary": said}),
        does("Delete", own["id"]),
        # The others would be dead for whatever they say after it.
        *([does("Delete", me.uri)] if name == "nils" else []),
        does("Like", town.question.uri),
        does("Create", ballot(scene, me, crowd.known["poll"], "CSV")),
        does("ChooseAnswer", town.answer, target=own["id"]),
        does("Flag", [town.question.uri, town.bob], content=word_of(name)),
        does("Announce", own["id"]),
        does("Add", crowd.people["nils"].uri, target=f"{plaza}/moderators"),
        does("Remove", crowd.people["deputy"].uri, target=f"{plaza}/moderators"),
        does("Add", town.question.uri, target=f"{plaza}/featured"),
        does("Lock", town.question.uri),
        does("Delete", town.answer),
        does("Move", me.uri, target=crowd.people["nils"].uri),
        does("Block", crowd.people["nils"].uri, target=plaza),
        does("Accept", {"type": "Follow", "actor": town.bob, "object": me.uri}),
        does("Reject", {"type": "Follow", "actor": town.bob, "object": me.uri}),
        *(_recorded(crowd, name, each) for each in _RECORDED),
    ]
    return found + (_passed_on(crowd) if name == "roads" else [])


def _passed_on(crowd: Crowd) -> list[Callable[[], Activity]]:
    """List what a community passes on: by an embedded activity, or by its bare id."""
    town, scene = crowd.town, crowd.town.scene
    cleo, roads, sten = crowd.people["cleo"], crowd.people["roads"], crowd.people["sten"]

    def passes_on(made: Callable[[], object]) -> Callable[[], Activity]:
        return lambda: scene.activity(roads, "Announce", made())

    forged = {"content": f"<p>{word_of('roads')}</p>"}
    return [
        passes_on(lambda: scene.activity(cleo, "Create", scene.post(cleo, roads.uri) | forged)),
        passes_on(lambda: scene.post(cleo, roads.uri)["id"]),
        passes_on(lambda: scene.published(cleo, "Like", town.trip)),
        passes_on(lambda: scene.activity(cleo, "Like", town.trip)),
        passes_on(lambda: scene.published(sten, "Lock", town.trip)),
        passes_on(lambda: scene.activity(cleo, "Delete", town.trip)),
        passes_on(lambda: scene.activity(sten, "Block", town.bob, target=roads.uri)),
    ]


_RECORDED: Final = tuple(
    json.loads(file.read_text())
    for file in sorted(FOLDER.glob("*.json"))
    if file.stem not in _NOT_SAID
)


def _recorded(crowd: Crowd, name: str, document: Activity) -> Callable[[], Activity]:
    """Put a recorded document into the mouth of somebody in the town."""
    scene, me = crowd.town.scene, crowd.people[name]
    text = json.dumps({each: value for each, value in document.items() if each != "@context"})
    for old, new in (
        ("https://transport.example/c/roadsafety", crowd.town.plaza.uri),
        ("https://transport.example/@", f"{scene.here.origin}/@"),
        ("https://health.example/@asker", me.uri),
        ("https://health.example/p/1042", f"{me.uri}/posts/1042"),
        ("https://lands.example/p/88", crowd.town.answer),
        ("2026-09-01T08:00:00.123Z", EARLIER),
    ):
        text = text.replace(old, new)
    text = re.sub(r"https://(\w+)\.example", lambda match: scene.peer.url(match.group(1)), text)

    def made() -> Activity:
        told: Activity = json.loads(text)
        if "actor" in told:
            inner = told.get("object")
            if isinstance(inner, dict) and "attributedTo" in inner:
                told["object"] = _authored(crowd, name, inner)
            number = next(scene.numbers)
            return told | {"actor": me.uri, "id": f"{me.uri}/activities/{number}"}
        return dict(scene.activity(me, "Create", _authored(crowd, name, told)))

    return made


def _authored(crowd: Crowd, name: str, post: Activity) -> Activity:
    me = crowd.people[name]
    uri = f"{me.uri}/posts/{next(crowd.town.scene.numbers)}"
    said = {"id": uri, "attributedTo": me.uri, "content": f"<p>{word_of(name)}</p>"}
    return post | said | {"audience": crowd.town.plaza.uri}
