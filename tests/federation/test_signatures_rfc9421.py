"""RFC 9421: what we sign, what we read, and that others mean the same by it."""

import base64
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Malformed, Unauthentic
from federation.signatures import SignedRequest, read_signature, rfc9421, verify
from federation.signatures.digest import check_content_digest, content_digest_of, digest_of
from federation.signatures.inputs import read_input
from federation.signatures.keys import KeyKind, generate_ed25519, generate_rsa
from federation.signatures.targets import Target

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OURS = "transport.example:8443"
KEY_ID = "https://health.example/@ada#main-key"
RSA = generate_rsa(KEY_ID, "https://health.example/@ada")
ED25519 = generate_ed25519(KEY_ID, "https://health.example/@ada")
BODY = b'{"type": "Create"}'
ACTIVITY = {"Content-Type": "application/activity+json"}


def sent(*, method="POST", target="/inbox", body=BODY, key=RSA, now=NOW, headers=ACTIVITY):
    """What arrives at our door when somebody signs with our own `sign`."""
    added = rfc9421.sign(
        method=method,
        url=f"https://{OURS}{target}",
        headers=headers,
        body=body,
        key=key,
        now=now,
    )
    return SignedRequest(
        method=method,
        target=target,
        headers=tuple({**headers, **added}.items()),
        body=body or b"",
    )


def accepted(request, key=RSA):
    claim = read_signature(request, authority=OURS, now=NOW)
    verify(claim, key.public)
    return claim


