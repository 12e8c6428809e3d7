"""Why a use case was refused: one class per thing the caller should do."""

# Refusal
# ├─ Invalid      422  show the form again, with a sentence at each field
# ├─ NotSignedIn  401  ask them to sign in
# ├─ NotAllowed   403  say why not; signing in again changes nothing
# ├─ NotFound     404  there is no such thing, or they may not know of it
# ├─ Conflict     409  what they saw has changed; show it anew
# └─ TooMany      429  wait so many seconds

from collections.abc import Mapping


class Refusal(Exception):
    """A refusal with a stable code for logs and a sentence for the person.

    Args:
        reason: a stable code in lower-case words joined by hyphens, such as "wrong-password".
        sentence: what the person reads; constant, so that it can be translated.
    """

    status = 400

    def __init__(self, reason: str, sentence: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.sentence = sentence or reason.replace("-", " ").capitalize() + "."


class Invalid(Refusal):
    """What was filled in cannot be taken; `fields` has a sentence for each field."""

    status = 422

    def __init__(self, fields: Mapping[str, str], *, reason: str = "invalid") -> None:
        super().__init__(reason, " ".join(fields.values()))
        self.fields = dict(fields)


class NotSignedIn(Refusal):
    """Nobody is signed in, and somebody must be."""

    status = 401


class NotAllowed(Refusal):
    """We know who it is, and they may not."""

    status = 403


class NotFound(Refusal):
    """There is no such thing, or none that they may know of."""

    status = 404


class Conflict(Refusal):
    """It is no longer as they saw it."""

    status = 409


class TooMany(Refusal):
    """Too often; after `retry_after` seconds it may be tried again."""

    status = 429

    def __init__(self, reason: str, sentence: str = "", *, retry_after: int) -> None:
        super().__init__(reason, sentence)
        self.retry_after = retry_after
