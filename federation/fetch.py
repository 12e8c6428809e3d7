"""Dereference a URI into a document whose id we trust."""

import re
from http import HTTPStatus
from typing import Any, Final

from federation.errors import Forbidden, Gone, Malformed, Unreachable, Unsupported
from federation.media_types import (
    ACCEPT_ACTIVITY,
    ACCEPT_CREDENTIAL,
    is_activity,
    is_credential,
)
from federation.session import Fetched, Session, Sign
from schemas.wire import strict

_LONGEST_WAIT: Final = 7 * 86_400
#: An entity tag (RFC 9110 8.8.3) of a length that anybody needs.
_TAG: Final = re.compile(r'(?:W/)?"[!#-~]{1,128}"')


async def fetch_document(session: Session, uri: str, *, sign: Sign | None) -> dict[str, Any]:
    """Get an ActivityPub document that is where it says it is (security.md ORI-01 to ORI-03).

    Its `id` equals the final URL to the letter. Where it does not, the id is fetched at its
    own origin, once; the first document is forgotten.

    Args:
        session: what goes out.
        uri: absolute, without a fragment; never one of our own (ask `Home.is_ours` first).
        sign: signs each hop; None for peers that do not ask for signatures.

    Raises:
        Gone: 404 or 410 there; `status` says which.
        Forbidden: 401 or 403 there, or an address that we do not dial.
        Unreachable: 5xx or 429 there, with `retry_after` in seconds, or no answer.
        Unsupported: no ActivityPub media type.
        Malformed: bad JSON, or an id that cannot be trusted.
        TooLarge: over the limit of the session.
    """
    document, url = await _get(session, uri, sign)
    claimed = _id_of(document)
    if claimed == url:
        return document
    document, url = await _get(session, claimed, sign)
    if _id_of(document) != url:
        raise Malformed("document-id-mismatch")
    return document


async def fetch_again(
    session: Session, uri: str, *, sign: Sign | None, tag: str
) -> tuple[dict[str, Any] | None, str]:
    """Get a document as `fetch_document` does, unless it is the one that had this ETag.

    Gives None for what has not changed (RFC 9110 15.4.5), and the tag to ask with next time:
    "" where there is none, or the document was found at another place.

    Raises:
        FederationError: as `fetch_document`.
    """
    fetched = await session.get(
        uri, accept=ACCEPT_ACTIVITY, sign=sign, accept_types=is_activity, unless=tag
    )
    if tag and fetched.status == HTTPStatus.NOT_MODIFIED:
        return None, tag
    refuse_failure(fetched)
    document = read_json(fetched)
    claimed = _id_of(document)
    if claimed != fetched.url or fetched.url != uri:
        return await fetch_document(session, claimed, sign=sign), ""
    given = fetched.headers.get("etag", "")
    return document, given if _TAG.fullmatch(given) else ""


async def fetch_credential(session: Session, uri: str, *, sign: Sign | None) -> dict[str, Any]:
    """Get a credential, or a badge, that is where it says it is (ORI-01, ORI-02).

    It is JSON that means nothing but what is read from it as one; no actor, activity or post
    is ever read this way (ORI-03).

    Raises:
        Malformed: "document-id-mismatch", or bad JSON.
        FederationError: as `fetch_document`.
    """
    fetched = await session.get(
        uri, accept=ACCEPT_CREDENTIAL, sign=sign, accept_types=is_credential
    )
    refuse_failure(fetched)
    document = read_json(fetched)
    if not fetched.url == uri == _id_of(document):
        raise Malformed("document-id-mismatch")
    return document


def refuse_failure(fetched: Fetched) -> None:
    """Turn a status other than 2xx into its exception.

    Raises:
        Gone: 404 and 410.
        Forbidden: 401, 403 and 451.
        Unsupported: 406 and 415.
        Unreachable: 408, 425, 429 and 5xx; `retry_after` where the peer gave seconds.
        Malformed: anything else.
    """
    status = fetched.status
    match status:
        case _ if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            raise Gone("gone-at-origin", status=status)
        case 401 | 403 | 451:
            raise Forbidden("refused-at-origin")
        case 406 | 415:
            raise Unsupported("media-type-at-origin")
        case 408 | 425 | 429:
            raise Unreachable("busy-at-origin", retry_after=retry_after(fetched))
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unreachable("failing-at-origin", retry_after=retry_after(fetched))
        case _:
            raise Malformed("status-at-origin")


def retry_after(fetched: Fetched) -> float | None:
    """Give how many seconds the peer asks us to wait (RFC 9110 10.2.3), a week at most.

    None where it did not say, or said it as a date.
    """
    value = fetched.headers.get("retry-after", "").strip()
    if not (value.isascii() and value.isdigit()):
        return None
    # Past twelve digits only the cap matters, and int() of thousands of them would raise.
    return float(min(int(value[:12]), _LONGEST_WAIT))


def read_json(fetched: Fetched) -> dict[str, Any]:
    """Read the body as one strict JSON object.

    Raises:
        Malformed: with the reason of `schemas.wire.strict`.
    """
    try:
        return strict.loads(fetched.body)
    except strict.BadJson as error:
        raise Malformed(error.reason) from None


async def _get(session: Session, uri: str, sign: Sign | None) -> tuple[dict[str, Any], str]:
    fetched = await session.get(
        uri, accept=ACCEPT_ACTIVITY, sign=sign, accept_types=is_activity
    )
    refuse_failure(fetched)
    return read_json(fetched), fetched.url


def _id_of(document: dict[str, Any]) -> str:
    claimed = document.get("id")
    if not isinstance(claimed, str):
        raise Malformed("document-id-missing")
    return claimed
