"""draft-cavage-12: what we sign, what we read, what we refuse."""

import base64
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Malformed, Unauthentic
from federation.signatures import SignedRequest, read_signature, sign, verify
from federation.signatures.cavage import signing_text
from federation.signatures.digest import digest_of
from federation.signatures.keys import generate_ed25519, generate_rsa, load_public, sign_bytes
from federation.signatures.parameters import read_parameters

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OURS = "transport.example:8443"
KEY_ID = "https://health.example/@ada#main-key"
RSA = generate_rsa(KEY_ID, "https://health.example/@ada")
ED25519 = generate_ed25519(KEY_ID, "https://health.example/@ada")
BODY = b'{"type": "Create"}'
ACTIVITY = {"Content-Type": "application/activity+json"}


def sent(*, method="POST", target="/inbox", body=BODY, key=RSA, now=NOW, headers=ACTIVITY):
    """What arrives at our door when somebody signs with our own `sign`."""
    added = sign(
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


def signed_by_hand(covered, values, *, method="GET", target="/p/1", body=b"", extra=""):
    """A request of another program: any coverage, any order, any further parameter."""
    text = "\n".join(f"{name}: {values[name]}" for name in covered)
    signature = base64.b64encode(sign_bytes(RSA, text.encode())).decode()
    header = f'keyId="{KEY_ID}",headers="{" ".join(covered)}",signature="{signature}"' + extra
    sent_values = [(name, value) for name, value in values.items() if not name.startswith("(")]
    return SignedRequest(
        method=method,
        target=target,
        headers=(*sent_values, ("signature", header)),
        body=body,
    )


def accepted(request):
    claim = read_signature(request, authority=OURS, now=NOW)
    verify(claim, RSA.public)
    return claim


# The published key and requests of draft-cavage-12, appendix C.
DRAFT_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
DRAFT_VALUES = {
    "(request-target)": "post /foo?param=value&pet=dog",
    "host": "example.com",
    "date": "Sun, 05 Jan 2014 21:31:40 GMT",
    "content-type": "application/json",
    "digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
    "content-length": "18",
}
DRAFT_ALL = (
    "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52"
    "LaEUHFv120V01IL+TAD48XaERZFukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
)


@pytest.mark.parametrize(
    ("covered", "signature"),
    [
        (
            ("date",),
            (
                "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+F"
                "LEEaDV5lp7q25WqS+lavg7T8hc0GppauB6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe"
                "5WozsbM="
            ),
        ),
        (
            ("(request-target)", "host", "date"),
            (
                "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw"
                "2iicw3HMbe8VfEdKFYRqzic+efkb3nndiv/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04"
                "swr2Os0="
            ),
        ),
        (tuple(DRAFT_VALUES), DRAFT_ALL),
    ],
    ids=["default", "basic", "all-headers"],
)
def test_the_vectors_of_the_draft_sign_the_text_we_build(covered, signature):
    key = load_pem_public_key(DRAFT_KEY.encode())
    assert isinstance(key, RSAPublicKey)

    text = signing_text(covered, DRAFT_VALUES)

    # Raises when it is wrong.
    key.verify(base64.b64decode(signature), text, PKCS1v15(), SHA256())


def test_the_request_of_the_draft_is_read_and_its_key_is_too_weak_for_us():
    headers = [item for item in DRAFT_VALUES.items() if not item[0].startswith("(")]
    covered = " ".join(DRAFT_VALUES)
    signature = (
        f'keyId="https://example.com/Test",algorithm="rsa-sha256",headers="{covered}",'
        f'signature="{DRAFT_ALL}"'
    )
    request = SignedRequest(
        method="POST",
        target="/foo?param=value&pet=dog",
        headers=(*headers, ("Signature", signature)),
        body=b'{"hello": "world"}',
    )

    then = datetime(2014, 1, 5, 21, 32, tzinfo=UTC)
    claim = read_signature(request, authority="example.com", now=then)

    key = load_pem_public_key(DRAFT_KEY.encode())
    assert isinstance(key, RSAPublicKey)
    key.verify(claim.signature, *claim.candidates, PKCS1v15(), SHA256())
    with pytest.raises(Unauthentic, match="key too weak"):
        load_public(DRAFT_KEY)


def test_a_post_of_ours_covers_target_host_date_digest_and_type():
    added = sign(
        method="POST",
        url="https://transport.example:443/inbox#top",
        headers=ACTIVITY,
        body=BODY,
        key=RSA,
        now=NOW,
    )

    parameters = read_parameters(added["Signature"])
    assert added.keys() == {"Host", "Date", "Digest", "Signature"}
    assert added["Host"] == "transport.example"
    assert added["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert added["Digest"] == digest_of(BODY)
    assert parameters.algorithm == "rsa-sha256"
    assert parameters.key_id == KEY_ID
    assert " ".join(parameters.covered) == "(request-target) host date digest content-type"


def test_a_get_of_ours_covers_target_host_and_date():
    request = sent(method="GET", target="/p/1?page=2", body=None, headers={"Accept": "*/*"})

    claim = accepted(request)

    assert claim.covered == ("(request-target)", "host", "date")
    assert claim.candidates[0].startswith(b"(request-target): get /p/1?page=2\n")


def test_a_post_without_a_body_is_signed_with_the_digest_of_nothing():
    request = sent(body=None, headers={})

    claim = accepted(request)

    assert claim.covered == ("(request-target)", "host", "date", "digest")


def test_ed25519_signs_under_a_label_that_says_to_look_at_the_key():
    request = sent(key=ED25519)

    claim = read_signature(request, authority=OURS, now=NOW)

    assert claim.algorithm == "hs2019"
    verify(claim, ED25519.public)


def test_the_root_of_a_site_is_signed_as_a_slash():
    added = sign(method="GET", url=f"https://{OURS}", headers={}, body=None, key=RSA, now=NOW)
    request = SignedRequest(method="GET", target="/", headers=tuple(added.items()), body=b"")

    assert accepted(request).key_id == KEY_ID


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/inbox",
        "ftp://transport.example/inbox",
        "https:///inbox",
        "https://ada@transport.example/inbox",
        "https://[transport.example/inbox",
        "https://transport.example/in\nbox",
        "https://transport.example/in box",
        "https://transport.example/bücher",
    ],
)
def test_an_address_that_would_not_travel_as_it_is_signed_is_not_signed(url):
    with pytest.raises(Malformed, match="url not signable"):
        sign(method="GET", url=url, headers={}, body=None, key=RSA, now=NOW)


