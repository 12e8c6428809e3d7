"""Which scheme a request is signed by first, and by which once more when that is refused."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from federation.signatures import cavage, rfc9421
from federation.signatures.keys import KeyKind, KeyPair

#: For so long it counts what an origin taught us (product.md, "first signature").
REMEMBERED: Final = timedelta(days=7)
_REFUSED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})


class Scheme(StrEnum):
    """How a request may be signed."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to sign what goes to an origin, with which of our keys.

    Args:
        keys: of the actor that signs; RSA must be among them, for it is what everybody takes.
        first: the scheme of the first knock.
        kind: what RFC 9421 is signed with at the first knock, if there is such a key.
    """

    keys: Mapping[KeyKind, KeyPair] = field(repr=False)
    first: Scheme = Scheme.CAVAGE
    kind: KeyKind = KeyKind.RSA


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A second knock: what it was signed by, and what came of it."""

    url: str
    scheme: Scheme
    status: int

    @property
    def opened(self) -> bool:
        """The scheme is the one that this origin takes."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def is_refused(status: int) -> bool:
    """Say whether an answer may be about the signature, so that another is worth a try.

    Not 403: whoever answers that knows who we are.
    """
    return status in _REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocking:
    """What signs requests for one actor: hand it to a `Session` as `sign`.

    A session calls `sign`; when the answer is 400 or 401, once `sign_again` with the headers
    that were refused, and then tells `heard`.

    Args:
        manner: how to sign what goes to a URL, by what is known of its origin.
        heard: told of every second knock; keeps what is to be remembered.
        now: the clock of requests; each attempt is signed at its own time (DEL-25).
    """

    manner: Callable[[str], Awaitable[Manner]]
    heard: Callable[[Knock], Awaitable[None]]
    now: Callable[[], datetime]

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Mapping[str, str]:
        """Give the headers of the first knock.

        Raises:
            Malformed: as `cavage.sign` and `rfc9421.sign`.
            Unauthentic: as `cavage.sign`.
        """
        manner = await self.manner(url)
        key = manner.keys[KeyKind.RSA]
        if manner.first is Scheme.CAVAGE:
            return self._sign(Scheme.CAVAGE, key, method, url, headers, body)
        return self._sign(
            Scheme.RFC9421, manner.keys.get(manner.kind, key), method, url, headers, body
        )

    async def sign_again(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        refused: Mapping[str, str],
    ) -> Mapping[str, str]:
        """Give the headers of the second knock, signed with RSA, which all understand.

        Args:
            method: as of the first knock, like `url` and `body`.
            url: where to.
            headers: without anything that the first knock added.
            body: the same bytes.
            refused: what the first knock added.

        Raises:
            Malformed: as `cavage.sign` and `rfc9421.sign`.
            Unauthentic: as `cavage.sign`.
        """
        manner = await self.manner(url)
        return self._sign(
            other_than(refused), manner.keys[KeyKind.RSA], method, url, headers, body
        )

    def _sign(
        self,
        scheme: Scheme,
        key: KeyPair,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Mapping[str, str]:
        sign = cavage.sign if scheme is Scheme.CAVAGE else rfc9421.sign
        # A third of a millisecond, and it keeps the interpreter's lock: no thread would help.
        return sign(method=method, url=url, headers=headers, body=body, key=key, now=self.now())


def other_than(signed: Mapping[str, str]) -> Scheme:
    """Name the scheme by which these headers were not signed."""
    return Scheme.CAVAGE if "Signature-Input" in signed else Scheme.RFC9421
