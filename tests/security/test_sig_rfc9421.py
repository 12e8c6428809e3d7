"""SIG for requests that speak RFC 9421: coverage, structure, algorithms, window, origin."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import FederationError, Malformed
from federation.signatures import SignedRequest, cavage, read_signature, rfc9421, verify
from federation.signatures.digest import content_digest_of
from federation.signatures.keys import generate_ed25519, generate_rsa, sign_bytes
from federation.signatures.targets import Target

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
OURS = "transport.example"
OWNER = "https://health.example/@ada"
KEY_ID = f"{OWNER}#main-key"
RSA = generate_rsa(KEY_ID, OWNER)
ED25519 = generate_ed25519(KEY_ID, OWNER)
BODY = b'{"type": "Create"}'
FIELDS = {"host": OURS, "content-type": "application/activity+json"}

ALL = ("@method", "@target-uri", "content-digest")
CREATED = f";created={SECONDS}"
KEY = f';keyid="{KEY_ID}"'


def items(*names):
    return " ".join(f'"{name}"' for name in names)


def request(components, parameters, *, key=RSA, url=f"https://{OURS}/inbox", **changed):
    """A POST whose signature holds over whatever it covers, as far as that can be."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    target = Target(scheme=scheme, authority=authority, path=f"/{path}")
    fields = FIELDS | {"content-digest": content_digest_of(BODY)} | changed.pop("fields", {})
    values = rfc9421.derived_values("POST", target) | fields
    names = tuple(name.strip('"') for name in components.split(" ") if name)
    covered = tuple(name for name in names if name in values)
    text = rfc9421.signature_base(covered, values, f"({components}){parameters}")
    signature = base64.b64encode(sign_bytes(key, text)).decode()
    received = SignedRequest(
        method="POST",
        target="/inbox",
        headers=(
            *fields.items(),
            ("Signature-Input", f"sig1=({components}){parameters}"),
            ("Signature", f"sig1=:{signature}:"),
        ),
        body=BODY,
    )
    return replace(received, **changed)


def with_header(received, name, value):
    headers = tuple(each for each in received.headers if each[0].lower() != name.lower())
    return replace(received, headers=(*headers, (name, value)))


RIGHT = request(items(*ALL), CREATED + KEY)
INPUT = dict(RIGHT.headers)["Signature-Input"]
SIGNATURE = dict(RIGHT.headers)["Signature"]


def accept(received, *, key=RSA, now=NOW):
    claim = read_signature(received, authority=OURS, now=now)
    verify(claim, key.public)
    return claim


def refusal(received, *, key=RSA, now=NOW, status=401):
    with pytest.raises(FederationError) as refused:
        accept(received, key=key, now=now)
    assert refused.value.status == status
    return refused.value.reason


def test_sig_the_request_that_these_rows_change_is_right_itself():
    assert accept(RIGHT).covered == ALL


# SIG-05, SIG-07: body and target


def test_sig_05_a_body_that_is_not_the_one_of_the_content_digest_is_refused():
    assert refusal(replace(RIGHT, body=b"{}")) == "digest-mismatch"
    assert refusal(replace(RIGHT, body=b"")) == "digest-mismatch"


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"target": "/@ada/inbox"},
        {"target": "/INBOX"},
        {"target": "/inbox?x"},
    ],
)
def test_sig_07_a_signature_for_one_request_is_refused_for_another(change):
    assert refusal(replace(RIGHT, **change)) == "signature-wrong"


# SIG-09, SIG-10: the window


@pytest.mark.parametrize("minutes", [-65, -50, 0, 60])
def test_sig_09_inside_the_window_a_created_counts(minutes):
    created = SECONDS + minutes * 60

    assert accept(request(items(*ALL), f";created={created}{KEY}"))


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(-66, "signature-expired"), (61, "signature-from-the-future")],
)
def test_sig_09_outside_the_window_a_created_is_refused(minutes, reason):
    created = SECONDS + minutes * 60

    assert refusal(request(items(*ALL), f";created={created}{KEY}")) == reason


@pytest.mark.parametrize(
    ("created", "reason"),
    [
        ("-1", "signature-time-malformed"),
        ("0123", "signature-time-malformed"),
        ("9999999999999999", "signature-time-malformed"),
        ("99999999999999999", "signature-input-malformed"),
        (f"{SECONDS}.0", "signature-input-malformed"),
        (f'"{SECONDS}"', "signature-input-malformed"),
        ("?1", "signature-input-malformed"),
        (":AAAA:", "signature-input-malformed"),
        ("@1", "signature-input-malformed"),
        ("", "signature-input-malformed"),
    ],
)
def test_sig_09_a_created_that_is_no_plain_number_is_refused(created, reason):
    assert refusal(request(items(*ALL), f";created={created}{KEY}")) == reason


