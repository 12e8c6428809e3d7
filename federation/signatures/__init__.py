"""Sign a request, verify a request; picks the scheme."""

from federation.signatures.cavage import sign
from federation.signatures.messages import Claim, SignedRequest
from federation.signatures.schemes import read_signature, verify

__all__ = ["Claim", "SignedRequest", "read_signature", "sign", "verify"]
