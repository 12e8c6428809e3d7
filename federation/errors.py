"""Why a document, a signature or a fetch was refused."""

# FederationError
# ├─ Malformed     400  we will never take this document
# ├─ Unauthentic   401  the signature does not prove who sent it
# ├─ Forbidden     403  we know who it is, and they may not
# ├─ Gone          410  the thing is deleted at its origin
# ├─ TooLarge      413  over a size limit
# ├─ Unsupported   415  a media type or an encoding we do not read
# └─ Unreachable   503  we could not find out; try again later


class FederationError(Exception):
    """A refusal with a stable reason for logs, metrics and peers.

    Args:
        reason: a stable code in lower-case words joined by hyphens, such as "digest-mismatch".
        sentence: one public sentence; never a key, a token, a body or an internal address.
    """

    status = 400

    def __init__(self, reason: str, sentence: str = "") -> None:
        super().__init__(sentence or reason.replace("-", " "))
        self.reason = reason
        self.sentence = sentence or reason.replace("-", " ").capitalize() + "."


class Malformed(FederationError):
    """We will never take this document."""

    status = 400


class Unauthentic(FederationError):
    """The signature does not prove who sent it."""

    status = 401


class Forbidden(FederationError):
    """We know who it is, and they may not."""

    status = 403


class Gone(FederationError):
    """The thing is deleted at its origin (404 or 410 there; `status` says which)."""

    def __init__(self, reason: str, sentence: str = "", *, status: int = 410) -> None:
        super().__init__(reason, sentence)
        self.status = status


class TooLarge(FederationError):
    """Over a size limit."""

    status = 413


class Unsupported(FederationError):
    """A media type or a content encoding that we do not read."""

    status = 415


class Unreachable(FederationError):
    """We could not find out now; trying again later may succeed."""

    status = 503

    def __init__(
        self, reason: str, sentence: str = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(reason, sentence)
        self.retry_after = retry_after