def test_sig_10_an_expiry_ten_years_away_counts_for_twelve_hours():
    expires = SECONDS + 10 * 365 * 86_400
    claim = accept(request(items(*ALL), f"{CREATED};expires={expires}{KEY}"))

    assert claim.valid_until == NOW + timedelta(hours=13)


# SIG-13: algorithms


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "rsa-v1_5-sha256"), (ED25519, "ed25519")], ids=["rsa", "ed"]
)
def test_sig_13_a_label_of_rfc_9421_that_the_key_agrees_with_is_taken(key, algorithm):
    received = request(items(*ALL), f'{CREATED}{KEY};alg="{algorithm}"', key=key)

    assert accept(received, key=key).algorithm == algorithm


@pytest.mark.parametrize(
    ("key", "algorithm", "reason"),
    [
        (RSA, "ed25519", "algorithm-mismatch"),
        (ED25519, "rsa-v1_5-sha256", "algorithm-mismatch"),
        (RSA, "rsa-pss-sha512", "algorithm-unsupported"),
        (RSA, "hmac-sha256", "algorithm-unsupported"),
        (RSA, "ecdsa-p256-sha256", "algorithm-unsupported"),
        (RSA, "none", "algorithm-unsupported"),
        (RSA, "", "algorithm-unsupported"),
        (RSA, "rsa-sha256", "algorithm-unsupported"),
        (RSA, "hs2019", "algorithm-unsupported"),
    ],
)
def test_sig_13_a_label_of_rfc_9421_chooses_nothing(key, algorithm, reason):
    received = request(items(*ALL), f'{CREATED}{KEY};alg="{algorithm}"', key=key)

    assert refusal(received, key=key) == reason


@pytest.mark.parametrize(("signer", "known"), [(RSA, ED25519), (ED25519, RSA)])
def test_sig_13_a_signature_of_rfc_9421_by_a_key_of_another_type_is_refused(signer, known):
    received = request(items(*ALL), CREATED + KEY, key=signer)

    assert refusal(received, key=known) == "signature-wrong"


# SIG-03: key ids


@pytest.mark.parametrize(
    "key_id", ["acct:ada@health.example", "", "/@ada", "https://a@b.example/", "did:key:z6Mk"]
)
def test_sig_03_only_a_web_address_names_a_key_in_rfc_9421(key_id):
    received = request(items(*ALL), f'{CREATED};keyid="{key_id}"')

    assert refusal(received) == "key-id-unusable"


# SIG-23: minimum coverage


@pytest.mark.parametrize(
    ("components", "parameters", "reason"),
    [
        (items("@target-uri", "content-digest"), CREATED + KEY, "method-not-signed"),
        (items("@method", "content-digest"), CREATED + KEY, "target-uri-not-signed"),
        (
            items("@method", "@authority", "@path", "@query", "@scheme", "content-digest"),
            CREATED + KEY,
            "target-uri-not-signed",
        ),
        (
            items("@method", "@request-target", "host", "content-digest"),
            CREATED + KEY,
            "target-uri-not-signed",
        ),
        (items("@method", "@target-uri"), CREATED + KEY, "digest-not-signed"),
        (items("@method", "@target-uri", "content-type"), CREATED + KEY, "digest-not-signed"),
        ("", CREATED + KEY, "method-not-signed"),
        (items(*ALL), KEY, "signature-parameter-missing"),
        (items(*ALL), f";expires={SECONDS + 60}{KEY}", "signature-parameter-missing"),
        (items(*ALL), CREATED, "signature-parameter-missing"),
    ],
)
def test_sig_23_what_is_not_signed_is_not_trusted(components, parameters, reason):
    assert refusal(request(components, parameters)) == reason


def test_sig_23_a_get_that_carries_a_body_must_sign_its_digest():
    received = replace(request(items("@method", "@target-uri"), CREATED + KEY), method="GET")

    assert refusal(received) == "digest-not-signed"


@pytest.mark.parametrize(
    "value",
    ["nonsense", "sha-256=:=:", "sha-256=AAAA", "", "sha-256=:AAAA", 'sha-256="AAAA"'],
)
def test_sig_23_a_content_digest_that_cannot_be_read_is_a_bad_request(value):
    received = request(items(*ALL), CREATED + KEY, fields={"content-digest": value})

    with pytest.raises(Malformed):
        accept(received)
    assert refusal(received, status=400) == "content-digest-malformed"


