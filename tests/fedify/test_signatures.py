"""Requests signed by us, by Fedify and by a third library are understood by all of them."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Final

import pytest
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

from federation.errors import FederationError
from federation.signatures import SignedRequest, cavage, read_signature, rfc9421, verify
from federation.signatures.keys import generate_rsa, public_key
from tests.fedify.peer import FedifyPeer

AUTHORITY: Final = "transport.example:8443"
MIA: Final = "https://transport.example/@mia"
OURS: Final = generate_rsa(f"{MIA}#main-key", MIA)
BODY: Final = '{"type": "Like", "content": "👏"}'.encode()
PLAIN: Final = {"content-type": "application/activity+json"}
CAVAGE: Final = "draft-cavage-http-signatures-12"
RFC_9421: Final = "rfc9421"
SIGN: Final = {CAVAGE: cavage.sign, RFC_9421: rfc9421.sign}

WHO: Final = [
    (CAVAGE, one, other) for one in ("we", "fedify") for other in ("we", "fedify")
] + [
    (RFC_9421, one, other)
    for one in ("we", "fedify", "library")
    for other in ("we", "fedify", "library")
]
REQUESTS: Final = [
    ("POST", "/inbox"),
    ("GET", "/p/1"),
    ("GET", "/c/roads/outbox?page=2&before=%C3%A9"),
]
#: Fedify reads the request target of draft-cavage without its query, and signs it so.
NOT_UNDERSTOOD: Final = {(CAVAGE, "we", "fedify", REQUESTS[2])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request with its signature, and the key that made it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    key_id: str
    pem: str

    @property
    def url(self) -> str:
        return f"https://{AUTHORITY}{self.path}"


def now() -> datetime:
    """Fedify and the library look at the clock of the machine."""
    return datetime.fromtimestamp(time.time(), UTC)


async def signed(peer: FedifyPeer, who: str, spec: str, method: str, path: str) -> Signed:
    plain = Signed(
        method=method,
        path=path,
        headers=dict(PLAIN) if method == "POST" else {},
        body=BODY if method == "POST" else b"",
        key_id=OURS.key_id,
        pem=OURS.public_pem,
    )
    if who == "fedify":
        return await by_fedify(peer, spec, plain)
    return by_us(spec, plain) if who == "we" else by_library(plain)


def by_us(spec: str, plain: Signed) -> Signed:
    added = SIGN[spec](
        method=plain.method,
        url=plain.url,
        headers=plain.headers,
        body=plain.body or None,
        key=OURS,
        now=now(),
    )
    return replace(plain, headers=plain.headers | added)


async def by_fedify(peer: FedifyPeer, spec: str, plain: Signed) -> Signed:
    key = await peer.do("key", of="ada")
    headers = await peer.do(
        "sign",
        spec=spec,
        method=plain.method,
        url=plain.url,
        headers=plain.headers,
        body=plain.body.decode(),
    )
    return replace(plain, headers=headers, key_id=key["id"], pem=key["pem"])


def by_library(plain: Signed) -> Signed:
    message = SimpleNamespace(
        method=plain.method, url=plain.url, headers={"Host": AUTHORITY, **plain.headers}
    )
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.RSA_V1_5_SHA256,
        key_resolver=MappingKeyResolver(
            public_keys={}, private_keys={OURS.key_id: OURS.private_pem.encode()}
        ),
    )
    signer.sign(
        message,
        key_id=OURS.key_id,
        created=now(),
        covered_component_ids=("@method", "@target-uri"),
        body=plain.body or None,
    )
    return replace(plain, headers=message.headers)


async def holds(peer: FedifyPeer, who: str, request: Signed) -> bool:
    """Say whether somebody takes the request for one that the key has signed."""
    if who == "fedify":
        return await holds_for_fedify(peer, request)
    return holds_for_us(request) if who == "we" else holds_for_library(request)


def holds_for_us(request: Signed) -> bool:
    owner = request.key_id.partition("#")[0]
    key = public_key(key_id=request.key_id, owner=owner, pem=request.pem)
    received = SignedRequest(
        method=request.method,
        target=request.path,
        headers=tuple(request.headers.items()),
        body=request.body,
    )
    try:
        verify(read_signature(received, authority=AUTHORITY, now=now()), key)
    except FederationError:
        return False
    return True


async def holds_for_fedify(peer: FedifyPeer, request: Signed) -> bool:
    owner = request.key_id.partition("#")[0]
    actor = {
        "@context": [
            "https://www.w3.org/ns/activitystreams",
            "https://w3id.org/security/v1",
        ],
        "id": owner,
        "type": "Person",
        "inbox": f"{owner}/inbox",
        "publicKey": {"id": request.key_id, "owner": owner, "publicKeyPem": request.pem},
    }
    found = await peer.do(
        "verify",
        method=request.method,
        url=request.url,
        headers=request.headers,
        body=request.body.decode(),
        documents={owner: actor},
    )
    return bool(found == request.key_id)


def holds_for_library(request: Signed) -> bool:
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.RSA_V1_5_SHA256,
        key_resolver=MappingKeyResolver(
            public_keys={request.key_id: request.pem.encode()}, private_keys={}
        ),
    )
    message = SimpleNamespace(method=request.method, url=request.url, headers=request.headers)
    try:
        verifier.verify(message, body=request.body or None)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("request_line", REQUESTS, ids=["post", "get", "get-with-a-query"])
@pytest.mark.parametrize(("spec", "signer", "verifier"), WHO)
async def test_what_one_signs_the_other_takes_and_nothing_else(
    peer: FedifyPeer, spec: str, signer: str, verifier: str, request_line: tuple[str, str]
) -> None:
    request = await signed(peer, signer, spec, *request_line)

    taken = await holds(peer, verifier, request)
    elsewhere = await holds(peer, verifier, replace(request, path="/elsewhere"))

    assert taken is ((spec, signer, verifier, request_line) not in NOT_UNDERSTOOD)
    assert not elsewhere


@pytest.mark.parametrize(("spec", "signer", "verifier"), WHO)
async def test_nobody_takes_another_body_or_another_key(
    peer: FedifyPeer, spec: str, signer: str, verifier: str
) -> None:
    request = await signed(peer, signer, spec, "POST", "/inbox")
    other = generate_rsa(request.key_id, MIA)

    other_body = replace(request, body=request.body.replace(b"Like", b"Flag"))
    other_key = replace(request, pem=other.public_pem)

    assert not await holds(peer, verifier, other_body)
    assert not await holds(peer, verifier, other_key)
