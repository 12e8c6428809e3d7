"""Where somebody's own server opens what they saw here: OStatus subscribe, FEP-3b86."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal
from urllib.parse import quote

from federation.discovery import ask_webfinger
from federation.errors import FederationError, Malformed
from federation.handles import Handle
from federation.session import Session
from federation.uris import LONGEST_URI
from schemas.wire.discovery import CREATE_INTENT, FOLLOW_INTENT, OBJECT_INTENT, SUBSCRIBE

Wish = Literal["follow", "answer"]

_MOST_LINKS: Final = 64
#: For each wish the links that fulfil it, the most apt one first, and where the URI goes.
_APT: Final[Mapping[Wish, tuple[tuple[str, str], ...]]] = {
    "follow": ((FOLLOW_INTENT, "object"), (SUBSCRIBE, "uri"), (OBJECT_INTENT, "object")),
    "answer": ((OBJECT_INTENT, "object"), (CREATE_INTENT, "inReplyTo"), (SUBSCRIBE, "uri")),
}
#: A level 1 template (RFC 6570 1.2): the operators of the higher levels would not encode.
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z][A-Za-z0-9_.-]*)\}")
#: Scheme and host are written out: what is filled in never says where the browser goes.
_BEGINNING: Final = re.compile(r"https?://[^/?#{}]+[/?]", re.IGNORECASE)


async def interaction_url(session: Session, handle: Handle, uri: str, wish: Wish) -> str:
    """Ask a host, once, where an account there opens something (FEP-3b86 4; OStatus).

    Args:
        session: asks the host, and judges what it answers like any URL of others.
        handle: whose server it is; name and host are the same where only that is known.
        uri: the id of the thing, which goes into the template, percent-encoded.
        wish: follow an actor, or answer a post.

    Returns:
        A URL in canonical spelling that we would dial ourselves: https, but in development.

    Raises:
        Malformed: "interaction-not-offered"; "interaction-template" where all that it offers is
            nowhere to send anybody (security.md XSS-05).
        FederationError: as `ask_webfinger`.
    """
    answer = await ask_webfinger(session, handle)
    offered = list(_offered(answer.get("links"), wish))
    for template, placeholder in offered:
        filled = fill(session, template, {placeholder: uri})
        if filled is not None:
            return filled
    raise Malformed("interaction-template" if offered else "interaction-not-offered")


def fill(session: Session, template: str, values: Mapping[str, str]) -> str | None:
    """Put values into a template; None where it is not to be used (security.md XSS-05).

    All the values must have their place; placeholders that we know nothing for become empty
    (FEP-3b86 3). None also for every scheme but https, in development http, and for what
    stands in place of the host.
    """
    if len(template) > LONGEST_URI or not _BEGINNING.match(template):
        return None
    if not values.keys() <= set(_PLACEHOLDER.findall(template)):
        return None
    filled = _PLACEHOLDER.sub(lambda at: quote(values.get(at[1], ""), safe=""), template)
    if "{" in filled or "}" in filled:
        return None
    try:
        return str(session.judge(filled))
    except FederationError:
        return None


def _offered(links: object, wish: Wish) -> Iterator[tuple[str, str]]:
    known = links[:_MOST_LINKS] if isinstance(links, list) else []
    for rel, placeholder in _APT[wish]:
        for link in known:
            match link:
                case {"rel": str(said), "template": str(template)} if said == rel:
                    yield template, placeholder
                case _:
                    continue
