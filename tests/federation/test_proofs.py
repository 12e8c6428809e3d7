"""Object proofs: the published vectors, what we make, and what we make of others'."""

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import base58
import orjson
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Gone, Malformed, Unauthentic, Unreachable
from federation.proofs import ProvenBy, attach_proof, canonical, verify_proof
from federation.signatures.keys import (
    KeyKind,
    KeyPair,
    PublicKey,
    generate_ed25519,
    generate_rsa,
    multikey,
    sign_bytes,
)
from federation.translate.passing import passed_on
from schemas.wire.vocabulary import CONTEXT

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
ALICE = "https://server.example/users/alice"
KEY_ID = f"{ALICE}#ed25519-key"
PAIR = generate_ed25519(KEY_ID, ALICE)
STRANGER = generate_ed25519(KEY_ID, ALICE)

# The key and the two vectors of FEP-8b32, of its first years and of today.
PUBLISHED_KEY = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
PUBLISHED_MULTIKEY = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
PUBLISHED_AT = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
OLD_VECTOR = {
    "@context": [
        "https://www.w3.org/ns/activitystreams",
        "https://w3id.org/security/data-integrity/v1",
    ],
    "type": "Create",
    "actor": ALICE,
    "object": {"type": "Note", "content": "Hello world"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "proofValue": "z3sXaxjKs4M3BRicwWA9peyNPJvJqxtGsDmpt1jjoHCjgeUf71TRFz56osPSfDErszyLp5"
        "Ks1EhYSgpDaNM977Rg2",
        "created": "2023-02-24T23:36:38Z",
    },
}
_TODAY = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v2",
]
VECTOR = {
    "@context": _TODAY,
    "id": "https://server.example/activities/1",
    "type": "Create",
    "actor": ALICE,
    "object": {
        "id": "https://server.example/objects/1",
        "type": "Note",
        "attributedTo": ALICE,
        "content": "Hello world",
        "location": {"type": "Place", "longitude": -71.184902, "latitude": 25.273962},
    },
    "proof": {
        "@context": _TODAY,
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "verificationMethod": KEY_ID,
        "proofPurpose": "assertionMethod",
        "proofValue": "z42ffGu6AUKPCFcFPiabmUvnGLPJzC7e4DGWC52NUasSSH37UMa9c58tdgVszUcZfytxa4"
        "fQ5TYHaJENCxUDe9SdL",
        "created": "2023-02-24T23:36:38Z",
    },
}

NOTE = {
    "@context": CONTEXT,
    "id": "https://server.example/p/1",
    "type": "Note",
    "attributedTo": ALICE,
    "content": "<p>Ünïcode stays as it is: 👏</p>",
    "to": ["https://server.example/c/roads"],
    "replies": {"totalItems": 3},
}


def published_pair() -> KeyPair:
    private = Ed25519PrivateKey.from_private_bytes(base58.b58decode(PUBLISHED_KEY[1:])[2:])
    return KeyPair(
        key_id=KEY_ID,
        owner=ALICE,
        kind=KeyKind.ED25519,
        private_pem=private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode(),
        public_pem=private.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    )


class Keys:
    """Finds the keys it was given, and counts how often it is asked; afresh, other ones."""

    def __init__(
        self, *known: PublicKey, renewed: PublicKey | FederationError | None = None
    ) -> None:
        self.known = {key.key_id: key for key in known}
        self.renewed = renewed
        self.asked: list[tuple[str, bool]] = []

    async def __call__(self, key_id: str, *, fresh: bool) -> PublicKey:
        self.asked.append((key_id, fresh))
        if fresh and isinstance(self.renewed, FederationError):
            raise self.renewed
        if fresh and self.renewed is not None:
            return self.renewed
        if key_id not in self.known:
            raise Unauthentic("key-not-listed")
        return self.known[key_id]


class NoKeys:
    """Whoever asks it for a key has asked too early, or hears why there is none."""

    def __init__(self, error: FederationError) -> None:
        self.error = error

    async def __call__(self, key_id: str, *, fresh: bool) -> PublicKey:
        raise self.error


async def judged(document, *keys: PublicKey, now=NOW):
    """What a reader of its bytes makes of a document."""
    read = orjson.loads(json.dumps(document))
    return await verify_proof(read, now=now, find_key=Keys(*(keys or (PAIR.public,))))


