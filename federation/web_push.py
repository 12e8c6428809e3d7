"""Web Push: messages encrypted to one program, in both encodings; who sends them (VAPID)."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from federation.errors import Malformed
from federation.uris import origin_of

#: What every push service takes (RFC 8030 7.2), less what the encodings add.
LONGEST: Final = 3900  # bytes

_SALT: Final = 16  # bytes
_AUTH: Final = 16
_POINT: Final = 65
_SCALAR: Final = 32
_KEY: Final = 16
_NONCE: Final = 12
_RECORD: Final = 4096
_PROVEN_FOR: Final = timedelta(hours=12)  # at most a day (RFC 8292 2)
_LAST: Final = b"\x02"  # delimiter of the last record (RFC 8188 2)
_NO_PADDING: Final = b"\x00\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """To whom messages are encrypted: a point on P-256, uncompressed, and a shared secret."""

    public: bytes
    auth: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An encrypted body with the headers that it is read by."""

    headers: Mapping[str, str]
    body: bytes


def encode(raw: bytes) -> str:
    """Write bytes as base64url without padding (RFC 7515 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def receiver_from(public: str, auth: str) -> Receiver:
    """Read the keys of a subscription, in either alphabet, padded or not (RFC 8291 2.1, 3.2).

    Raises:
        Malformed: "push-key" or "push-auth".
    """
    point, secret = _decoded(public), _decoded(auth)
    if point is None or len(point) != _POINT:
        raise Malformed("push-key")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise Malformed("push-key") from None
    if secret is None or len(secret) != _AUTH:
        raise Malformed("push-auth")
    return Receiver(public=point, auth=secret)


def _decoded(text: str) -> bytes | None:
    spelt = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(spelt + "=" * (-len(spelt) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def new_key() -> bytes:
    """Make a private key on P-256: 32 bytes, big-endian."""
    return _scalar_of(ec.generate_private_key(ec.SECP256R1()))


def public_of(private: bytes) -> bytes:
    """Give the uncompressed point, 65 bytes, of a private key."""
    return _point_of(_loaded(private).public_key())


def encrypt(
    plain: bytes,
    receiver: Receiver,
    *,
    standard: bool,
    sender: bytes | None = None,
    salt: bytes | None = None,
) -> Message:
    """Encrypt at most `LONGEST` bytes, in one record without padding.

    `standard` is aes128gcm (RFC 8291); else aesgcm (draft-ietf-webpush-encryption-04), which is
    all that the relays of some apps read. `sender` and `salt` are fresh but in tests.

    Raises:
        Malformed: "push-too-long".
    """
    if len(plain) > LONGEST:
        raise Malformed("push-too-long")
    own = _loaded(sender if sender is not None else new_key())
    salt = salt if salt is not None else secrets.token_bytes(_SALT)
    peer = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver.public)
    shared, public = own.exchange(ec.ECDH(), peer), _point_of(own.public_key())
    if standard:
        return _standard(plain, receiver, shared, public, salt)
    return _legacy(plain, receiver, shared, public, salt)


def _standard(
    plain: bytes, receiver: Receiver, shared: bytes, public: bytes, salt: bytes
) -> Message:
    material = _derive(
        receiver.auth, shared, b"WebPush: info\0" + receiver.public + public, _SCALAR
    )
    key = _derive(salt, material, b"Content-Encoding: aes128gcm\0", _KEY)
    nonce = _derive(salt, material, b"Content-Encoding: nonce\0", _NONCE)
    head = salt + _RECORD.to_bytes(4) + len(public).to_bytes(1) + public
    return Message(
        headers={"Content-Encoding": "aes128gcm"},
        body=head + AESGCM(key).encrypt(nonce, plain + _LAST, None),
    )


def _legacy(
    plain: bytes, receiver: Receiver, shared: bytes, public: bytes, salt: bytes
) -> Message:
    material = _derive(receiver.auth, shared, b"Content-Encoding: auth\0", _SCALAR)
    keys = b"P-256\0" + _sized(receiver.public) + _sized(public)
    key = _derive(salt, material, b"Content-Encoding: aesgcm\0" + keys, _KEY)
    nonce = _derive(salt, material, b"Content-Encoding: nonce\0" + keys, _NONCE)
    return Message(
        headers={
            "Content-Encoding": "aesgcm",
            "Encryption": f"salt={encode(salt)}",
            "Crypto-Key": f"dh={encode(public)}",
        },
        body=AESGCM(key).encrypt(nonce, _NO_PADDING + plain, None),
    )


def _sized(point: bytes) -> bytes:
    return len(point).to_bytes(2) + point


def _derive(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)


def proven(
    message: Message, endpoint: str, key: bytes, *, subject: str, now: datetime
) -> Message:
    """Say by headers who sends a message: a token for the origin of the push service.

    `subject` is a mailto: or https: URI under which we are reached. Beside the old encoding it
    is written as it was then (draft-ietf-webpush-vapid-01), beside the new as in RFC 8292 3.

    Raises:
        Malformed: the endpoint is no URI.
    """
    token, public = _token(endpoint, key, subject, now), encode(public_of(key))
    keys = message.headers.get("Crypto-Key")
    if keys is None:
        more = {"Authorization": f"vapid t={token}, k={public}"}
    else:
        more = {
            "Authorization": f"WebPush {token}",
            "Crypto-Key": f"{keys};p256ecdsa={public}",
        }
    return Message(headers={**message.headers, **more}, body=message.body)


def _token(endpoint: str, key: bytes, subject: str, now: datetime) -> str:
    claims = {
        "aud": origin_of(endpoint),
        "exp": int((now + _PROVEN_FOR).timestamp()),
        "sub": subject,
    }
    signed = ".".join(
        encode(orjson.dumps(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    one, other = decode_dss_signature(_loaded(key).sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"{signed}.{encode(one.to_bytes(_SCALAR) + other.to_bytes(_SCALAR))}"


def _loaded(private: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(private), ec.SECP256R1())


def _scalar_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes(_SCALAR)


def _point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
