"""The one normaliser: what a wire value means, for every check and every store alike."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from schemas.wire.vocabulary import (
    HTML,
    LIMITS,
    PUBLIC,
    PUBLIC_FORMS,
    BadDocument,
)

DocumentT = TypeVar("DocumentT", bound="Document")

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9.])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_NOT_IN_URI = re.compile(r"[\s\x00-\x20\x7f\\<>\"\ud800-\udfff]")
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_UPPER = re.compile(r"(?=[A-Z])")
#: What PostgreSQL's `integer` can hold.
_MOST = 2**31 - 1
#: Before it lie only mistakes, and times that our ids cannot hold.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Document(BaseModel):
    """What every wire document is: frozen, camel case outside, blind to unknown terms."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


def read_as(model: type[DocumentT], document: object) -> DocumentT:
    """Read a document that `strict.loads` let pass, or say what is wrong with it.

    Raises:
        BadDocument: with a reason such as "attributed-to-several" or "id-missing".
    """
    if not isinstance(document, dict):
        raise BadDocument("not-an-object")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise BadDocument(_reason(error)) from error


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = _UPPER.sub("-", str(first["loc"][0])).lower()
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, BadDocument):
        return f"{where}-{cause.reason}"
    return f"{where}-missing" if first["type"] == "missing" else f"{where}-invalid"


def is_uri(value: object) -> bool:
    """Say whether this is an absolute http(s) URI that we could fetch (ORI-08, ORI-18)."""
    if not isinstance(value, str) or not 0 < len(value) <= LIMITS["uri"].at:
        return False
    return _is_uri(value)


# A document names the same few URIs again and again, and the next one does, too.
@lru_cache(maxsize=2048)
def _is_uri(value: str) -> bool:
    if _NOT_IN_URI.search(value):
        return False
    try:
        return _can_be_fetched(urlsplit(value))
    except ValueError:
        return False


def _can_be_fetched(parts: SplitResult) -> bool:
    # Reading the port is what checks it: urlsplit raises ValueError for a bad one.
    return (
        parts.scheme in {"http", "https"}
        and parts.port != 0
        and parts.username is None
        and _HOST.fullmatch(parts.hostname or "") is not None
    )


def only(value: object) -> object:
    """Unwrap a list of one; a longer list has no single meaning (ORI-09)."""
    if not isinstance(value, list):
        return value
    if len(value) > 1:
        raise BadDocument("several")
    return value[0] if value else None


def one_uri(value: object) -> str:
    """Read an identity: a URI, an object with an id, or a list of just one of these."""
    found = only(value)
    if isinstance(found, dict):
        found = only(found.get("id"))
    if not isinstance(found, str) or not is_uri(found):
        raise BadDocument("not-a-uri")
    return found


def optional_uri(value: object) -> str | None:
    """Read an identity that may be absent; present and unreadable is still refused."""
    return None if value in (None, "", []) else one_uri(value)


def link_or_none(value: object) -> str | None:
    """Read a link that the document can do without: whatever is wrong with it, none."""
    try:
        return one_uri(value)
    except BadDocument:
        return None


def page_url(value: object) -> str | None:
    """Choose the page for people among the forms that `url` takes: string, Link, or a list."""
    offered = value if isinstance(value, list) else [value]
    found: list[str] = []
    for entry in offered[: LIMITS["url"].at]:
        if isinstance(entry, dict):
            href = entry.get("href")
            # The page comes before pictures and feeds.
            position = 0 if text(entry.get("mediaType")) == HTML else len(found)
            found.insert(position, text(href))
        else:
            found.append(text(entry))
    return next((url for url in found if is_uri(url)), None)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def strings(value: object) -> Iterable[str]:
    """Give the plain strings of a string or a list; everything else is dropped (ORI-15)."""
    return (entry for entry in _listed(value) if isinstance(entry, str))


def recipients(value: object) -> tuple[str, ...]:
    """Read addressing: URIs, each once, "everybody" always as the full IRI (VIS-13)."""
    found = (PUBLIC if entry in PUBLIC_FORMS else entry for entry in strings(value))
    kept = dict.fromkeys(entry for entry in found if is_uri(entry))
    return tuple(kept)[: LIMITS["to, cc, audience"].at]


def uris(value: object) -> tuple[str, ...]:
    """Read a list of URIs, each once."""
    return tuple(dict.fromkeys(entry for entry in strings(value) if is_uri(entry)))


def text(value: object) -> str:
    """Read a text; what PostgreSQL cannot store goes: NUL, halves of characters (LDS-08)."""
    return _UNSTORABLE.sub("", value) if isinstance(value, str) else ""


def boolean(value: object) -> bool | None:
    """Read true or false; a text or a number is neither."""
    return value if isinstance(value, bool) else None


def count(value: object) -> int | None:
    """Read how many there are of something, or how long it is; nothing is less than none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return min(value, _MOST) if value >= 0 else None


def entries(value: object) -> tuple[dict[str, Any], ...]:
    """Give the objects of an object or a list of objects."""
    return tuple(entry for entry in _listed(value) if isinstance(entry, dict))


def type_names(value: object) -> tuple[str, ...]:
    """Read the type: one name, or several for what is several (Tombstone and Person)."""
    found = tuple(name for name in strings(value) if _is_type_name(name))
    if not found:
        raise BadDocument("missing" if value in (None, "", []) else "invalid")
    return found


def _is_type_name(name: str) -> bool:
    return 0 < len(name) <= LIMITS["type"].at and name.isprintable()


def lenient_type_name(value: object) -> str:
    """Read the type of a part that the whole can do without."""
    return next(iter(strings(value)), "")


def moment(value: object) -> datetime | None:
    """Read a time as UTC to the millisecond; a time without a zone is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        aware = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None if aware < _EPOCH else truncated(aware)


def truncated(at: datetime) -> datetime:
    """Cut to the millisecond: what travels and what is stored are then the same."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


Uri = Annotated[str, BeforeValidator(one_uri)]
OptionalUri = Annotated[str | None, BeforeValidator(optional_uri)]
LinkOrNone = Annotated[str | None, BeforeValidator(link_or_none)]
Recipients = Annotated[tuple[str, ...], BeforeValidator(recipients)]
Uris = Annotated[tuple[str, ...], BeforeValidator(uris)]
Text = Annotated[str, BeforeValidator(text)]
Count = Annotated[int | None, BeforeValidator(count)]
Boolean = Annotated[bool | None, BeforeValidator(boolean)]
TypeNames = Annotated[tuple[str, ...], BeforeValidator(type_names)]
LenientType = Annotated[str, BeforeValidator(lenient_type_name)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
