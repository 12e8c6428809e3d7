"""LDS, ACT and DEL for object proofs: whom we believe in what a community passes on."""

import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from federation.proofs import attach_proof
from federation.signatures.keys import KeyPair, generate_ed25519, multikey
from schemas.records import AgencyState
from schemas.wire.vocabulary import ACTIVITYSTREAMS, CONTEXT
from server.services import proving
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.hostile_peer import Reply
from tests.inbox_scene import Outcome, Town, done, ignored, populated

LATER = "2026-03-02T08:30:00Z"
NUMBERS = count(1)


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


class Prover:
    """Somebody of a peer whose actor lists a Multikey, and who proves what they say with it."""

    def __init__(self, town: Town, host: str, name: str) -> None:
        uri = town.scene.peer.url(host, f"/@{name}")
        self.pair = generate_ed25519(f"{uri}#ed25519-key", uri)
        self.sender = town.scene.sender(host, name, assertionMethod=[listed(self.pair)])
        self.town = town

    @property
    def uri(self) -> str:
        return self.sender.uri

    def says(self, kind: str, about: object, **more: object) -> dict[str, Any]:
        said = {"@context": CONTEXT} | self.town.scene.activity(
            self.sender, kind, about, **more
        )
        return self.proven(said)

    def proven(self, document: dict[str, Any], key: KeyPair | None = None) -> dict[str, Any]:
        now: datetime = self.town.scene.here.now()
        return attach_proof(document, key or self.pair, created=now)

    def post(self, **more: object) -> dict[str, Any]:
        """A post in `roads` that its own server knows nothing of."""
        told = self.town.scene.post(self.sender, self.town.roads.uri, **more)
        self.town.scene.peer.tells(told["id"], Reply(status=404))
        return told


def listed(pair: KeyPair, **changed: object) -> dict[str, object]:
    return {
        "type": "Multikey",
        "id": pair.key_id,
        "controller": pair.owner,
        "publicKeyMultibase": multikey(pair.public_pem),
    } | changed


def prover(town: Town, host: str = "health") -> Prover:
    return Prover(town, host, f"prover{next(NUMBERS)}")


async def known(town: Town, host: str = "health") -> Prover:
    """One whose key we have already: they were passed on before."""
    somebody = prover(town, host)
    await done(town.scene, town.roads, "Announce", somebody.says("Create", somebody.post()))
    return somebody


def asked(town: Town) -> list[tuple[str, str]]:
    return [(each.host, each.target) for each in town.scene.peer.requests]


# LDS-05


async def test_lds_05_what_its_actor_has_proven_is_believed_and_nobody_asked(town):
    somebody = await known(town)
    post = somebody.post()
    before = asked(town)

    await done(town.scene, town.roads, "Announce", somebody.says("Create", post))

    assert await town.scene.words(post["id"]) == post["content"]
    assert asked(town) == before


async def test_lds_05_of_a_stranger_only_the_actor_is_fetched(town):
    somebody = prover(town)
    post = somebody.post()
    before = asked(town)

    await done(town.scene, town.roads, "Announce", somebody.says("Create", post))

    path = somebody.uri.partition("/@")[2]
    assert [target for _, target in asked(town)[len(before) :]] == [f"/@{path}"]


def with_proof(made: dict[str, Any], **changed: object) -> dict[str, Any]:
    return made | {"proof": made["proof"] | changed}


