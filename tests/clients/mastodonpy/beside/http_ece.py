"""Reads pushes in the older encoding, by draft-ietf-webpush-encryption-04."""

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def decrypt(
    content: bytes,
    *,
    salt: bytes,
    private_key: ec.EllipticCurvePrivateKey,
    dh: bytes,
    auth_secret: bytes,
    **_rest: object,
) -> bytes:
    """Give what is in a single record of aesgcm."""
    curve = ec.SECP256R1()
    sender = ec.EllipticCurvePublicKey.from_encoded_point(curve, dh)
    ours = private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = private_key.exchange(ec.ECDH(), sender)
    secret = _derived(shared, auth_secret, b"Content-Encoding: auth\0", 32)
    names = b"\0P-256\0" + b"".join(len(key).to_bytes(2) + key for key in (ours, dh))
    key = _derived(secret, salt, b"Content-Encoding: aesgcm" + names, 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce" + names, 12)
    padded = AESGCM(key).decrypt(nonce, content, None)
    return padded[2 + int.from_bytes(padded[:2]) :]


def _derived(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)
