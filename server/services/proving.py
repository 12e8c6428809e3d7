"""Object proofs at this agency: ours made once for what goes out, those of others checked."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final
from weakref import WeakKeyDictionary

import structlog

from federation.errors import Malformed
from federation.proofs import attach_proof, canonical, verify_proof
from federation.session import Session
from federation.signatures.keys import KeyKind, KeyPair
from schemas.records import Actor, PostFacts
from schemas.wire.collections import without_context
from schemas.wire.vocabulary import CONTEXT, DATA_INTEGRITY
from server.context import Context
from server.services import discovery, keys
from server.storage import actors
from server.storage.database import Transaction

log = structlog.get_logger()

#: A proof is made anew after so long; a key of ours signs for hours after its successor came.
FRESH: Final = timedelta(minutes=10)
MOST_KEPT: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    proof: dict[str, Any]
    at: datetime


class MadeProofs:
    """Proofs of what was read lately, by what exactly was read; the oldest one goes first."""

    def __init__(self) -> None:
        self._made: OrderedDict[bytes, _Made] = OrderedDict()

    def __len__(self) -> int:
        return len(self._made)

    def find(self, digest: bytes, now: datetime) -> dict[str, Any] | None:
        made = self._made.get(digest)
        if made is None or abs(now - made.at) >= FRESH:
            return None
        return made.proof

    def add(self, digest: bytes, proof: dict[str, Any], now: datetime) -> None:
        self._made[digest] = _Made(proof=proof, at=now)
        self._made.move_to_end(digest)
        if len(self._made) > MOST_KEPT:
            self._made.popitem(last=False)


# They belong to the outgoing session of the process and end with it.
_KEPT: Final[WeakKeyDictionary[Session, MadeProofs]] = WeakKeyDictionary()


async def signing_keys(
    tx: Transaction, context: Context, actor_ids: Collection[int]
) -> dict[int, KeyPair]:
    """Give the Ed25519 pairs with which actors of ours prove what they say now."""
    rings = await actors.signing_keys(tx, actor_ids, now=context.now())
    return {
        actor_id: ring[KeyKind.ED25519]
        for actor_id, ring in rings.items()
        if KeyKind.ED25519 in ring
    }


async def prove_first(
    tx: Transaction, context: Context, actor: Actor, document: dict[str, Any]
) -> dict[str, Any]:
    """Give what one of our actors says with its proof, before anybody is told of it."""
    ours = await signing_keys(tx, context, {actor.id})
    return prove(context, document, ours.get(actor.id))


def prove(context: Context, document: dict[str, Any], key: KeyPair | None) -> dict[str, Any]:
    """Give an activity of ours with its proof, and with that of its own post inside it.

    The post has no context of its own there, and its proof does without one (wire.md 0.2).
    """
    inner = document.get("object")
    if isinstance(inner, dict) and inner.get("@context", CONTEXT) != CONTEXT:
        return _unproven(document)
    if key is None:
        log.error("no-proof-key", document=document["id"])
        return document
    if isinstance(inner, dict) and "proof" not in inner and _is_by(inner, key):
        document = document | {"object": attach_proof(inner, key, created=context.now())}
    try:
        return attach_proof(document, key, created=context.now())
    except Malformed:
        # Somebody's number that no two readers agree on is in what is passed on, or accepted.
        log.info("not-provable", document=document["id"])
        return document


def _unproven(document: dict[str, Any]) -> dict[str, Any]:
    """Leave the proof, and the context of proofs, to whoever wrote what is passed on.

    Two versions of that context exclude each other: v1 inside of v2 is no JSON-LD, to which
    Fedify 2.3 answers 400. Who passed it on, the signature of the request says.
    """
    kept = [each for each in document["@context"] if each != DATA_INTEGRITY]
    return document | {"@context": kept}


def _is_by(post: dict[str, Any], key: KeyPair) -> bool:
    return post.get("attributedTo") == key.owner


async def prove_posts(
    context: Context, found: Sequence[tuple[PostFacts, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Give posts as they are read with proofs of their authors, where these are ours.

    A proof is kept by what it proves: what was read lately costs neither a statement nor a
    signature. A tombstone names no author, so it has none.
    """
    kept, now = _KEPT.setdefault(context.session, MadeProofs()), context.now()
    proven = {}
    missing: dict[int, tuple[PostFacts, bytes]] = {}
    for place, (facts, document) in enumerate(found):
        if not facts.author_local or "attributedTo" not in document:
            continue
        digest = sha256(canonical(document)).digest()
        proof = kept.find(digest, now)
        if proof is None:
            missing[place] = (facts, digest)
        else:
            proven[place] = document | {"proof": proof}
    if missing:
        proven |= await _prove_now(context, found, missing)
    return [proven.get(place, document) for place, (_, document) in enumerate(found)]


async def prove_embedded(
    context: Context, found: Sequence[tuple[PostFacts, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Do as `prove_posts` for what stands inside a document, and has no context there."""
    bare = [(facts, without_context(document)) for facts, document in found]
    return await prove_posts(context, bare)


async def _prove_now(
    context: Context,
    found: Sequence[tuple[PostFacts, dict[str, Any]]],
    missing: dict[int, tuple[PostFacts, bytes]],
) -> dict[int, dict[str, Any]]:
    kept, now = _KEPT[context.session], context.now()
    async with context.database.reading() as tx:
        ours = await signing_keys(
            tx, context, {facts.author_id for facts, _ in missing.values()}
        )
    proven = {}
    for place, (facts, digest) in missing.items():
        key = ours.get(facts.author_id)
        if key is None:
            log.error("no-proof-key", document=facts.uri)
            continue
        proven[place] = attach_proof(found[place][1], key, created=now)
        kept.add(digest, proven[place]["proof"], now)
    return proven


async def is_proven(context: Context, document: dict[str, Any], actor: str) -> bool:
    """Say whether an activity that somebody passed on carries a proof of its actor (wire 0.9).

    The key comes as those of requests come: from storage, else from its origin, guarded.

    Raises:
        FederationError: the proof is a lie ("proof-…"), the actor's agency is blocked here, or
            the key could not be had now.
    """
    if "proof" not in document:
        return False
    await discovery.check_fetchable(context, actor)
    by = await verify_proof(
        document, now=context.network_now(), find_key=partial(keys.find_key, context)
    )
    return by is not None and by.actor == actor
