"""Keys: made, loaded, refused, written as Multikey."""

import threading
import time
from contextlib import suppress

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Malformed, Unauthentic
from federation.signatures.keys import (
    KeyKind,
    KeyPair,
    PublicKey,
    generate_ed25519,
    generate_rsa,
    load_public,
    multikey,
    multikey_pem,
    public_key,
    sign_bytes,
    verify_bytes,
)

KEY_ID = "https://health.example/@ada#main-key"
OWNER = "https://health.example/@ada"
RSA = generate_rsa(KEY_ID, OWNER)
ED25519 = generate_ed25519(KEY_ID, OWNER)


def public_pem(
    key: ec.EllipticCurvePublicKey | x25519.X25519PublicKey | rsa.RSAPublicKey,
) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize("pair", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_what_a_pair_signs_its_public_half_verifies(pair):
    signature = sign_bytes(pair, b"a text")

    assert verify_bytes(pair.public, signature, b"a text")
    assert not verify_bytes(pair.public, signature, b"another text")
    assert not verify_bytes(pair.public, signature[:-1], b"a text")
    assert not verify_bytes(pair.public, b"", b"a text")


def test_a_pair_knows_its_kind_and_keeps_its_private_half_out_of_the_logs():
    assert (RSA.kind, ED25519.kind) == (KeyKind.RSA, KeyKind.ED25519)
    assert load_public(RSA.public_pem).key_size == 2048

    assert "PRIVATE" not in repr(RSA)


def test_a_published_key_tells_its_kind():
    assert public_key(key_id=KEY_ID, owner=OWNER, pem=RSA.public_pem) == RSA.public
    assert public_key(key_id=KEY_ID, owner=OWNER, pem=ED25519.public_pem) == ED25519.public


def test_a_key_of_the_older_rsa_form_is_read():
    pem = load_public(RSA.public_pem).public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()

    assert pem.startswith("-----BEGIN RSA PUBLIC KEY-----")
    assert load_public(pem) == load_public(RSA.public_pem)


def test_a_key_that_is_not_of_the_kind_it_was_stored_as_is_refused():
    key = PublicKey(key_id=KEY_ID, owner=OWNER, kind=KeyKind.RSA, pem=ED25519.public_pem)

    with pytest.raises(Unauthentic, match="key kind mismatch"):
        verify_bytes(key, b"x", b"y")


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        ("", "key-malformed"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "key-malformed"),
        (RSA.public_pem.replace("-----END", "\ud800-----END"), "key-malformed"),
        (RSA.public_pem + ED25519.public_pem, "key-malformed"),
        (RSA.private_pem, "key-is-private"),
        (RSA.public_pem + " " * 4096, "key-too-long"),
        (
            public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
            "key-type-unsupported",
        ),
        (public_pem(x25519.X25519PrivateKey.generate().public_key()), "key-type-unsupported"),
        (
            # An algorithm identifier that nobody knows: 1.2.3.4.
            "-----BEGIN PUBLIC KEY-----\nMA8wBwYDKgMEBQADBABhYmM=\n-----END PUBLIC KEY-----\n",
            "key-type-unsupported",
        ),
    ],
)
def test_what_is_no_key_of_ours_to_use_is_refused(pem, reason):
    with pytest.raises(Unauthentic) as refusal:
        load_public(pem)

    assert refusal.value.reason == reason


def test_a_modulus_that_is_even_is_refused():
    numbers = load_public(RSA.public_pem).public_numbers()
    even = rsa.RSAPublicNumbers(n=numbers.n - 1, e=65537).public_key()

    with pytest.raises(Unauthentic, match="key malformed"):
        load_public(public_pem(even))


def test_our_own_key_of_a_foreign_type_is_a_fault_and_no_refusal():
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    pair = KeyPair(
        key_id=KEY_ID, owner=OWNER, kind=KeyKind.RSA, private_pem=pem, public_pem=RSA.public_pem
    )

    with pytest.raises(TypeError, match="ECPrivateKey"):
        sign_bytes(pair, b"a text")


def test_many_threads_sign_with_one_key():
    signatures: set[bytes] = set()
    threads = [
        threading.Thread(target=lambda: signatures.add(sign_bytes(RSA, b"a text")))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert signatures == {sign_bytes(RSA, b"a text")}


def test_the_multikey_of_the_did_key_examples_is_reproduced():
    # did:key method, the Ed25519 example.
    encoded = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"

    assert multikey(multikey_pem(encoded)) == encoded


def test_a_multikey_is_the_key_and_nothing_else():
    encoded = multikey(ED25519.public_pem)

    assert encoded.startswith("z6Mk")
    assert multikey_pem(encoded) == ED25519.public_pem


def test_an_rsa_key_has_a_multikey_too():
    encoded = multikey(RSA.public_pem)

    assert encoded.startswith("z4MX")
    assert multikey_pem(encoded) == RSA.public_pem


@pytest.mark.parametrize(
    "encoded",
    [
        "z" + base58.b58encode(b"\x85\x24" + b"\x07" * 32).decode(),
        multikey(RSA.public_pem)[:-1],
        multikey(RSA.public_pem)[:-1] + "9",
    ],
    ids=["something-else", "cut", "changed"],
)
def test_only_an_rsa_key_is_read_behind_the_code_of_one(encoded):
    with pytest.raises(FederationError):
        multikey_pem(encoded)


def test_a_weak_rsa_key_is_no_better_as_a_multikey():
    weak = rsa.RSAPublicNumbers(n=2**1023 + 1, e=65537).public_key()
    der = weak.public_bytes(Encoding.DER, PublicFormat.PKCS1)

    with pytest.raises(Unauthentic, match="key too weak"):
        multikey_pem("z" + base58.b58encode(b"\x85\x24" + der).decode())


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        multikey(ED25519.public_pem)[1:],
        multikey(ED25519.public_pem) + " ",
        multikey(ED25519.public_pem)[:-1],
        "z" + multikey(ED25519.public_pem),
        "z6Mk0OIl",
        "z6Mké",
        # The raw 32 bytes without the code that says what they are.
        "z" + base58.b58encode(b"\x07" * 32).decode(),
        # The code of X25519.
        "z" + base58.b58encode(b"\xec\x01" + b"\x07" * 32).decode(),
    ],
    ids=[
        "empty",
        "no base",
        "a space",
        "cut",
        "two bases",
        "outside the alphabet",
        "not ASCII",
        "no code",
        "X25519",
    ],
)
def test_only_the_canonical_multikey_of_a_key_is_read(encoded):
    with pytest.raises(Malformed, match="multikey malformed"):
        multikey_pem(encoded)


def test_a_very_long_multikey_is_refused_at_once():
    started = time.process_time()

    with pytest.raises(Malformed, match="multikey malformed"):
        multikey_pem("z" + "2" * 200_000)

    assert time.process_time() - started < 0.1


@given(st.text() | st.binary(max_size=60).map(lambda raw: "z" + base58.b58encode(raw).decode()))
def test_no_multikey_makes_the_reader_fail_in_another_way(encoded):
    with suppress(FederationError):
        assert multikey(multikey_pem(encoded)) == encoded


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.binary())
def test_any_32_bytes_as_a_key_verify_or_not_but_never_fail(raw, signature, text):
    pem = multikey_pem("z" + base58.b58encode(b"\xed\x01" + raw).decode())
    key = public_key(key_id=KEY_ID, owner=OWNER, pem=pem)

    assert verify_bytes(key, signature, text) in {True, False}
