"""Parameters in every form that clients send, read into one model (client-api.md 1.2)."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, TypeVar

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from schemas.wire import strict
from schemas.wire.vocabulary import BadDocument
from server.middleware import forms
from server.services.errors import Invalid

_DEEPEST: Final = 5
_MOST: Final = 1000
_LONGEST: Final = 10 * 366 * 86_400  # seconds
_READABLE: Final = {
    "missing": "is missing",
    "string_too_long": "is too long",
    "too_long": "has too many entries",
}


class Parameters(BaseModel):
    """What an endpoint reads; whatever else is sent is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _as_list(value: object) -> object:
    """Take a list, one value alone, or Rails' map from places to values."""
    if isinstance(value, dict):
        return [value[place] for place in sorted(value, key=_place)]
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _place(key: str) -> tuple[int, str]:
    return (int(key), "") if key.isdecimal() and len(key) < _DEEPEST else (_MOST, key)


def _never_is_none(value: object) -> object:
    # Clients send nothing, an empty string or 0 for what has no end.
    return None if value in ("", 0, "0") else value


T = TypeVar("T")
Maybe = Annotated[T | None, BeforeValidator(_blank_is_none)]
Many = Annotated[list[T], BeforeValidator(_as_list)]
#: How long something lasts; None where it has no end.
Seconds = Annotated[
    Annotated[int, Field(ge=1, le=_LONGEST)] | None, BeforeValidator(_never_is_none)
]
Model = TypeVar("Model", bound=BaseModel)


async def read(request: web.Request, model: type[Model]) -> Model:
    """Read what was sent: the query, then the body over it.

    Raises:
        Invalid: with a sentence for each field.
    """
    given = nested(_pairs(request.query))
    given |= await _body(request)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid(_sentences(error)) from error


async def _body(request: web.Request) -> dict[str, Any]:
    if not request.body_exists:
        return {}
    if request.content_type == "application/json" or request.content_type.endswith("+json"):
        return json_object(await request.read())
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return nested(_pairs(await forms.read(request)))
    return {}


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; what is none is a bad request."""
    if not body.strip():
        return {}
    try:
        return strict.loads(body)
    except BadDocument as error:
        raise web.HTTPBadRequest from error


def _pairs(sent: MultiMapping[Any]) -> list[tuple[str, Any]]:
    pairs = list(sent.items())
    if len(pairs) > _MOST:
        raise web.HTTPBadRequest
    return pairs


def nested(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Make `a[b][]=1&a[b][]=2` into {"a": {"b": ["1", "2"]}}; what contradicts is left out."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        head, *rest = key.split("[")
        path = [head, *(part.removesuffix("]") for part in rest)]
        if len(path) <= _DEEPEST:
            _put(tree, path, value)
    return tree


def _put(tree: dict[str, Any], path: list[str], value: object) -> None:
    *above, last = path
    if last == "" and above:
        *above, last = above
        value = [value]
    place = tree
    for part in above:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            return
    known = place.get(last)
    if known is None:
        place[last] = value
    elif not isinstance(known, dict):
        before = known if isinstance(known, list) else [known]
        place[last] = before + (value if isinstance(value, list) else [value])


def _sentences(error: ValidationError) -> dict[str, str]:
    found = {}
    for each in error.errors(include_url=False, include_input=False, include_context=False):
        name = str(each["loc"][0]) if each["loc"] else "parameters"
        found[name] = f"{name} {_READABLE.get(each['type'], 'cannot be read')}"
    return found