def forged(town: Town, somebody: Prover) -> dict[str, tuple[str, dict[str, Any]]]:
    """What a community may make of somebody's words, each with why it is refused."""
    neighbour = generate_ed25519(f"{town.nils.uri}#ed25519-key", town.nils.uri)
    stranger = generate_ed25519(f"{town.mallory.uri}#key", town.mallory.uri)
    made = somebody.says("Create", somebody.post())
    tomorrow = attach_proof(
        made, somebody.pair, created=town.scene.here.now() + timedelta(days=1)
    )
    words = made["object"] | {"content": "<p>What they never wrote</p>"}
    return {
        "other words": ("proof-wrong", made | {"object": words}),
        "other recipients": ("proof-wrong", made | {"to": []}),
        "a member more": ("proof-wrong", made | {"summary": ""}),
        "another kind": ("proof-wrong", made | {"type": "Update"}),
        "another time": ("proof-wrong", with_proof(made, created="2026-03-01T00:00:00Z")),
        "another purpose": ("proof-purpose", with_proof(made, proofPurpose="authentication")),
        "another origin's key": ("proof-not-of-actor", somebody.proven(made, stranger)),
        "no time": ("proof-malformed", with_proof(made, created="today")),
        "no signature": ("proof-malformed", with_proof(made, proofValue="z1")),
        "tomorrow": ("proof-from-the-future", tomorrow),
        "another context": ("proof-context", made | {"@context": ACTIVITYSTREAMS}),
        "another's id": (
            "actor-other-origin",
            somebody.proven(made | {"id": f"{town.mallory.uri}/activities/1"}),
        ),
        "as its neighbour": ("proof-not-of-actor", made | {"actor": neighbour.owner}),
    }


FORGERIES = (
    "other words",
    "other recipients",
    "a member more",
    "another kind",
    "another time",
    "another purpose",
    "another origin's key",
    "no time",
    "no signature",
    "tomorrow",
    "another context",
    "another's id",
    "as its neighbour",
)


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_lds_05_a_wrong_proof_is_refused_and_nobody_is_asked(town, forgery):
    somebody = await known(town)
    reason, document = forged(town, somebody)[forgery]
    # Fetched this very minute: what fails is not asked for again at once (SIG-15).
    before = asked(town)
    refused = _refusals(town, reason)

    assert await ignored(town.scene, town.roads, "Announce", document) == reason

    assert asked(town) == before
    assert _refusals(town, reason) == refused + 1


def _refusals(town: Town, reason: str) -> float:
    told = town.scene.here.context.metrics.text().decode()
    found = re.search(rf'commonlore_refusals_total{{reason="{reason}"}} ([0-9.]+)', told)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize(
    "unproven",
    [
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"type": "Ed25519Signature2020"},
        {"expires": "2026-03-01T00:00:00Z"},
        {"verificationMethod": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"},
    ],
)
async def test_lds_05_with_a_proof_that_we_cannot_judge_the_origin_is_asked(town, unproven):
    somebody = await known(town)
    post = town.scene.post(somebody.sender, town.roads.uri)
    made = somebody.says("Create", post | {"content": "<p>What they never wrote</p>"})

    await done(town.scene, town.roads, "Announce", with_proof(made, **unproven))

    assert await town.scene.words(post["id"]) == "<p>As it was written.</p>"


@pytest.mark.parametrize("proofs", [1, 2])
async def test_lds_05_a_list_of_proofs_proves_nothing(town, proofs):
    somebody = await known(town)
    made = somebody.says("Create", somebody.post())

    reason = await ignored(
        town.scene, town.roads, "Announce", made | {"proof": [made["proof"]] * proofs}
    )

    assert reason == "gone-at-origin"


@pytest.mark.parametrize(
    "said",
    [
        {"id": "https://evil.example/key"},
        {"controller": "https://evil.example/@mallory"},
        {"type": "Key"},
        {"publicKeyMultibase": "zNothing"},
    ],
)
async def test_lds_05_a_key_that_its_actor_does_not_list_as_its_own_proves_nothing(town, said):
    somebody = prover(town)
    somebody.sender = town.scene.sender(
        "health",
        somebody.uri.partition("/@")[2],
        assertionMethod=[listed(somebody.pair, **said)],
    )

    made = somebody.says("Create", somebody.post())

    assert await ignored(town.scene, town.roads, "Announce", made) == "gone-at-origin"


async def test_lds_05_while_the_key_cannot_be_had_it_waits(town):
    somebody = prover(town, "parks")
    town.scene.peer.tells(somebody.uri, Reply(status=503))

    outcome = await town.scene.send(
        town.roads, "Announce", somebody.says("Create", somebody.post())
    )

    assert outcome == Outcome(status=202, state="waiting", reason="key-unreachable")


