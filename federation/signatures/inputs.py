"""The two headers of RFC 9421, read strictly: one signature, plain components, no doubts."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from federation.errors import Unauthentic
from federation.signatures.parameters import LONGEST_HEADER, read_key_id, read_seconds

#: What the request itself is signed by (RFC 9421, 2.2); those with parameters are not read.
DERIVED = frozenset(
    {"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"}
)
ALGORITHMS = frozenset({"rsa-v1_5-sha256", "ed25519"})
MOST_COMPONENTS = 32

_TIMES = frozenset({"created", "expires"})
_STRINGS = frozenset({"keyid", "alg", "nonce", "tag"})
_OPENING = re.compile(r"([a-z*][a-z0-9_.*-]{0,63})=\(")
_FIELD_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
# No backslash in a string: no name, key or label of ours needs one, and readers would differ.
_PARAMETER = re.compile(r';([a-z]{1,16})=(?:"([ !#-\[\]-~]*)"|(-?[0-9]{1,16}(?![0-9.])))')
_SIGNATURE = re.compile(r"([a-z*][a-z0-9_.*-]{0,63})=:([A-Za-z0-9+/=]+):")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One signature as its headers claim it; times are seconds since 1970.

    Args:
        covered: names of the signed components, in order.
        parameters: the signed parameters to the letter, "(…);created=…", as the base ends.
        signature: decoded.
    """

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    parameters: str
    created: int
    expires: int | None
    signature: bytes = field(repr=False)


def read_input(signature_inputs: Sequence[str], signatures: Sequence[str]) -> Input:
    """Read the Signature-Input and Signature headers of a request (RFC 9421, 4; SIG-24).

    Only the spelling that RFC 8941 serialises is taken, so that what is verified is what was
    written; what our peers never send is not guessed at.

    Raises:
        Unauthentic: "signature-missing", "signature-duplicated", "signature-malformed",
            "signature-input-malformed", "signature-label-mismatch", "signature-parameter-…",
            "signature-time-malformed", "algorithm-unsupported", "component-unsupported",
            "covered-malformed", "covered-duplicated", "covered-too-many", "key-id-unusable".
    """
    if not (signature_inputs and signatures):
        raise Unauthentic("signature-missing")
    if len(signature_inputs) > 1 or len(signatures) > 1:
        raise Unauthentic("signature-duplicated")
    label, components, rest = _open(signature_inputs[0])
    covered = _covered(components)
    found = _parameters(rest)
    if not {"created", "keyid"} <= found.keys():
        raise Unauthentic("signature-parameter-missing")
    algorithm = found.get("alg")
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise Unauthentic("algorithm-unsupported")
    return Input(
        key_id=read_key_id(found["keyid"]),
        algorithm=algorithm,
        covered=covered,
        parameters=f"({components}){rest}",
        created=read_seconds(found["created"]),
        expires=read_seconds(found["expires"]) if "expires" in found else None,
        signature=_signature(label, signatures[0]),
    )


def _open(header: str) -> tuple[str, str, str]:
    """Give the label, what stands between the brackets, and the parameters behind them."""
    opening = _OPENING.match(header)
    if len(header) > LONGEST_HEADER or opening is None:
        raise Unauthentic("signature-input-malformed")
    # No name of a component has a bracket in it.
    components, closed, rest = header[opening.end() :].partition(")")
    if not closed:
        raise Unauthentic("signature-input-malformed")
    return opening[1], components, rest


def _covered(components: str) -> tuple[str, ...]:
    items = components.split(" ") if components else []
    if len(items) > MOST_COMPONENTS:
        raise Unauthentic("covered-too-many")
    covered = tuple(_component(item) for item in items)
    if len(set(covered)) < len(covered):
        raise Unauthentic("covered-duplicated")
    return covered


def _component(item: str) -> str:
    name = item[1:-1]
    if item.startswith('"') and '";' in item:
        # Such as "date";req or "digest";key="sha-256": requests of our peers have none.
        raise Unauthentic("component-unsupported")
    if item != f'"{name}"':
        raise Unauthentic("covered-malformed")
    if name.startswith("@") and name not in DERIVED:
        raise Unauthentic("component-unsupported")
    if name not in DERIVED and _FIELD_NAME.fullmatch(name) is None:
        raise Unauthentic("covered-malformed")
    return name


def _parameters(rest: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(rest):
        parameter = _PARAMETER.match(rest, position)
        if parameter is None:
            raise Unauthentic("signature-input-malformed")
        name, text, number = parameter.groups()
        if name not in _TIMES | _STRINGS:
            raise Unauthentic("signature-parameter-unknown")
        if name in found:
            raise Unauthentic("signature-parameter-duplicated")
        if (text is None) is not (name in _TIMES):
            raise Unauthentic("signature-input-malformed")
        found[name] = number if text is None else text
        position = parameter.end()
    return found


def _signature(label: str, header: str) -> bytes:
    found = _SIGNATURE.fullmatch(header)
    if len(header) > LONGEST_HEADER or found is None:
        raise Unauthentic("signature-malformed")
    if found[1] != label:
        raise Unauthentic("signature-label-mismatch")
    try:
        return base64.b64decode(found[2], validate=True)
    except binascii.Error as error:
        raise Unauthentic("signature-malformed") from error