def test_a_header_with_a_line_end_is_not_signed():
    headers = {"Content-Type": "text/plain\r\nX-Evil: 1"}

    with pytest.raises(Unauthentic, match="signed text unprintable"):
        sign(method="POST", url=f"https://{OURS}/", headers=headers, body=b"", key=RSA, now=NOW)


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

    claim = read_signature(request, authority=OURS, now=NOW)

    verify(claim, key.public)
    assert NOW < claim.valid_until <= NOW + timedelta(minutes=125)


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"target": "/inbox"},
        {"target": "/inbox?x=2"},
        {"target": "/INBOX?x=1"},
        {"body": b"{}"},
    ],
)
def test_a_request_changed_in_method_target_or_body_is_refused(change):
    request = replace(sent(target="/inbox?x=1"), **change)

    with pytest.raises(Unauthentic):
        accepted(request)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Type", "text/plain"),
        ("Host", "transport.example"),
        ("Date", "Sun, 01 Mar 2026 12:00:01 GMT"),
        ("Digest", digest_of(b"{}")),
        ("Digest", digest_of(BODY).replace("SHA", "sha")),
    ],
)
def test_a_request_changed_in_a_signed_header_is_refused(name, value):
    request = sent()
    headers = tuple({**dict(request.headers), name: value}.items())

    with pytest.raises(Unauthentic):
        accepted(replace(request, headers=headers))


def test_names_are_read_in_any_case_and_order():
    values = {
        "(request-target)": "get /p/1",
        "Accept": "application/activity+json",
        "Host": OURS.upper(),
        "DATE": "Sun, 01 Mar 2026 11:59:00 GMT",
    }
    lower = {name.lower(): value for name, value in values.items()}
    request = signed_by_hand(("date", "accept", "(request-target)", "host"), lower)
    shouting = replace(
        request, headers=tuple((name.upper(), f" {value}\t") for name, value in request.headers)
    )

    assert accepted(shouting).covered == ("date", "accept", "(request-target)", "host")


