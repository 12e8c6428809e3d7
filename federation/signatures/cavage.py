"""draft-cavage-http-signatures-12, what the fediverse speaks today."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from federation.errors import Unauthentic
from federation.signatures.digest import check_digest, digest_of
from federation.signatures.keys import KeyKind, KeyPair, sign_bytes
from federation.signatures.messages import Claim, SignedRequest
from federation.signatures.parameters import PSEUDO_HEADERS, Parameters, read_parameters
from federation.signatures.targets import target_of
from federation.signatures.window import http_date, read_http_date, valid_until

_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_SIGNED_WITHOUT_BODY = ("(request-target)", "host", "date")
_SIGNED_WITH_BODY = (
    "(request-target)",
    "host",
    "date",
    "digest",
    "content-type",
    "collection-synchronization",
)
# Mastodon and apsig know RSA by this label only; nothing else names Ed25519 that all accept.
_LABELS = {KeyKind.RSA: "rsa-sha256", KeyKind.ED25519: "hs2019"}


def sign(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    key: KeyPair,
    now: datetime,
) -> dict[str, str]:
    """Return the headers that make a request ours: Host, Date, Digest, Signature.

    Pure and free of shared state but for the cache of loaded keys: safe in any thread. What
    goes over the wire must be the path and query of `url` byte for byte.

    Args:
        method: such as "POST".
        url: absolute, percent-encoded; a fragment is left out.
        headers: what else is sent; of these Content-Type and Collection-Synchronization
            (FEP-8fcf) are signed when there is a body.
        body: the exact bytes, None for none.
        key: whose private half signs; its id becomes the keyId.
        now: when the attempt is made, not when the activity was made.

    Raises:
        Malformed: "url-not-signable".
        Unauthentic: "signed-text-unprintable" when a header would break the signed text.
    """
    target = target_of(url)
    content = body if body is not None or method.upper() in _WITHOUT_BODY else b""
    added = {"Host": target.authority, "Date": http_date(now)}
    wanted: tuple[str, ...] = _SIGNED_WITHOUT_BODY
    if content is not None:
        added["Digest"] = digest_of(content)
        wanted = _SIGNED_WITH_BODY
    values = {name.lower(): value.strip(" \t") for name, value in headers.items()}
    values |= {name.lower(): value for name, value in added.items()}
    values["(request-target)"] = f"{method.lower()} {target.path}"
    covered = tuple(name for name in wanted if name in values)

    signature = base64.b64encode(sign_bytes(key, signing_text(covered, values))).decode()
    added["Signature"] = (
        f'keyId="{key.key_id}",algorithm="{_LABELS[key.kind]}",'
        f'headers="{" ".join(covered)}",signature="{signature}"'
    )
    return added


def read(request: SignedRequest, *, authority: str, now: datetime) -> Claim:
    """Judge all of a draft-cavage signature that can be judged before its key is known.

    Args:
        request: as received.
        authority: our own host, with the port where there is one, from the configuration;
            what a proxy or a client says about it is never asked (SIG-25).
        now: the receiver's clock.

    Raises:
        Unauthentic: with the reason; see `read_parameters`, `check_digest`, `valid_until`.
    """
    fields = request.fields()
    signatures = fields.get("signature", [])
    if len(signatures) != 1:
        raise Unauthentic("signature-duplicated" if signatures else "signature-missing")
    parameters = read_parameters(signatures[0])
    _check_coverage(request, parameters)
    values = _covered_values(request, parameters, fields)
    if values["host"].lower() != authority.lower():
        raise Unauthentic("host-not-ours")
    if "digest" in fields:
        check_digest(fields["digest"], request.body)
    until = _window(parameters, values, now=now)

    return Claim(
        key_id=parameters.key_id,
        algorithm=parameters.algorithm,
        covered=parameters.covered,
        candidates=_candidates(request, parameters.covered, values),
        signature=parameters.signature,
        signature_hash=hashlib.sha256(parameters.signature).hexdigest(),
        valid_until=until,
    )


def signing_text(covered: Sequence[str], values: Mapping[str, str]) -> bytes:
    """Build the text that is signed, one line per covered name (draft-cavage-12, 2.3).

    Raises:
        Unauthentic: "covered-header-missing"; "signed-text-unprintable" when a value holds a
            line end or anything else that could make two requests read alike.
    """
    lines = []
    for name in covered:
        value = values.get(name)
        if value is None:
            raise Unauthentic("covered-header-missing")
        if not (value.isascii() and value.isprintable()):
            raise Unauthentic("signed-text-unprintable")
        lines.append(f"{name}: {value}")
    return "\n".join(lines).encode("ascii")


def _check_coverage(request: SignedRequest, parameters: Parameters) -> None:
    covered = frozenset(parameters.covered)
    if "(request-target)" not in covered:
        raise Unauthentic("request-target-not-signed")
    if "host" not in covered:
        raise Unauthentic("host-not-signed")
    if not covered & {"date", "(created)"}:
        raise Unauthentic("date-not-signed")
    carries_body = request.method.upper() not in _WITHOUT_BODY or bool(request.body)
    if carries_body and "digest" not in covered:
        raise Unauthentic("digest-not-signed")
    if covered & {"(created)", "(expires)"} and parameters.algorithm not in {None, "hs2019"}:
        raise Unauthentic("created-needs-hs2019")


def _covered_values(
    request: SignedRequest, parameters: Parameters, fields: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    values = {"(request-target)": f"{request.method.lower()} {request.target}"}
    if parameters.created is not None:
        values["(created)"] = str(parameters.created)
    if parameters.expires is not None:
        values["(expires)"] = str(parameters.expires)
    for name in parameters.covered:
        if name in PSEUDO_HEADERS:
            continue
        received = fields.get(name, ())
        # The draft would join several with commas. Nobody signs such a header, and programs
        # disagree which of them counts.
        if len(received) != 1:
            raise Unauthentic(
                "covered-header-duplicated" if received else "covered-header-missing"
            )
        values[name] = received[0]
    return values


def _window(parameters: Parameters, values: Mapping[str, str], *, now: datetime) -> datetime:
    signed_at = []
    if "date" in values:
        signed_at.append(read_http_date(values["date"]))
    if "(created)" in parameters.covered:
        if parameters.created is None:
            raise Unauthentic("covered-header-missing")
        signed_at.append(parameters.created)
    # An expiry that is not signed may be anyone's: it must not make the window longer.
    signed_expiry = parameters.expires if "(expires)" in parameters.covered else None
    return valid_until(signed_at=signed_at, expires=signed_expiry, now=now)


def _candidates(
    request: SignedRequest, covered: Sequence[str], values: Mapping[str, str]
) -> tuple[bytes, ...]:
    received = signing_text(covered, values)
    path, question_mark, _ = request.target.partition("?")
    if not question_mark or request.method.upper() not in _WITHOUT_BODY:
        return (received,)
    # Fedify, and GoToSocial at its second try, sign a GET without its query.
    target = {"(request-target)": f"{request.method.lower()} {path}"}
    return received, signing_text(covered, {**values, **target})