def test_sig_23_a_digest_by_sha_512_alone_is_enough_and_md5_is_none():
    def by(algorithm, digest):
        value = f"{algorithm}=:{base64.b64encode(digest).decode()}:"
        return request(items(*ALL), CREATED + KEY, fields={"content-digest": value})

    assert accept(by("sha-512", hashlib.sha512(BODY).digest()))
    assert refusal(by("sha-512", hashlib.sha512(b"{}").digest())) == "digest-mismatch"
    assert refusal(by("md5", b"16 bytes of hash")) == "digest-unsupported"


def test_sig_23_beside_a_valid_signature_of_the_draft_only_rfc_9421_is_judged():
    plain = {"Content-Type": "application/activity+json"}
    drafted = cavage.sign(
        method="POST", url=f"https://{OURS}/inbox", headers=plain, body=BODY, key=RSA, now=NOW
    )
    headers = tuple((plain | drafted).items())
    alone = SignedRequest(method="POST", target="/inbox", headers=headers, body=BODY)
    both = replace(alone, headers=(*headers, *RIGHT.headers))
    weak = replace(alone, headers=(*headers, ("Signature-Input", INPUT)))

    assert accept(alone).key_id == KEY_ID
    assert refusal(both) == "signature-duplicated"
    assert refusal(weak) == "signature-malformed"


def test_sig_23_without_its_input_a_signature_of_rfc_9421_is_none():
    received = replace(
        RIGHT, headers=tuple(each for each in RIGHT.headers if each[0] != "Signature-Input")
    )

    assert refusal(received) == "signature-malformed"


def test_sig_23_without_its_signature_an_input_is_none():
    received = replace(
        RIGHT, headers=tuple(each for each in RIGHT.headers if each[0] != "Signature")
    )

    assert refusal(received) == "signature-missing"


# SIG-24: structure abuse


@pytest.mark.parametrize(
    ("signature_input", "reason"),
    [
        (f"{INPUT}, {INPUT.replace('sig1', 'sig2')}", "signature-input-malformed"),
        (f"{INPUT}, {INPUT}", "signature-input-malformed"),
        (INPUT.replace('"@method"', '"@method" "@method"'), "covered-duplicated"),
        (INPUT.replace('"@method"', '"@method" "date";sf;key="a"'), "component-unsupported"),
        (INPUT.replace('"@method"', '"@method" "date";key="a";sf'), "component-unsupported"),
        (INPUT.replace('"@method"', '"@method";req'), "component-unsupported"),
        (INPUT.replace('"content-digest"', '"content-digest";bs'), "component-unsupported"),
        (INPUT.replace('"content-digest"', '"content-digest";tr'), "component-unsupported"),
        (
            INPUT.replace('"@method"', '"@method" "@query-param";name="a"'),
            "component-unsupported",
        ),
        (INPUT.replace('"@method"', '"@method" "@status"'), "component-unsupported"),
        (INPUT.replace('"@method"', '"@method" "@signature-params"'), "component-unsupported"),
        (INPUT.replace('"@method"', '"@Method"'), "component-unsupported"),
        (INPUT.replace('"content-digest"', '"Content-Digest"'), "covered-malformed"),
        (INPUT.replace('"content-digest"', '"content digest"'), "covered-malformed"),
        (INPUT.replace('"content-digest"', "content-digest"), "covered-malformed"),
        (INPUT.replace('"content-digest"', '""'), "covered-malformed"),
        (INPUT.replace('"content-digest"', '"'), "covered-malformed"),
        (INPUT.replace('"content-digest"', '"content-digest\\""'), "covered-malformed"),
        (INPUT.replace(" ", "  "), "covered-malformed"),
        (INPUT.replace("(", "( "), "covered-malformed"),
        (INPUT.replace(" ", "\t"), "component-unsupported"),
        (INPUT.replace('"@method"', '"@method" "x-é"'), "covered-malformed"),
        (INPUT.replace('"@method"', '"@method" ' + '"a" ' * 40 + '"b"'), "covered-too-many"),
        (INPUT.replace(";created", "; created"), "signature-input-malformed"),
        (INPUT + ";", "signature-input-malformed"),
        (INPUT + ";nonce", "signature-input-malformed"),
        (INPUT + ';nonce="\\""', "signature-input-malformed"),
        (INPUT + ";nonce=1", "signature-input-malformed"),
        (INPUT + ';nonce="a\nb"', "signature-input-malformed"),
        (INPUT + ';Nonce="a"', "signature-input-malformed"),
        (INPUT + ';opaque="a"', "signature-parameter-unknown"),
        (INPUT + KEY, "signature-parameter-duplicated"),
        (INPUT + CREATED, "signature-parameter-duplicated"),
        (INPUT.replace("sig1=", "Sig1="), "signature-input-malformed"),
        (INPUT.replace("sig1=", "sig1 ="), "signature-input-malformed"),
        (INPUT.replace("sig1=(", "sig1="), "signature-input-malformed"),
        (INPUT.replace(")", ""), "signature-input-malformed"),
        (INPUT.replace("sig1", "a" * 65), "signature-input-malformed"),
        (INPUT + f';nonce="{"a" * 8192}"', "signature-input-malformed"),
        (INPUT.replace("sig1", "sig2"), "signature-label-mismatch"),
        ("", "signature-input-malformed"),
        ("sig1=?1", "signature-input-malformed"),
    ],
)
def test_sig_24_an_input_that_two_readers_could_read_differently_is_refused(
    signature_input, reason
):
    assert refusal(with_header(RIGHT, "Signature-Input", signature_input)) == reason


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (f"{SIGNATURE}, {SIGNATURE.replace('sig1', 'sig2')}", "signature-malformed"),
        (SIGNATURE.replace("sig1", "sig2"), "signature-label-mismatch"),
        (SIGNATURE + ";a=1", "signature-malformed"),
        (SIGNATURE.removesuffix(":"), "signature-malformed"),
        (SIGNATURE.replace("sig1=:", "sig1=:="), "signature-malformed"),
        ("sig1=::", "signature-malformed"),
        ("sig1=:=:", "signature-malformed"),
        ("sig1=:====:", "signature-malformed"),
        ("sig1=:AAAAA:", "signature-malformed"),
        (f"sig1=:{'A' * 8192}:", "signature-malformed"),
        ("", "signature-malformed"),
        ("sig1=:AAAA:", "signature-wrong"),
    ],
)
def test_sig_24_a_signature_that_two_readers_could_read_differently_is_refused(
    signature, reason
):
    assert refusal(with_header(RIGHT, "Signature", signature)) == reason