def signed(document=NOTE, *, key=PAIR, **changed):
    """The document, with a proof of exactly these options, as whoever holds the key can."""
    made = attach_proof(document, key, created=NOW)
    if not changed:
        return made
    options = {
        name: each for name, each in (made["proof"] | changed).items() if each is not None
    }
    options.pop("proofValue")
    return resigned({**document, "proof": options}, key)


def resigned(document, key=PAIR):
    """Sign again whatever stands in the proof, however foolish it is."""
    bare = {name: each for name, each in document.items() if name != "proof"}
    text = b"".join(sha256(rfc8785.dumps(each)).digest() for each in (document["proof"], bare))
    value = "z" + base58.b58encode(sign_bytes(key, text)).decode()
    return bare | {"proof": document["proof"] | {"proofValue": value}}


# The vectors.


@pytest.mark.parametrize("vector", [OLD_VECTOR, VECTOR])
async def test_lds_06_the_published_vectors_hold(vector):
    key = published_pair().public
    assert multikey(key.pem) == PUBLISHED_MULTIKEY

    assert await judged(vector, key) == ProvenBy(actor=ALICE, key_id=KEY_ID)


def test_with_the_published_key_we_write_the_published_proof():
    bare = {name: each for name, each in VECTOR.items() if name != "proof"}

    assert attach_proof(bare, published_pair(), created=PUBLISHED_AT) == VECTOR


def test_the_vector_of_the_cryptosuite_itself():
    # W3C, Data Integrity EdDSA Cryptosuites 1.0, "Representation: eddsa-jcs-2022".
    contexts = [f"https://www.w3.org/ns/credentials/{each}" for each in ("v2", "examples/v2")]
    credential = {
        "@context": contexts,
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential", "AlumniCredential"],
        "name": "Alumni Credential",
        "description": "A minimum viable example of an Alumni Credential.",
        "issuer": "https://vc.example/issuers/5678",
        "validFrom": "2023-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "did:example:abcdefgh",
            "alumniOf": "The School of Examples",
        },
    }
    method = f"did:key:{PUBLISHED_MULTIKEY}#{PUBLISHED_MULTIKEY}"

    made = attach_proof(
        credential, replace(published_pair(), key_id=method), created=PUBLISHED_AT
    )

    assert made["proof"]["@context"] == contexts
    assert made["proof"]["proofValue"] == (
        "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"
    )


# Appendix B of RFC 8785: the bits of a number, and how it is written.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), NUMBERS)
def test_rfc_8785_numbers(bits, written):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical({"n": number}) == f'{{"n":{written}}}'.encode()


@pytest.mark.parametrize("bits", ["7fffffffffffffff", "7ff0000000000000", "fff0000000000000"])
def test_rfc_8785_has_no_form_for_what_is_no_number(bits):
    (number,) = struct.unpack(">d", bytes.fromhex(bits))

    with pytest.raises(Malformed, match="proof not canonical"):
        canonical({"n": number})


def test_rfc_8785_the_example_of_section_3_2():
    numbers = "[333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001]"
    string = r'"\u20ac$\u000F\u000aA' + "'" + r'\u0042\u0022\u005c\\\"\/"'
    written = f'{{"numbers": {numbers}, "string": {string}, "literals": [null, true, false]}}'

    assert (
        canonical(json.loads(written))
        == (
            '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
            '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


def test_rfc_8785_names_are_sorted_by_their_utf_16_units():
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\x80", "\xf6"]

    found = json.loads(canonical(dict.fromkeys(names, 1)))

    assert list(found) == ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2**53) + 1, 2**53 - 1)
    | st.text(),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_both_ways_to_write_it_give_the_same_bytes(document):
    written = canonical(document)

    assert written == rfc8785.dumps(document)
    assert canonical(orjson.loads(written)) == written


# What we make.


@given(content=st.text(), number=st.integers(-(2**53) + 1, 2**53 - 1), part=st.floats(0, 1))
async def test_what_we_sign_is_ours(content, number, part):
    document = NOTE | {"content": content, "n": number, "part": part}

    assert await judged(signed(document)) == ProvenBy(actor=ALICE, key_id=KEY_ID)