# The request of RFC 9421, appendix B.2, and the halves of its keys that anybody may have.
PUBLISHED = {
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-digest": (
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmT"
        "HWXvJwew==:"
    ),
    "content-length": "18",
    **rfc9421.derived_values(
        "POST", Target(scheme="https", authority="example.com", path="/foo?param=Value&Pet=dog")
    ),
}
ED25519_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
    "-----END PUBLIC KEY-----\n"
)
RSA_PSS_PEM = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----
"""
MINIMAL = (
    "d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtR"
    "xf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhz"
    "x2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP"
    "5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q=="
)
FULL = (
    "bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRR"
    "U5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFk"
    "h/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZ"
    "H896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA=="
)


@pytest.mark.parametrize(
    ("covered", "more", "signature"),
    [
        ((), ';nonce="b3k2pp5k7z-50gnwp.yemd"', MINIMAL),
        (
            (
                *("date", "@method", "@path", "@query", "@authority"),
                *("content-type", "content-digest", "content-length"),
            ),
            "",
            FULL,
        ),
    ],
    ids=["B.2.1", "B.2.3"],
)
def test_the_rsa_vectors_of_the_rfc_sign_the_text_we_build(covered, more, signature):
    key = load_pem_public_key(RSA_PSS_PEM.encode())
    assert isinstance(key, RSAPublicKey)
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f'({names});created=1618884473;keyid="test-key-rsa-pss"{more}'

    text = rfc9421.signature_base(covered, PUBLISHED, parameters)

    # Raises when it is wrong.
    key.verify(
        base64.b64decode(signature), text, PSS(mgf=MGF1(SHA512()), salt_length=64), SHA512()
    )


def test_the_ed25519_vector_of_the_rfc_is_read_and_covers_too_little_for_us():
    signature_input = (
        'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="https://example.com/test-key-ed25519"'
    )
    signature = (
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5"
        "WPpBKRCw==:"
    )
    headers = [item for item in PUBLISHED.items() if not item[0].startswith("@")]
    request = SignedRequest(
        method="POST",
        target="/foo?param=Value&Pet=dog",
        headers=(*headers, ("Signature-Input", signature_input), ("Signature", signature)),
        body=b'{"hello": "world"}',
    )

    found = read_input([signature_input], [signature])
    published = found.parameters.replace("https://example.com/", "")
    text = rfc9421.signature_base(found.covered, PUBLISHED, published)

    key = load_pem_public_key(ED25519_PEM.encode())
    assert isinstance(key, Ed25519PublicKey)
    key.verify(found.signature, text)
    check_content_digest([PUBLISHED["content-digest"]], request.body)
    then = datetime(2021, 4, 20, 2, 8, tzinfo=UTC)
    with pytest.raises(Unauthentic, match="target uri not signed"):
        read_signature(request, authority="example.com", now=then)


# Another implementation of the RFC, as a witness.
ALGORITHMS = {
    KeyKind.RSA: algorithms.RSA_V1_5_SHA256,
    KeyKind.ED25519: algorithms.ED25519,
}


class Witness(HTTPMessageVerifier):
    """It would ask the system for the time, which is not ours."""

    def validate_created_and_expires(self, sig_input, max_age=None):
        return


def keyring(key):
    return MappingKeyResolver(
        public_keys={key.key_id: key.public_pem.encode()},
        private_keys={key.key_id: key.private_pem.encode()},
    )


@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_what_we_sign_another_implementation_accepts(key):
    request = sent(key=key)
    message = SimpleNamespace(
        method="POST", url=f"https://{OURS}/inbox", headers=dict(request.headers)
    )
    witness = Witness(signature_algorithm=ALGORITHMS[key.kind], key_resolver=keyring(key))

    [result] = witness.verify(
        message, require_components=("@method", "@target-uri", "content-digest"), body=BODY
    )

    assert result.body == BODY
    with pytest.raises(InvalidSignature):
        witness.verify(message, body=b"{}")


@pytest.mark.parametrize("include_alg", [True, False])
@pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])
def test_what_another_implementation_signs_we_accept(key, include_alg):
    message = SimpleNamespace(
        method="POST", url=f"https://{OURS}/inbox", headers={"Host": OURS, **ACTIVITY}
    )
    HTTPMessageSigner(signature_algorithm=ALGORITHMS[key.kind], key_resolver=keyring(key)).sign(
        message,
        key_id=KEY_ID,
        created=NOW,
        expires=NOW + timedelta(minutes=5),
        nonce="a nonce",
        include_alg=include_alg,
        covered_component_ids=("@method", "@target-uri", "@authority", "content-type"),
        body=BODY,
    )
    request = SignedRequest(
        method="POST", target="/inbox", headers=tuple(message.headers.items()), body=BODY
    )

    claim = accepted(request, key)

    assert "content-digest" in claim.covered
    assert claim.valid_until == NOW + timedelta(minutes=65)
    with pytest.raises(Unauthentic, match="digest mismatch"):
        accepted(replace(request, body=b"{}"), key)


def test_a_post_of_ours_covers_method_target_digest_and_type():
    added = rfc9421.sign(
        method="POST",
        url="https://transport.example:443/inbox#top",
        headers=ACTIVITY,
        body=BODY,
        key=RSA,
        now=NOW,
    )

    assert added.keys() == {"Host", "Content-Digest", "Signature-Input", "Signature"}
    assert added["Host"] == "transport.example"
    assert added["Content-Digest"] == content_digest_of(BODY)
    assert added["Signature-Input"] == (
        'sig1=("@method" "@target-uri" "content-digest" "content-type");created=1772366400;'
        f'keyid="{KEY_ID}"'
    )


def test_a_get_of_ours_covers_method_and_target():
    request = sent(method="GET", target="/p/1?page=2", body=None, headers={"Accept": "*/*"})

    claim = accepted(request)

    assert claim.covered == ("@method", "@target-uri")
    [text] = claim.candidates
    assert text.startswith(
        b'"@method": GET\n"@target-uri": https://transport.example:8443/p/1?page=2\n'
    )


def test_a_post_without_a_body_is_signed_with_the_digest_of_nothing():
    claim = accepted(sent(body=None, headers={}))

    assert claim.covered == ("@method", "@target-uri", "content-digest")


@pytest.mark.parametrize("key_id", ['https://a.example/"', "https://a.example/é", "a\\b", "\n"])
def test_a_key_whose_id_would_not_travel_signs_nothing(key_id):
    with pytest.raises(Malformed, match="key id not signable"):
        sent(key=replace(RSA, key_id=key_id))


def test_a_header_with_a_line_end_is_not_signed():
    with pytest.raises(Unauthentic, match="signed text unprintable"):
        sent(headers={"Content-Type": "text/plain\r\nX-Evil: 1"})


def test_a_base_is_not_built_over_what_is_not_there():
    with pytest.raises(Unauthentic, match="covered header missing"):
        rfc9421.signature_base(("x-other",), PUBLISHED, "")


def test_an_instance_in_development_is_spoken_to_by_http():
    request = sent()

    claim = read_signature(request, authority=OURS, now=NOW, scheme="http")

    with pytest.raises(Unauthentic, match="signature wrong"):
        verify(claim, RSA.public)


PATHS = st.text(string.ascii_letters + string.digits + "/-._~%@", max_size=40).map("/p".__add__)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]),
    path=PATHS,
    query=st.sampled_from(["", "?page=2", "?a=b&c=%2F"]),
    body=st.binary(max_size=200),
    key=st.sampled_from([RSA, ED25519]),
    minutes=st.integers(-64, 59),
)
def test_what_we_sign_we_accept(*, method, path, query, body, key, minutes):
    request = sent(
        method=method,
        target=path + query,
        body=body if method in {"POST", "PUT", "DELETE"} else None,
        key=key,
        now=NOW + timedelta(minutes=minutes),
    )

    claim = accepted(request, key)

    assert NOW < claim.valid_until <= NOW + timedelta(minutes=125)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (["sha-256=:AAAA:"], "digest-mismatch"),
        ([content_digest_of(BODY) + ", sha-512=:AAAA:"], "digest-mismatch"),
        ([content_digest_of(BODY), content_digest_of(BODY)], "digest-duplicated"),
        (["md5=:AAAA:"], "digest-unsupported"),
        (["sha-256=:A:"], "content-digest-malformed"),
        (["sha-256=AAAA"], "content-digest-malformed"),
        ([digest_of(BODY)], "content-digest-malformed"),
        ([content_digest_of(BODY) + ";x=1"], "content-digest-malformed"),
        ([content_digest_of(BODY) + ","], "content-digest-malformed"),
        ([""], "content-digest-malformed"),
    ],
)
def test_a_content_digest_that_is_not_of_the_body_is_refused(values, reason):
    with pytest.raises(FederationError) as refusal:
        check_content_digest(values, BODY)

    assert refusal.value.reason == reason


def test_a_digest_by_a_method_that_we_do_not_know_does_no_harm_beside_one_that_holds():
    check_content_digest(["id-sha-1=:AAAA:, " + content_digest_of(BODY)], BODY)


PIECES = st.sampled_from(
    [
        *('sig1=("@method" "@target-uri")', 'sig1=("@method" "@target-uri" "x-a")', "sig1=()"),
        *(";created=1772366400", f';keyid="{KEY_ID}"', ';alg="ed25519"', ";expires=9"),
        *(", ", "sig1=:AAAA:", '"date";req', ")", '"', "\\", "?1", ";tag", ";nonce=:AA:"),
    ]
)
VALUES = st.text(max_size=60) | st.lists(PIECES, max_size=6).map("".join)
WHOLE = st.just(f'sig1=("@method" "@target-uri");created=1772366400;keyid="{KEY_ID}"')


@given(
    st.sampled_from(["GET", "POST"]) | st.text(max_size=5),
    st.text(max_size=20),
    VALUES | WHOLE,
    VALUES | st.just("sig1=:AAAA:"),
    st.lists(
        st.tuples(st.sampled_from(["Content-Digest", "Host", "Date"]), VALUES), max_size=3
    ),
    st.binary(max_size=20),
)
def test_no_request_makes_the_reader_fail_in_another_way(
    method, target, signature_input, signature, more, body
):
    headers = (("Signature-Input", signature_input), ("Signature", signature), *more)
    request = SignedRequest(method=method, target=target, headers=headers, body=body)

    try:
        claim = read_signature(request, authority=OURS, now=NOW)
    except FederationError:
        return

    with pytest.raises(Unauthentic):
        verify(claim, RSA.public)
