"""Object proofs (FEP-8b32): made for what we say, checked on what somebody passes on."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any, Final

import base58
import orjson
import rfc8785

from federation.errors import Gone, Malformed, Unauthentic
from federation.inbox import FindKey
from federation.signatures.keys import KeyKind, KeyPair, PublicKey, sign_bytes, verify_bytes
from federation.uris import same_origin
from schemas.wire.reading import is_uri, moment, one_uri
from schemas.wire.strict import DEEPEST
from schemas.wire.vocabulary import BadDocument

SUITE: Final = "eddsa-jcs-2022"
_TYPE: Final = "DataIntegrityProof"
_PURPOSE: Final = "assertionMethod"
#: How far the clock of whoever made a proof may be ahead of ours.
AHEAD: Final = timedelta(hours=1)
#: Both numbers are of one Ed25519 signature; decoding base58 takes quadratic time.
_SIGNATURE_BYTES: Final = 64
_LONGEST_VALUE: Final = 96
#: Beyond it JavaScript loses digits, so RFC 8785 has no form for it (RFC 7493 2.2).
_SAFEST: Final = 2**53 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenBy:
    """Whose word a document is, by its proof: the actor that it names, and the key."""

    actor: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """A proof of our suite, apart from what it proves; both as they came, still to be judged.

    `options` is the proof without its value, `document` is without proof and `signature`.
    """

    options: dict[str, Any]
    document: dict[str, Any]
    method: str
    value: object


def attach_proof(
    document: dict[str, Any], key: KeyPair, *, created: datetime
) -> dict[str, Any]:
    """Give a document with a proof by its actor or author (FEP-8b32, VC Data Integrity 4.2).

    Args:
        document: with its `@context` where it is to stand alone; a proof in it is replaced.
        key: an Ed25519 pair of the actor that the document names.
        created: when; written in whole seconds, because others write the time anew before
            they check it (Fedify 2.3).

    Raises:
        Malformed: "proof-not-canonical", for a document that RFC 8785 has no form for.
    """
    bare = _bare(document)
    options: dict[str, Any] = {
        "type": _TYPE,
        "cryptosuite": SUITE,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verificationMethod": key.key_id,
        "proofPurpose": _PURPOSE,
    }
    if "@context" in bare:
        options["@context"] = bare["@context"]
    signature = sign_bytes(key, _text(options, bare))
    value = "z" + base58.b58encode(signature).decode("ascii")
    return bare | {"proof": options | {"proofValue": value}}


async def verify_proof(
    document: dict[str, Any], *, now: datetime, find_key: FindKey
) -> ProvenBy | None:
    """Say whose word a document is (FEP-8b32, FEP-fe34; security.md LDS-05, LDS-06, LDS-09).

    None is a document without a proof that we can judge: none at all, several, one of another
    suite, one that has expired, one whose key is no longer listed, or one whose document lost
    its context on the way, as PieFed takes it off. Nothing follows from any of them.

    Args:
        document: read by `schemas.wire.strict`, so that it has one meaning.
        now: the receiver's clock.
        find_key: asked once for the key, and once more, fresh, when the proof does not hold.

    Raises:
        Unauthentic: "proof-wrong", "proof-purpose", "proof-not-of-actor", "proof-context",
            "proof-from-the-future", "proof-key-kind": somebody claims what is not so.
        Malformed: "proof-malformed", "proof-not-canonical".
        Forbidden, Unreachable: as `find_key`.
    """
    proof = _proof_in(document, now)
    if proof is None:
        return None
    return await _verified(proof, _owner_of(proof.document), now, find_key)


async def verify_issued(
    document: dict[str, Any], *, issuer: str, now: datetime, find_key: FindKey
) -> ProvenBy | None:
    """Say whether a credential is its issuer's word (VC Data Integrity 4.4).

    None is one without a proof that we can judge, as in `verify_proof`.

    Args:
        document: a credential, read by `schemas.wire.strict`.
        issuer: the actor who must have issued it; that the credential names them, too, is for
            whoever reads it to see.
        now: the receiver's clock.
        find_key: as in `verify_proof`.

    Raises:
        FederationError: as `verify_proof`.
    """
    proof = _proof_in(document, now)
    return None if proof is None else await _verified(proof, issuer, now, find_key)


async def _verified(
    proof: _Proof, actor: str, now: datetime, find_key: FindKey
) -> ProvenBy | None:
    _check_claims(proof, actor, now)
    signature = _signature(proof.value)
    texts = _texts(proof)
    for fresh in (False, True):
        try:
            key = await find_key(proof.method, fresh=fresh)
        except (Unauthentic, Gone, Malformed):
            return None
        if _holds(key, actor, signature, texts):
            return ProvenBy(actor=actor, key_id=proof.method)
    raise Unauthentic("proof-wrong")


def canonical(document: dict[str, Any]) -> bytes:
    """Write a document in its one form (RFC 8785).

    Raises:
        Malformed: "proof-not-canonical": a number that JSON readers do not agree on, or more
            depth than we read.
    """
    if _is_plain(document):
        # Without fractions and with names in ASCII, sorting is all there is to it.
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    try:
        return rfc8785.dumps(document)
    except rfc8785.CanonicalizationError as error:
        raise Malformed("proof-not-canonical") from error


def _is_plain(document: dict[str, Any]) -> bool:
    """Say whether two programs can write it in one form only, but for the order of names.

    Level by level, for it is asked of all that comes and goes.
    """
    plain = True
    level: list[Any] = [document]
    for _ in range(DEEPEST + 1):
        # Most of what there is is text, and no text is written in two ways.
        level = [each for each in level if not isinstance(each, str)]
        objects = [each for each in level if isinstance(each, dict)]
        plain = plain and "".join(chain.from_iterable(objects)).isascii()
        plain = plain and not any(map(_is_ambiguous, level))
        level = [part for each in level if isinstance(each, list) for part in each]
        level += chain.from_iterable(each.values() for each in objects)
        if not level:
            return plain
    raise Malformed("proof-not-canonical")


def _is_ambiguous(value: Any) -> bool:
    kind = type(value)
    return kind is float or (kind is int and not -_SAFEST <= value <= _SAFEST)


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    # A Linked Data signature was made over the proof, not the other way round (FEP-8b32).
    return {key: value for key, value in document.items() if key not in {"proof", "signature"}}


def _text(options: dict[str, Any], document: dict[str, Any]) -> bytes:
    return sha256(canonical(options)).digest() + sha256(canonical(document)).digest()


def _proof_in(document: dict[str, Any], now: datetime) -> _Proof | None:
    found = document.get("proof")
    if not isinstance(found, dict):
        return None
    if (found.get("type"), found.get("cryptosuite")) != (_TYPE, SUITE):
        return None
    if "expires" in found and _is_over(found["expires"], now):
        return None
    method, bare = found.get("verificationMethod"), _bare(document)
    if not isinstance(method, str) or not is_uri(method):
        return None
    if "@context" in found and "@context" not in bare:
        return None
    options = {key: value for key, value in found.items() if key != "proofValue"}
    return _Proof(options=options, document=bare, method=method, value=found.get("proofValue"))


def _is_over(expires: object, now: datetime) -> bool:
    until = moment(expires)
    return until is None or until <= now


def _owner_of(document: dict[str, Any]) -> str:
    """Read who says it: the actor of an activity, the author of anything else (FEP-fe34)."""
    name = "actor" if "actor" in document else "attributedTo"
    try:
        return one_uri(document.get(name))
    except BadDocument as error:
        raise Malformed("proof-malformed") from error


def _check_claims(proof: _Proof, actor: str, now: datetime) -> None:
    """Refuse what no key can make true, before any key is asked for."""
    if proof.options.get("proofPurpose") != _PURPOSE:
        raise Unauthentic("proof-purpose")
    if not same_origin(proof.method, actor) or not _is_at_home(proof.document.get("id"), actor):
        raise Unauthentic("proof-not-of-actor")
    if "@context" in proof.options and not _is_prefix(
        proof.options["@context"], proof.document["@context"]
    ):
        raise Unauthentic("proof-context")
    if "created" in proof.options:
        created = moment(proof.options["created"])
        if created is None:
            raise Malformed("proof-malformed")
        if created > now + AHEAD:
            raise Unauthentic("proof-from-the-future")


def _is_at_home(uri: object, actor: str) -> bool:
    """Say whether an id is on its owner's origin; what has none is nobody else's."""
    return uri is None or (isinstance(uri, str) and is_uri(uri) and same_origin(uri, actor))


def _is_prefix(proven: object, whole: object) -> bool:
    contexts = whole if isinstance(whole, list) else [whole]
    opening = proven if isinstance(proven, list) else [proven]
    return contexts[: len(opening)] == opening


def _signature(value: object) -> bytes:
    if not isinstance(value, str) or not value.startswith("z") or len(value) > _LONGEST_VALUE:
        raise Malformed("proof-malformed")
    try:
        signature = base58.b58decode(value[1:])
    except ValueError as error:
        raise Malformed("proof-malformed") from error
    if len(signature) != _SIGNATURE_BYTES:
        raise Malformed("proof-malformed")
    return signature


def _texts(proof: _Proof) -> list[bytes]:
    """Give what may have been signed: a proof that names no context may mean the document's.

    FEP-8b32's older vector leaves it out of both; Fedify 2.3 signs it and does not send it.
    """
    if "@context" in proof.options:
        document = proof.document | {"@context": proof.options["@context"]}
        return [_text(proof.options, document)]
    texts = [_text(proof.options, proof.document)]
    if "@context" in proof.document:
        meant = proof.options | {"@context": proof.document["@context"]}
        texts.append(_text(meant, proof.document))
    return texts


def _holds(key: PublicKey, actor: str, signature: bytes, texts: list[bytes]) -> bool:
    if key.owner != actor:
        raise Unauthentic("proof-not-of-actor")
    if key.kind is not KeyKind.ED25519:
        raise Unauthentic("proof-key-kind")
    return any(verify_bytes(key, signature, text) is True for text in texts)
