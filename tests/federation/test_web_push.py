"""Web Push: the published examples of both encodings, and who says that they sent it."""

import base64
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from federation import web_push
from federation.errors import Malformed
from federation.web_push import Message

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
#: RFC 8291, section 5 and appendix A.
P256DH = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY"
    "WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSg"
    "Sxsj_Qulcy4a-fN"
)
#: draft-ietf-webpush-encryption-04, section 5 and appendix A.
OLD_P256DH = (
    "BCEkBjzL8Z3C-oi2Q7oE5t2Np-p7osjGLg93qUP0wvqRT21EEWyf0cQDQcakQMqz4hQKYOQ3il2nNZct4HgAUQU"
)
OLD_AUTH = "R29vIGdvbyBnJyBqb29iIQ"
OLD_SENDER = "nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY"
OLD_PUBLIC = (
    "BNoRDbb84JGm8g5Z5CFxurSqsXWJ11ItfXEWYVLE85Y7CYkDjXsIEc4aqxYaQ1G8BqkXCJ6DPpDrWtdWj_mugHU"
)
OLD_SALT = "lngarbyKfMoi9Z75xYXmkg"
OLD_BODY = "6nqAQUME8hNqw5J3kl8cpVVJylXKYqZOeseZG8UueKpA"


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_example_of_the_standard_comes_out_to_the_byte() -> None:
    message = web_push.encrypt(
        b"When I grow up, I want to be a watermelon",
        web_push.receiver_from(P256DH, AUTH),
        standard=True,
        sender=raw(SENDER),
        salt=raw(SALT),
    )

    assert message == Message(headers={"Content-Encoding": "aes128gcm"}, body=raw(BODY))


def test_the_example_of_the_draft_comes_out_to_the_byte() -> None:
    message = web_push.encrypt(
        b"I am the walrus",
        web_push.receiver_from(OLD_P256DH, OLD_AUTH),
        standard=False,
        sender=raw(OLD_SENDER),
        salt=raw(OLD_SALT),
    )

    assert message.body == raw(OLD_BODY)
    assert message.headers == {
        "Content-Encoding": "aesgcm",
        "Encryption": f"salt={OLD_SALT}",
        "Crypto-Key": f"dh={OLD_PUBLIC}",
    }


@pytest.mark.parametrize("standard", [True, False])
def test_the_same_words_are_never_encrypted_alike(standard: bool) -> None:
    receiver = web_push.receiver_from(P256DH, AUTH)

    first, second = (web_push.encrypt(b"x", receiver, standard=standard) for _ in range(2))

    assert first.body != second.body


def test_what_no_service_takes_is_not_encrypted() -> None:
    receiver = web_push.receiver_from(P256DH, AUTH)
    longest = web_push.encrypt(b"x" * web_push.LONGEST, receiver, standard=True)

    with pytest.raises(Malformed) as refused:
        web_push.encrypt(b"x" * (web_push.LONGEST + 1), receiver, standard=True)

    assert len(longest.body) <= 4096
    assert refused.value.reason == "push-too-long"


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        (P256DH + "=", AUTH + "=="),
        (P256DH.replace("-", "+").replace("_", "/"), AUTH.replace("_", "/")),
    ],
)
def test_keys_are_read_in_either_alphabet(p256dh: str, auth: str) -> None:
    assert web_push.receiver_from(p256dh, auth) == web_push.receiver_from(P256DH, AUTH)


@pytest.mark.parametrize(
    ("p256dh", "auth", "reason"),
    [
        ("", AUTH, "push-key"),
        ("nonsense!", AUTH, "push-key"),
        ("é", AUTH, "push-key"),
        (P256DH[:-4], AUTH, "push-key"),
        # No point of the curve.
        ("BAAA" + P256DH[4:], AUTH, "push-key"),
        # A point of it, compressed.
        (web_push.encode(b"\x02" + raw(P256DH)[1:33]), AUTH, "push-key"),
        (P256DH, "", "push-auth"),
        (P256DH, "a b", "push-auth"),
        (P256DH, AUTH + "AAAA", "push-auth"),
    ],
)
def test_what_are_no_keys_is_refused(p256dh: str, auth: str, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        web_push.receiver_from(p256dh, auth)

    assert refused.value.reason == reason


@pytest.mark.parametrize("standard", [True, False])
def test_a_message_says_who_sends_it_to_this_one_service(standard: bool) -> None:
    key = web_push.new_key()
    message = web_push.encrypt(b"x", web_push.receiver_from(P256DH, AUTH), standard=standard)

    headers = web_push.proven(
        message,
        "https://Push.Example:443/send/1?x=2",
        key,
        subject="mailto:ops@agency.example",
        now=NOW,
    ).headers

    public = web_push.encode(web_push.public_of(key))
    if standard:
        scheme, token = headers["Authorization"].split(" t=")
        token, told = token.split(", k=")
        assert "Crypto-Key" not in headers
    else:
        scheme, token = headers["Authorization"].split(" ")
        dh, told = headers["Crypto-Key"].split(";p256ecdsa=")
        assert f"{dh}" == message.headers["Crypto-Key"]
    assert (scheme, told) == ("vapid" if standard else "WebPush", public)
    head, claims, signature = token.split(".")
    assert orjson.loads(raw(head)) == {"typ": "JWT", "alg": "ES256"}
    assert orjson.loads(raw(claims)) == {
        "aud": "https://push.example",
        "exp": int((NOW + timedelta(hours=12)).timestamp()),
        "sub": "mailto:ops@agency.example",
    }
    numbers = [int.from_bytes(raw(signature)[part]) for part in (slice(32), slice(32, 64))]
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(public)).verify(
        encode_dss_signature(*numbers), f"{head}.{claims}".encode(), ec.ECDSA(SHA256())
    )


def test_a_key_is_a_number_and_a_point() -> None:
    key = web_push.new_key()

    assert (len(key), len(web_push.public_of(key))) == (32, 65)
    assert web_push.public_of(raw(SENDER))[:1] == b"\x04"
    assert key != web_push.new_key()
