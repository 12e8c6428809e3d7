"""Which scheme a signed request speaks, and whether its signature holds."""

from collections.abc import Callable
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from federation.errors import Unauthentic
from federation.signatures import cavage, rfc9421
from federation.signatures.keys import KeyKind, PublicKey, verify_bytes
from federation.signatures.messages import Claim, SignedRequest

# The label never chooses the algorithm, the key does; a label that contradicts it is refused.
# "hs2019" with RSA means RSASSA-PKCS1-v1_5 with SHA-256 to everyone (SWICG report, 2.2).
_LABELS = {
    KeyKind.RSA: frozenset({None, "rsa-sha256", "hs2019", "rsa-v1_5-sha256"}),
    KeyKind.ED25519: frozenset({None, "ed25519", "hs2019"}),
}

# Key, signature, signed text. Whatever it answers but True is a refusal (SIG-14).
Check = Callable[[PublicKey, bytes, bytes], object]


def read_signature(
    request: SignedRequest, *, authority: str, now: datetime, scheme: str = "https"
) -> Claim:
    """Judge all of a signature that can be judged before its key is known (SIG-03 to SIG-12).

    A request that speaks RFC 9421 is judged by RFC 9421 only: falling back to the weaker
    scheme would let an attacker choose it (SIG-23).

    Args:
        request: as received.
        authority: our own host, with the port where there is one, from the configuration.
        now: the receiver's clock.
        scheme: "http" for an instance in development.

    Raises:
        Malformed: "content-digest-malformed".
        Unauthentic: with the reason.
    """
    if "signature-input" in request.fields():
        return rfc9421.read(request, scheme=scheme, authority=authority, now=now)
    return cavage.read(request, authority=authority, now=now)


def verify(claim: Claim, key: PublicKey) -> None:
    """Return only when the key made the signature; whose key it is, is another check (SIG-02).

    Raises:
        Unauthentic: "key-id-mismatch", "algorithm-mismatch", "signature-wrong", or why the
            key itself is refused (`keys.load_public`).
    """
    verify_by(verify_bytes, claim, key)


def verify_by(check: Check, claim: Claim, key: PublicKey) -> None:
    """Do as `verify`, with the check of one signature given: it must say True itself (SIG-14).

    Raises:
        Unauthentic: as `verify`; also when the check fails, whatever it answers or raises.
    """
    if key.key_id != claim.key_id:
        raise Unauthentic("key-id-mismatch")
    if claim.algorithm not in _LABELS[key.kind]:
        raise Unauthentic("algorithm-mismatch")
    for candidate in claim.candidates:
        try:
            answer = check(key, claim.signature, candidate)
        except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError) as error:
            raise Unauthentic("signature-wrong") from error
        if answer is True:
            return
    raise Unauthentic("signature-wrong")