async def test_lds_05_a_proof_is_no_way_past_a_block(town):
    somebody = await known(town, "blocked")
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx,
            town.scene.peer.authority("blocked"),
            AgencyState.BLOCKED,
            by=None,
            reason="",
            now=town.scene.here.now(),
        )

    made = somebody.says("Create", somebody.post())

    assert await ignored(town.scene, town.roads, "Announce", made) == "agency-blocked"


# LDS-06


async def test_lds_06_a_signature_of_the_old_kind_is_taken_off_first(town):
    somebody = await known(town)
    post = somebody.post()
    made = somebody.says("Create", post) | {"signature": {"type": "RsaSignature2017"}}

    await done(town.scene, town.roads, "Announce", made)

    assert await town.scene.facts(post["id"]) is not None


async def test_lds_06_without_its_context_it_is_not_what_was_proven(town):
    somebody = await known(town)
    post = town.scene.post(somebody.sender, town.roads.uri)
    made = somebody.says("Create", post | {"content": "<p>What they never wrote</p>"})
    del made["@context"]

    await done(town.scene, town.roads, "Announce", made)

    assert await town.scene.words(post["id"]) == "<p>As it was written.</p>"


async def test_lds_06_what_we_send_bears_our_proofs_alone(town):
    # Given an answer by somebody elsewhere, with all that must not be passed on in it.
    somebody = prover(town)
    await done(town.scene, somebody.sender, "Follow", town.plaza.uri)
    reply = town.scene.post(somebody.sender, town.plaza.uri, reply_to=town.question.uri)
    said = somebody.says("Create", reply, bcc=[town.bob], signature={"type": "x"})

    await town.scene.deliver(somebody.sender, said)

    rows = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE type = 'Announce' "
        "AND object_uri = $1",
        said["id"],
    )
    told = json.loads(rows[0][0])
    assert not {"bcc", "signature", "proof", "@context"} & set(told["object"])
    assert told["proof"]["verificationMethod"].startswith(town.plaza.uri)


# LDS-09


async def test_lds_09_one_actors_proof_does_not_vouch_for_anothers_words(town):
    somebody = await known(town)
    others = town.scene.post(town.nils, town.roads.uri)
    words = others | {"content": "<p>What they never wrote</p>"}

    reason = await ignored(town.scene, town.roads, "Announce", somebody.says("Create", words))

    assert reason == "author-not-actor"
    assert await town.scene.facts(others["id"]) is None


async def test_lds_09_nor_for_what_is_on_another_origin(town):
    somebody = await known(town, "evil")
    others = town.scene.post(town.nils, town.roads.uri)
    theirs = others | {"attributedTo": somebody.uri}

    reason = await ignored(town.scene, town.roads, "Announce", somebody.says("Create", theirs))

    assert reason == "object-of-another-origin"


# LDS-01 and LDS-04, for what carries a proof.


async def test_lds_01_a_linked_data_signature_inside_an_announce_proves_nothing(town):
    post = town.scene.post(town.cleo, town.roads.uri)
    words = post | {"content": "<p>What they never wrote</p>"}
    made = town.scene.activity(
        town.cleo, "Create", words, signature={"type": "RsaSignature2017", "creator": "x"}
    )

    await done(town.scene, town.roads, "Announce", made)

    assert await town.scene.words(post["id"]) == "<p>As it was written.</p>"


async def test_lds_04_the_context_of_what_is_proven_is_neither_fetched_nor_applied(town):
    somebody = await known(town)
    post = somebody.post()
    inline = {"content": "as:name", "who": "@id", "@vocab": "https://evil.example/"}
    context = [ACTIVITYSTREAMS, town.scene.peer.url("evil", "/context"), inline]
    made = somebody.says("Create", post)
    before = asked(town)

    await done(
        town.scene, town.roads, "Announce", somebody.proven(made | {"@context": context})
    )

    assert await town.scene.words(post["id"]) == post["content"]
    assert asked(town) == before


# ACT-01, ACT-03, ACT-04 and DEL-24, for what carries a proof.


