"""Read a Content-Type header, and know ActivityPub when it is one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

ACTIVITY_STREAMS: Final = "https://www.w3.org/ns/activitystreams"
ACTIVITY_JSON: Final = "application/activity+json"
ACCEPT_ACTIVITY: Final = f'{ACTIVITY_JSON}, application/ld+json; profile="{ACTIVITY_STREAMS}"'
#: Credentials and badges: as they are since VC 2.0, as they were, and as BadgeFed serves them.
ACCEPT_CREDENTIAL: Final = "application/vc+ld+json, application/vc, application/json;q=0.5"

_LONGEST: Final = 512
_ESSENCE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
# Peers write the profile without quotes, though it is no token; so a bare value may be
# anything but a separator.
_PARAMETER: Final = re.compile(
    r'\s*([A-Za-z0-9!#$&^_.+-]+)\s*=\s*(?:"([^"\\]*)"|([^\s;"]+))\s*'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaType:
    """The type of a body: essence in lower case ("" where unknown), and its profiles."""

    essence: str
    profiles: frozenset[str] = frozenset()


UNKNOWN: Final = MediaType(essence="")


def parse_media_type(header: str) -> MediaType:
    """Read one Content-Type value (RFC 9110 8.3); what makes no sense is `UNKNOWN`.

    A parameter that appears twice makes no sense: two readers could take different ones.
    """
    if len(header) > _LONGEST:
        return UNKNOWN
    essence, *rest = _parts(header)
    essence = essence.strip().lower()
    if not _ESSENCE.fullmatch(essence):
        return UNKNOWN
    parameters: dict[str, str] = {}
    for part in rest:
        found = _PARAMETER.fullmatch(part)
        if found is None or found[1].lower() in parameters:
            return UNKNOWN
        parameters[found[1].lower()] = found[2] if found[2] is not None else found[3]
    return MediaType(essence=essence, profiles=frozenset(parameters.get("profile", "").split()))


def is_activity(media_type: MediaType) -> bool:
    """Say whether a body of this type may be read as ActivityPub (3.2; security.md ORI-03)."""
    if media_type.essence == ACTIVITY_JSON:
        return True
    return (
        media_type.essence == "application/ld+json" and ACTIVITY_STREAMS in media_type.profiles
    )


def is_credential(media_type: MediaType) -> bool:
    """Say whether a body of this type may be read as a credential, and as nothing else."""
    return media_type.essence in {
        "application/vc+ld+json",
        "application/vc",
        "application/json",
    }


def is_jrd(media_type: MediaType) -> bool:
    """Say whether a body of this type may be read as WebFinger or NodeInfo (RFC 7033 4.4)."""
    return media_type.essence in {"application/jrd+json", "application/json"}


def _parts(header: str) -> Iterator[str]:
    """Split at semicolons that are not inside quotes; a trailing one is forgiven."""
    part, quoted = "", False
    for character in header.rstrip("; \t"):
        if character == ";" and not quoted:
            yield part
            part = ""
            continue
        quoted ^= character == '"'
        part += character
    yield part
