"""HTTP Message Signatures (RFC 9421), as much of them as requests between servers need."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from federation.errors import Malformed, Unauthentic
from federation.signatures.digest import check_content_digest, content_digest_of
from federation.signatures.inputs import DERIVED, Input, read_input
from federation.signatures.keys import KeyPair, sign_bytes
from federation.signatures.messages import Claim, SignedRequest
from federation.signatures.targets import Target, target_of
from federation.signatures.window import valid_until

_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_SIGNED_WITHOUT_BODY = ("@method", "@target-uri")
_SIGNED_WITH_BODY = (
    "@method",
    "@target-uri",
    "content-digest",
    "content-type",
    "collection-synchronization",
)
_LABEL = "sig1"


def sign(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    key: KeyPair,
    now: datetime,
) -> dict[str, str]:
    """Return the headers that make a request ours: Host, Content-Digest and the signature.

    The same promises and parameters as `cavage.sign`. No `alg` is sent: the key decides, and
    Mastodon sends none either.

    Raises:
        Malformed: "url-not-signable", "key-id-not-signable".
        Unauthentic: "signed-text-unprintable" when a header would break the signed text.
    """
    target = target_of(url)
    content = body if body is not None or method.upper() in _WITHOUT_BODY else b""
    added = {"Host": target.authority}
    wanted: tuple[str, ...] = _SIGNED_WITHOUT_BODY
    if content is not None:
        added["Content-Digest"] = content_digest_of(content)
        wanted = _SIGNED_WITH_BODY
    sent = {**headers, **added}
    values = {name.lower(): value.strip(" \t") for name, value in sent.items()}
    values |= derived_values(method.upper(), target)
    covered = tuple(name for name in wanted if name in values)
    parameters = _written(covered, key.key_id, created=int(now.timestamp()))

    signature = sign_bytes(key, signature_base(covered, values, parameters))
    added["Signature-Input"] = f"{_LABEL}={parameters}"
    added["Signature"] = f"{_LABEL}=:{base64.b64encode(signature).decode()}:"
    return added


def read(request: SignedRequest, *, scheme: str, authority: str, now: datetime) -> Claim:
    """Judge all of an RFC 9421 signature that can be judged before its key is known (SIG-23).

    Args:
        request: as received.
        scheme: our own, from the configuration like `authority`: the target URI is made of
            what we are, never of what a proxy or a client says (SIG-25).
        authority: our own host, with the port where there is one.
        now: the receiver's clock.

    Raises:
        Malformed: "content-digest-malformed".
        Unauthentic: with the reason; see `read_input`, `check_content_digest`, `valid_until`.
    """
    fields = request.fields()
    found = read_input(fields.get("signature-input", ()), fields.get("signature", ()))
    _check_coverage(request, found)
    target = Target(scheme=scheme, authority=authority, path=request.target)
    values = derived_values(request.method, target) | _field_values(found.covered, fields)
    if "content-digest" in fields:
        check_content_digest(fields["content-digest"], request.body)
    until = valid_until(signed_at=[found.created], expires=found.expires, now=now)

    return Claim(
        key_id=found.key_id,
        algorithm=found.algorithm,
        covered=found.covered,
        candidates=(signature_base(found.covered, values, found.parameters),),
        signature=found.signature,
        signature_hash=hashlib.sha256(found.signature).hexdigest(),
        valid_until=until,
    )


def derived_values(method: str, target: Target) -> dict[str, str]:
    """Say what a request is signed by beside its headers (RFC 9421, 2.2)."""
    path, question_mark, query = target.path.partition("?")
    return {
        "@method": method,
        "@target-uri": target.uri,
        "@authority": target.authority,
        "@scheme": target.scheme,
        "@request-target": target.path,
        "@path": path,
        "@query": f"?{query}" if question_mark else "?",
    }


def signature_base(covered: Sequence[str], values: Mapping[str, str], parameters: str) -> bytes:
    """Build the text that is signed (RFC 9421, 2.5).

    Args:
        covered: names of components, none of them with parameters.
        values: of at least these components.
        parameters: of the signature, as they stand in its Signature-Input.

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
        lines.append(f'"{name}": {value}')
    lines.append(f'"@signature-params": {parameters}')
    return "\n".join(lines).encode("ascii")


def _written(covered: Sequence[str], key_id: str, *, created: int) -> str:
    if not (key_id.isascii() and key_id.isprintable()) or set(key_id) & {'"', "\\"}:
        raise Malformed("key-id-not-signable")
    names = " ".join(f'"{name}"' for name in covered)
    return f'({names});created={created};keyid="{key_id}"'


def _check_coverage(request: SignedRequest, found: Input) -> None:
    if "@method" not in found.covered:
        raise Unauthentic("method-not-signed")
    if "@target-uri" not in found.covered:
        raise Unauthentic("target-uri-not-signed")
    carries_body = request.method not in _WITHOUT_BODY or bool(request.body)
    if carries_body and "content-digest" not in found.covered:
        raise Unauthentic("digest-not-signed")


def _field_values(
    covered: Sequence[str], fields: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    values = {}
    for name in covered:
        if name in DERIVED:
            continue
        received = fields.get(name, ())
        # RFC 9421 would join several with commas; programs disagree which of them counts.
        if len(received) != 1:
            raise Unauthentic(
                "covered-header-duplicated" if received else "covered-header-missing"
            )
        values[name] = received[0]
    return values