@pytest.mark.parametrize("name", ["Signature", "Signature-Input"])
def test_sig_24_headers_that_came_twice_are_refused_even_when_alike(name):
    twice = replace(RIGHT, headers=(*RIGHT.headers, (name, dict(RIGHT.headers)[name])))

    assert refusal(twice) == "signature-duplicated"


def test_sig_24_a_signed_header_that_came_twice_is_refused():
    received = request(items(*ALL, "content-type"), CREATED + KEY)
    twice = replace(received, headers=(*received.headers, ("CONTENT-TYPE", "text/html")))

    assert accept(received)
    assert refusal(twice) == "covered-header-duplicated"


def test_sig_24_what_is_covered_must_be_there():
    received = request(items(*ALL, "x-other"), CREATED + KEY)

    assert refusal(received) == "covered-header-missing"


@pytest.mark.parametrize("value", ["a\nb", "é", "\x00", "a\tb"])
def test_sig_24_a_value_that_could_forge_a_line_is_refused(value):
    received = request(items(*ALL, "x-other"), CREATED + KEY)
    hostile = replace(received, headers=(*received.headers, ("x-other", value)))

    assert refusal(hostile) == "signed-text-unprintable"


@pytest.mark.parametrize("method", ["POST\n", "P\x00ST", "PÖST"])
def test_sig_24_a_method_that_could_forge_a_line_is_refused(method):
    assert refusal(replace(RIGHT, method=method)) == "signed-text-unprintable"


# SIG-25: the public origin


@pytest.mark.parametrize(
    "url",
    [
        f"http://{OURS}/inbox",
        f"https://{OURS}:8443/inbox",
        "https://evil.example/inbox",
        f"https://{OURS}.evil.example/inbox",
        f"https://{OURS}:443/inbox",
    ],
)
def test_sig_25_a_request_signed_for_another_origin_is_refused(url):
    assert refusal(request(items(*ALL), CREATED + KEY, url=url)) == "signature-wrong"


def test_sig_25_no_header_makes_a_foreign_origin_ours():
    forged = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "https",
        "forwarded": "host=evil.example;proto=https",
    }
    elsewhere = request(
        items(*ALL, "@authority"),
        CREATED + KEY,
        url="https://evil.example/inbox",
        fields=forged,
    )

    assert refusal(elsewhere) == "signature-wrong"
