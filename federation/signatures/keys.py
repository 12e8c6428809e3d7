"""Key pairs: create, encode, load; what a published key must look like to be used."""

import base64
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

import base58
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from federation.errors import Malformed, Unauthentic

RSA_BITS = 2048
SMALLEST_RSA_BITS = 2048
LARGEST_RSA_BITS = 8192
# 65537 is what everyone publishes; a huge exponent makes every check slow.
SMALLEST_EXPONENT = 3
LARGEST_EXPONENT = 2**32
# An 8192-bit key takes 1.5 kB; what is longer is not even parsed.
LONGEST_PEM = 4096
# Prefixes of the multicodec table; an RSA key is a PKCS #1 structure behind its own.
_ED25519_MULTICODEC = b"\xed\x01"
_RSA_MULTICODEC = b"\x85\x24"
# An 8192-bit key takes 1 kB, and base58 a third more.
_LONGEST_MULTIKEY = 1500

LoadedKey = RSAPublicKey | Ed25519PublicKey
_LoadedPrivateKey = RSAPrivateKey | Ed25519PrivateKey


class KeyKind(StrEnum):
    """What a key signs with: RSASSA-PKCS1-v1_5 with SHA-256, or Ed25519."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A published key and the actor whose document lists it; the PEM may be anything yet."""

    key_id: str
    owner: str
    kind: KeyKind
    pem: str

    @property
    def loaded(self) -> LoadedKey:
        """The key ready for use, from a bounded cache; refused as `load_public` says."""
        key = load_public(self.pem)
        if kind_of(key) is not self.kind:
            raise Unauthentic("key-kind-mismatch")
        return key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A key of one of our own actors; both halves as PEM (PKCS #8, SubjectPublicKeyInfo)."""

    key_id: str
    owner: str
    kind: KeyKind
    private_pem: str = field(repr=False)
    public_pem: str

    @property
    def public(self) -> PublicKey:
        """The half that we publish."""
        return PublicKey(
            key_id=self.key_id, owner=self.owner, kind=self.kind, pem=self.public_pem
        )


def generate_rsa(key_id: str, owner: str) -> KeyPair:
    """Create a 2048-bit RSA key pair; takes about 100 ms, so never on the event loop."""
    private = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return _pair(key_id, owner, KeyKind.RSA, private)


def generate_ed25519(key_id: str, owner: str) -> KeyPair:
    """Create an Ed25519 key pair (FEP-521a, FEP-8b32)."""
    return _pair(key_id, owner, KeyKind.ED25519, Ed25519PrivateKey.generate())


def public_key(*, key_id: str, owner: str, pem: str) -> PublicKey:
    """Make a PublicKey of what an actor document publishes, its kind taken from the key.

    Raises:
        Unauthentic: as `load_public`.
    """
    return PublicKey(key_id=key_id, owner=owner, kind=kind_of(load_public(pem)), pem=pem)


def kind_of(key: LoadedKey) -> KeyKind:
    """Say what a loaded key signs with."""
    return KeyKind.RSA if isinstance(key, RSAPublicKey) else KeyKind.ED25519


@lru_cache(maxsize=4096)
def load_public(pem: str) -> LoadedKey:
    """Load a published key, or refuse it before it costs anything (SIG-13).

    Takes SubjectPublicKeyInfo and, for RSA, PKCS #1. A key that was accepted is kept.

    Raises:
        Unauthentic: "key-too-long", "key-is-private", "key-malformed",
            "key-type-unsupported", "key-too-weak", "key-too-large", "key-exponent-unsafe".
    """
    if len(pem) > LONGEST_PEM:
        raise Unauthentic("key-too-long")
    if "PRIVATE KEY" in pem:
        # Whoever reads the actor can sign as the actor.
        raise Unauthentic("key-is-private")
    if pem.count("-----BEGIN ") != 1:
        raise Unauthentic("key-malformed")
    try:
        key = load_pem_public_key(pem.encode("ascii"))
    except UnsupportedAlgorithm as error:
        raise Unauthentic("key-type-unsupported") from error
    except ValueError as error:
        raise Unauthentic("key-malformed") from error
    if isinstance(key, RSAPublicKey):
        _check_rsa(key)
        return key
    if isinstance(key, Ed25519PublicKey):
        return key
    raise Unauthentic("key-type-unsupported")


def verify_bytes(key: PublicKey, signature: bytes, text: bytes) -> bool:
    """Say whether the key made this signature of this text, by the algorithm of its kind.

    Raises:
        Unauthentic: when the key itself is refused.
    """
    loaded = key.loaded
    try:
        if isinstance(loaded, RSAPublicKey):
            loaded.verify(signature, text, PKCS1v15(), SHA256())
        else:
            loaded.verify(signature, text)
    except InvalidSignature:
        return False
    return True


def sign_bytes(key: KeyPair, text: bytes) -> bytes:
    """Sign a text with one of our own keys, by the algorithm of its kind; any thread may."""
    private = _load_private(key.private_pem)
    if isinstance(private, RSAPrivateKey):
        return private.sign(text, PKCS1v15(), SHA256())
    return private.sign(text)


def multikey(public_pem: str) -> str:
    """Encode a key as Multikey: Ed25519 as "z6Mk…", RSA as "z4MX…" (FEP-521a).

    Raises:
        Unauthentic: as `load_public`.
    """
    key = load_public(public_pem)
    if isinstance(key, Ed25519PublicKey):
        encoded = _ED25519_MULTICODEC + key.public_bytes_raw()
    else:
        encoded = _RSA_MULTICODEC + key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return "z" + base58.b58encode(encoded).decode("ascii")


@lru_cache(maxsize=4096)
def multikey_pem(encoded: str) -> str:
    """Turn a Multikey back into PEM; only the one canonical spelling of a key.

    Raises:
        Malformed: "multikey-malformed".
        Unauthentic: an RSA key that `load_public` refuses.
    """
    # Decoding base58 takes quadratic time, so the length is looked at first.
    if not encoded.startswith("z") or len(encoded) > _LONGEST_MULTIKEY:
        raise Malformed("multikey-malformed")
    try:
        pem = _public_pem(_decoded(base58.b58decode(encoded[1:])))
    except ValueError as error:
        raise Malformed("multikey-malformed") from error
    if multikey(pem) != encoded:
        raise Malformed("multikey-malformed")
    return pem


def _decoded(prefixed: bytes) -> LoadedKey:
    """Read the key behind a multicodec prefix; what has none does not encode back to itself."""
    if prefixed.startswith(_RSA_MULTICODEC):
        body = base64.encodebytes(prefixed.removeprefix(_RSA_MULTICODEC)).decode("ascii")
        return load_public(
            f"-----BEGIN RSA PUBLIC KEY-----\n{body}-----END RSA PUBLIC KEY-----\n"
        )
    return Ed25519PublicKey.from_public_bytes(prefixed.removeprefix(_ED25519_MULTICODEC))


def _check_rsa(key: RSAPublicKey) -> None:
    if key.key_size < SMALLEST_RSA_BITS:
        raise Unauthentic("key-too-weak")
    if key.key_size > LARGEST_RSA_BITS:
        raise Unauthentic("key-too-large")
    numbers = key.public_numbers()
    if numbers.n % 2 == 0:
        raise Unauthentic("key-malformed")
    # The loader refuses 1 and even ones itself, as malformed.
    if not SMALLEST_EXPONENT <= numbers.e <= LARGEST_EXPONENT:
        raise Unauthentic("key-exponent-unsafe")


# Our own keys were checked when they were made; checking again costs 50 ms each time.
@lru_cache(maxsize=1024)
def _load_private(pem: str) -> _LoadedPrivateKey:
    key = load_pem_private_key(
        pem.encode("ascii"), password=None, unsafe_skip_rsa_key_validation=True
    )
    if isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        return key
    raise TypeError("not a key of ours: " + type(key).__name__)


def _pair(key_id: str, owner: str, kind: KeyKind, private: _LoadedPrivateKey) -> KeyPair:
    private_pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(
        key_id=key_id,
        owner=owner,
        kind=kind,
        private_pem=private_pem.decode("ascii"),
        public_pem=_public_pem(private.public_key()),
    )


def _public_pem(key: LoadedKey) -> str:
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")