def test_quoted_times_of_lemmys_library_are_read():
    now = int(NOW.timestamp())
    values = {
        "(request-target)": "get /p/1",
        "(created)": str(now - 7200),
        "(expires)": str(now + 60),
        "host": OURS,
    }
    extra = f',algorithm="hs2019", created="{now - 7200}" ,expires={now + 60}'

    claim = accepted(signed_by_hand(tuple(values), values, extra=extra))

    assert claim.valid_until == NOW + timedelta(minutes=61)


def test_an_expiry_that_is_not_signed_makes_nothing_longer():
    values = {
        "(request-target)": "get /p/1",
        "host": OURS,
        "date": "Sun, 01 Mar 2026 10:00:00 GMT",
    }
    extra = f",expires={int(NOW.timestamp()) + 3600}"

    with pytest.raises(Unauthentic, match="signature expired"):
        accepted(signed_by_hand(tuple(values), values, extra=extra))


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("(created)", "covered-header-missing"),
        ("(expires)", "covered-header-missing"),
        ("x-other", "covered-header-missing"),
    ],
)
def test_what_is_covered_must_be_there(missing, reason):
    values = {
        "(request-target)": "get /p/1",
        "host": OURS,
        "date": "Sun, 01 Mar 2026 12:00:00 GMT",
        missing: "1",
    }
    request = signed_by_hand(tuple(values), values)
    without = replace(
        request, headers=tuple(item for item in request.headers if item[0] != missing)
    )

    with pytest.raises(Unauthentic) as refusal:
        accepted(without)

    assert refusal.value.reason == reason


def test_a_get_that_carries_a_body_must_sign_its_digest():
    request = replace(sent(method="GET", body=None), body=b"{}")

    with pytest.raises(Unauthentic, match="digest not signed"):
        accepted(request)


@pytest.mark.parametrize("target", ["/p/1\nhost: evil.example", "/p/é", "/p/\ud800"])
def test_a_target_that_could_forge_a_line_is_refused(target):
    request = replace(sent(method="GET", target="/p/1", body=None), target=target)

    with pytest.raises(Unauthentic, match="signed text unprintable"):
        accepted(request)


def test_a_look_alike_of_a_header_name_is_not_that_header():
    request = sent(method="GET", body=None)
    # The Kelvin sign becomes an ordinary k in lower case.
    headers = (*request.headers, ("x-\N{KELVIN SIGN}", "1"))

    assert replace(request, headers=headers).fields().keys() == request.fields().keys()


def test_a_key_with_another_id_than_the_one_claimed_is_not_tried():
    claim = read_signature(sent(), authority=OURS, now=NOW)

    with pytest.raises(Unauthentic, match="key id mismatch"):
        verify(claim, replace(RSA.public, key_id="https://evil.example/key"))


# Pieces of real headers make the interesting half of the search.
PIECES = st.sampled_from(
    [
        'keyId="https://a.example/k"',
        'algorithm="hs2019"',
        'headers="(request-target) host date"',
        'headers="(request-target) host (created) (expires)"',
        'signature="AAAA"',
        "created=1772366400",
        "expires=99999999999",
        ",",
        ", ",
        '"',
        "\\",
    ]
)
VALUES = (
    st.text(max_size=60)
    | st.lists(PIECES, max_size=12).map("".join)
    | st.permutations(
        [
            'keyId="https://a.example/k"',
            'headers="(request-target) host (created) (expires)"',
            'signature="AAAA"',
            "created=1772366400",
            "expires=99999999999",
        ]
    ).map(",".join)
    | st.sampled_from([OURS, "Sun, 01 Mar 2026 12:00:00 GMT", digest_of(b"")])
)
NAMES = st.text(max_size=12) | st.sampled_from(
    ["Signature", "Host", "Date", "Digest", "Signature-Input", "X-Forwarded-Host"]
)


@given(
    st.sampled_from(["GET", "POST"]) | st.text(max_size=5),
    st.text(max_size=20),
    st.lists(st.tuples(NAMES, VALUES), max_size=6)
    | st.fixed_dictionaries({"Signature": VALUES, "Host": VALUES, "Date": VALUES}).map(
        lambda fields: list(fields.items())
    ),
    st.binary(max_size=20),
)
def test_no_request_makes_the_reader_fail_in_another_way(method, target, headers, body):
    request = SignedRequest(method=method, target=target, headers=tuple(headers), body=body)

    try:
        claim = read_signature(request, authority=OURS, now=NOW)
    except FederationError:
        return

    with pytest.raises(Unauthentic):
        verify(claim, RSA.public)