def test_the_document_and_a_wrong_proof_in_it_are_left_alone():
    before = json.dumps(VECTOR)

    made = attach_proof(VECTOR | {"signature": {"type": "RsaSignature2017"}}, PAIR, created=NOW)

    assert json.dumps(VECTOR) == before
    assert "signature" not in made
    assert made["proof"]["proofValue"] != VECTOR["proof"]["proofValue"]


def test_the_time_is_written_in_whole_seconds_of_utc():
    made = attach_proof(NOTE, PAIR, created=NOW + timedelta(milliseconds=999))

    assert made["proof"]["created"] == "2026-09-01T12:00:00Z"


async def test_a_document_without_a_context_is_proven_without_one():
    bare = {name: each for name, each in NOTE.items() if name != "@context"}

    made = signed(bare)

    assert "@context" not in made["proof"]
    assert await judged(made) == ProvenBy(actor=ALICE, key_id=KEY_ID)


def test_a_number_that_readers_disagree_on_is_never_signed():
    with pytest.raises(Malformed, match="proof not canonical"):
        signed(NOTE | {"n": 2**53})


# What we make of others'.


async def test_a_proof_that_names_no_context_may_cover_that_of_the_document():
    # So does Fedify 2.3.
    made = signed()
    del made["proof"]["@context"]

    assert await judged(made) == ProvenBy(actor=ALICE, key_id=KEY_ID)


async def test_what_follows_the_proven_context_is_not_proven():
    made = signed() | {"@context": [*CONTEXT, "https://relay.example/context"]}

    assert await judged(made) == ProvenBy(actor=ALICE, key_id=KEY_ID)


async def test_one_context_and_a_list_of_one_are_the_same():
    one = "https://www.w3.org/ns/activitystreams"
    made = signed(NOTE | {"@context": one}) | {"@context": [one]}

    assert await judged(made) == ProvenBy(actor=ALICE, key_id=KEY_ID)


UNPROVEN = {
    "none": NOTE,
    "several": NOTE | {"proof": [signed()["proof"]] * 2},
    "a list of one": NOTE | {"proof": [signed()["proof"]]},
    "a text": NOTE | {"proof": "believe me"},
    "another suite": signed(cryptosuite="eddsa-rdfc-2022"),
    "another type": signed(type="Ed25519Signature2020"),
    "no method": signed(verificationMethod=None),
    "a did": signed(verificationMethod="did:key:z6Mk"),
    "expired": signed(expires="2026-09-01T11:59:59Z"),
    "expires some day": signed(expires="some day"),
    "another key of theirs": signed(verificationMethod=f"{ALICE}#gone"),
    "the context was taken off": {k: v for k, v in signed().items() if k != "@context"},
}


@pytest.mark.parametrize("document", UNPROVEN.values(), ids=UNPROVEN)
async def test_lds_05_what_we_cannot_judge_proves_nothing(document):
    assert await judged(document) is None


@pytest.mark.parametrize("said", [{"expires": "2026-09-01T12:00:01Z"}, {"created": None}])
async def test_what_expires_later_or_says_no_time_holds(said):
    assert await judged(signed(**said)) == ProvenBy(actor=ALICE, key_id=KEY_ID)


WRONG = {
    "changed": ("proof-wrong", signed() | {"content": "<p>Other words</p>"}),
    "more": ("proof-wrong", signed() | {"summary": ""}),
    "deep": ("proof-wrong", signed() | {"replies": {"totalItems": 4}}),
    "another purpose": ("proof-purpose", signed(proofPurpose="authentication")),
    "no purpose": ("proof-purpose", signed(proofPurpose=None)),
    "of another actor": ("proof-not-of-actor", signed(NOTE | {"attributedTo": f"{ALICE}2"})),
    "of another origin": (
        "proof-not-of-actor",
        signed(verificationMethod="https://evil.example/@alice#key"),
    ),
    "of another's thing": (
        "proof-not-of-actor",
        signed(NOTE | {"id": "https://good.example/p/1"}),
    ),
    "an id that is none": ("proof-not-of-actor", signed(NOTE | {"id": 7})),
    "actor and author": ("proof-not-of-actor", signed(NOTE | {"actor": f"{ALICE}2"})),
    "another context": ("proof-context", signed() | {"@context": CONTEXT[1:]}),
    "from tomorrow": ("proof-from-the-future", signed(created="2026-09-01T13:00:01Z")),
    "no time": ("proof-malformed", signed(created="yesterday")),
    "nobody's": ("proof-malformed", signed(NOTE | {"attributedTo": None})),
    "two authors'": ("proof-malformed", signed(NOTE | {"attributedTo": [ALICE, f"{ALICE}2"]})),
    "a whole number too large": ("proof-not-canonical", signed() | {"n": 2**53}),
}


