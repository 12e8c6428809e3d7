"""The Digest header of a body."""

import base64
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import FederationError, Unauthentic
from federation.signatures.digest import check_digest, digest_of

BODY = b'{"hello": "world"}'
# The example of draft-cavage-12, appendix C.
DIGEST = "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="


def sha512(body: bytes) -> str:
    return "SHA-512=" + base64.b64encode(hashlib.sha512(body).digest()).decode()


def test_the_digest_of_the_draft_is_reproduced():
    assert digest_of(BODY) == DIGEST


@given(st.binary())
def test_a_digest_fits_the_body_it_was_made_of_and_no_other(body):
    check_digest([digest_of(body)], body)

    with pytest.raises(Unauthentic, match="digest mismatch"):
        check_digest([digest_of(body)], body + b" ")


@pytest.mark.parametrize(
    "values",
    [
        [DIGEST],
        [DIGEST.replace("SHA", "sha")],
        [DIGEST, sha512(BODY)],
        [f"{sha512(BODY)} ,\t{DIGEST}"],
        [f"MD5=Sd/dVLAcvNLSq16eXua5uQ==,{DIGEST}"],
    ],
)
def test_a_right_digest_is_taken_beside_others_that_are_right_or_prove_nothing(values):
    check_digest(values, BODY)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "digest-missing"),
        ([""], "digest-malformed"),
        (["SHA-256"], "digest-malformed"),
        (["=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="], "digest-malformed"),
        ([DIGEST + ","], "digest-malformed"),
        ([DIGEST.removesuffix("=")], "digest-malformed"),
        ([DIGEST.replace("X48", "X 48")], "digest-malformed"),
        ([DIGEST.replace("X48", "Xé8")], "digest-malformed"),
        (["SHA-256="], "digest-mismatch"),
        ([digest_of(b"")], "digest-mismatch"),
        (["MD5=Sd/dVLAcvNLSq16eXua5uQ=="], "digest-unsupported"),
        ([sha512(BODY)], "digest-unsupported"),
        ([DIGEST, DIGEST], "digest-duplicated"),
        ([DIGEST, "sha-256=AAAA"], "digest-duplicated"),
        ([DIGEST, sha512(b"")], "digest-mismatch"),
    ],
)
def test_a_digest_that_does_not_bind_the_body_is_refused(values, reason):
    with pytest.raises(Unauthentic) as refusal:
        check_digest(values, BODY)

    assert refusal.value.reason == reason


@given(st.lists(st.text()), st.binary())
def test_no_digest_header_makes_the_reader_fail_in_another_way(values, body):
    with suppress(FederationError):
        check_digest(values, body)
        assert digest_of(body).partition("=")[2] in "".join(values)