async def test_act_01_an_old_edit_passed_on_once_more_undoes_nothing(town):
    somebody = await known(town)
    post = somebody.post()
    await done(town.scene, town.roads, "Announce", somebody.says("Create", post))
    first = post | {"content": "<p>First edit</p>", "updated": "2026-03-02T08:10:00Z"}
    second = post | {"content": "<p>Second edit</p>", "updated": "2026-03-02T08:20:00Z"}
    old = somebody.says("Update", first)
    await done(town.scene, town.roads, "Announce", old)
    await done(town.scene, town.roads, "Announce", somebody.says("Update", second))

    assert await ignored(town.scene, town.roads, "Announce", old) == "edit-not-newer"

    assert await town.scene.words(post["id"]) == "<p>Second edit</p>"


async def test_act_01_an_edit_that_does_not_say_when_is_asked_for_at_its_origin(town):
    somebody = await known(town)
    post = town.scene.post(somebody.sender, town.roads.uri)
    await done(town.scene, town.roads, "Announce", somebody.says("Create", post))
    old = somebody.says("Update", post | {"content": "<p>Once</p>"})
    newest = post | {"content": "<p>Now</p>", "updated": LATER}
    town.scene.peer.publishes(post["id"], **newest)

    await done(town.scene, town.roads, "Announce", old)

    assert await town.scene.words(post["id"]) == "<p>Now</p>"


async def test_act_03_a_proven_delete_is_of_ones_own(town):
    somebody, author = await known(town), await known(town)
    post = author.post()
    await done(town.scene, town.roads, "Announce", author.says("Create", post))

    reason = await ignored(
        town.scene, town.roads, "Announce", somebody.says("Delete", post["id"])
    )

    assert reason == "not-theirs-to-delete"


async def test_del_24_a_proven_delete_needs_no_origin(town):
    somebody = await known(town)
    post = somebody.post()
    await done(town.scene, town.roads, "Announce", somebody.says("Create", post))
    town.scene.peer.tells(post["id"], Reply(status=503))

    await done(town.scene, town.roads, "Announce", somebody.says("Delete", post["id"]))

    facts = await town.scene.facts(post["id"])
    assert facts is not None
    assert facts.deleted_at is not None


async def test_act_22_a_proven_vote_counts_and_one_without_proof_or_id_does_not(town):
    somebody = await known(town)
    like = somebody.says("Like", town.trip)
    nameless = {k: v for k, v in like.items() if k not in {"id", "proof"}}

    reason = await ignored(town.scene, town.roads, "Announce", nameless)
    before = asked(town)
    await done(town.scene, town.roads, "Announce", like)

    assert reason == "activity-without-id"
    assert asked(town) == before


async def test_act_18_of_many_things_passed_on_only_the_forged_one_is_refused(town):
    somebody = await known(town)
    posts = [somebody.post(), somebody.post()]
    made = [somebody.says("Create", post) for post in posts]
    made[0] |= {"summary": "altered"}
    refused = _refusals(town, "proof-wrong")

    await done(town.scene, town.roads, "Announce", made)

    assert await town.scene.facts(posts[0]["id"]) is None
    assert await town.scene.facts(posts[1]["id"]) is not None
    assert _refusals(town, "proof-wrong") == refused + 1


async def test_act_18_a_relay_that_is_no_community_is_refused_at_the_door(town):
    somebody = prover(town)
    made = somebody.says("Create", somebody.post())

    outcome = await town.scene.deliver(
        Sender(uri=town.mallory.uri, key=town.mallory.key, document={}), made
    )

    assert (outcome.status, outcome.refused) == (401, "key-not-of-actor")


def test_dos_09_proofs_of_what_was_read_are_kept_in_bounds_and_for_a_while(town):
    now = town.scene.here.now()
    kept = proving.MadeProofs()
    digests = [number.to_bytes(32) for number in range(proving.MOST_KEPT + 5)]

    for digest in digests:
        kept.add(digest, {"proofValue": digest.hex()}, now)

    assert len(kept) == proving.MOST_KEPT
    assert kept.find(digests[0], now) is None
    assert kept.find(digests[-1], now) == {"proofValue": digests[-1].hex()}
    assert kept.find(digests[-1], now + proving.FRESH) is None