@pytest.mark.parametrize(("reason", "document"), WRONG.values(), ids=WRONG)
async def test_lds_05_what_is_not_so_is_refused_by_name(reason, document):
    with pytest.raises(FederationError) as caught:
        await judged(document)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "value", [None, 7, "", "u" + "A" * 86, "z" + "0" * 80, "z" + "1" * 97, "z" + "2" * 80]
)
async def test_a_value_that_is_no_signature_is_refused(value):
    made = signed()

    with pytest.raises(Malformed, match="proof malformed"):
        await judged(made | {"proof": made["proof"] | {"proofValue": value}})


def deep(levels: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for _ in range(levels):
        found = {"a": found}
    return found


async def test_what_is_nested_without_end_is_refused():
    with pytest.raises(Malformed, match="proof not canonical"):
        await verify_proof(signed() | deep(10_000), now=NOW, find_key=Keys(PAIR.public))


@given(st.data())
async def test_lds_06_any_one_byte_changed_and_it_is_not_proven(data):
    whole = json.dumps(signed(), ensure_ascii=True).encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([data.draw(st.integers(32, 126))]) + whole[at + 1 :]
    try:
        document = orjson.loads(changed)
    except orjson.JSONDecodeError:
        return
    if document == signed() or not isinstance(document, dict):
        return

    try:
        found = await verify_proof(document, now=NOW, find_key=Keys(PAIR.public))
    except FederationError:
        return
    assert found is None


async def test_a_key_that_changed_is_fetched_anew_once():
    keys = Keys(STRANGER.public, renewed=PAIR.public)

    found = await verify_proof(signed(), now=NOW, find_key=keys)

    assert found == ProvenBy(actor=ALICE, key_id=KEY_ID)
    assert keys.asked == [(KEY_ID, False), (KEY_ID, True)]


@pytest.mark.parametrize("renewed", [None, generate_ed25519(KEY_ID, ALICE).public])
async def test_a_proof_that_no_key_of_theirs_made_is_wrong(renewed):
    keys = Keys(STRANGER.public, renewed=renewed)

    with pytest.raises(Unauthentic, match="proof wrong"):
        await verify_proof(signed(), now=NOW, find_key=keys)

    assert len(keys.asked) == 2


async def test_an_rsa_key_proves_nothing_in_this_suite():
    with pytest.raises(Unauthentic, match="proof key kind"):
        await judged(signed(), generate_rsa(KEY_ID, ALICE).public)


@pytest.mark.parametrize(
    "error", [Unauthentic("key-not-listed"), Gone("key-gone"), Malformed("not-a-key")]
)
async def test_a_proof_whose_key_is_no_longer_there_proves_nothing(error):
    for keys in (NoKeys(error), Keys(STRANGER.public, renewed=error)):
        assert await verify_proof(signed(), now=NOW, find_key=keys) is None


async def test_while_the_key_cannot_be_had_nothing_is_decided():
    with pytest.raises(Unreachable):
        await verify_proof(signed(), now=NOW, find_key=NoKeys(Unreachable("timeout")))


# What is passed on.


async def test_what_is_passed_on_is_still_proven():
    arrived = signed() | {"signature": {"type": "RsaSignature2017"}}

    told = passed_on(arrived)

    assert "signature" not in told
    assert await judged(told) == ProvenBy(actor=ALICE, key_id=KEY_ID)


@pytest.mark.parametrize("hidden", ["bto", "bcc"])
@pytest.mark.parametrize("inside", [False, True])
def test_act_20_what_hides_recipients_is_passed_on_without_them_and_without_its_proof(
    hidden, inside
):
    blind = {hidden: ["https://server.example/users/bob"]}
    document = NOTE | ({"tag": [blind | {"type": "Mention"}]} if inside else blind)

    told = passed_on(signed(document))

    assert "users/bob" not in json.dumps(told)
    assert "proof" not in told
