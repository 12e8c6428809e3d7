"""Ways to spoil an activity: each is drawn by hypothesis, and applied to whatever is there."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

Path = tuple[str | int, ...]

#: Names that a scene resolves to URIs of its own: actors, posts and places of every origin.
PLACES: Final = (
    "ada",
    "nils",
    "mallory",
    "cleo",
    "sten",
    "roads",
    "plaza",
    "cabinet",
    "bob",
    "amina",
    "agency",
    "question",
    "secret",
    "answer",
    "like",
    "trip",
    "note",
    "public",
    "nowhere",
    "inside",
    "elsewhere",
)
TYPES: Final = (
    "Accept",
    "Add",
    "Announce",
    "Article",
    "Block",
    "ChooseAnswer",
    "Create",
    "Delete",
    "EmojiReact",
    "Flag",
    "Follow",
    "Group",
    "Key",
    "Like",
    "Lock",
    "Move",
    "Note",
    "Page",
    "Person",
    "Question",
    "QuoteRequest",
    "Reject",
    "Remove",
    "Tombstone",
    "Undo",
    "Update",
)
MEMBERS: Final = (
    "@context",
    "@graph",
    "@id",
    "actor",
    "attachment",
    "attributedTo",
    "audience",
    "bcc",
    "bto",
    "cc",
    "content",
    "context",
    "endTime",
    "formerType",
    "id",
    "inReplyTo",
    "instrument",
    "name",
    "object",
    "oneOf",
    "origin",
    "postKind",
    "proof",
    "published",
    "publicKey",
    "result",
    "signature",
    "source",
    "summary",
    "tag",
    "target",
    "to",
    "type",
    "updated",
    "url",
)
_ODD_TEXTS: Final = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "\ufeff",
    "http://",
    "acct:a@b",
    "//evil.localhost/",
    "javascript:alert(1)",
    "2026-03-02T08:30:00Z",
    "9999-12-31T23:59:59Z",
    "0000-00-00",
)
_ODD_VALUES: Final = (
    None,
    True,
    False,
    0,
    -1,
    1e308,
    2**63,
    [],
    {},
    [[]],
    [None],
    {"id": None},
    {"type": ["Note", "Person"]},
)


@dataclass(frozen=True, slots=True)
class Place:
    """A URI of the scene, named; it is resolved where the activity is put together."""

    name: str


@dataclass(frozen=True, slots=True)
class Long:
    """A text over and over again, or a number of so many digits: nothing to print in full."""

    text: str
    times: int

    @property
    def value(self) -> str | int:
        return int(self.text * self.times) if self.text.isdigit() else self.text * self.times


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What to do, where (a number that is taken modulo what there is), and with what."""

    how: str
    where: int = 0
    member: str = "id"
    value: object = None


places = st.sampled_from(PLACES).map(Place)
long_values = st.sampled_from((Long("<p>", 300), Long("a", 70_000), Long("9", 400)))
#: Whose it is said to be, and what it is about: where a lie would stand.
CLAIMS: Final[tuple[Path, ...]] = (
    ("actor",),
    ("id",),
    ("object",),
    ("object", "id"),
    ("object", "actor"),
    ("object", "object"),
    ("object", "attributedTo"),
    ("target",),
)
_CLAIMED: Final = (
    "ada",
    "nils",
    "mallory",
    "bob",
    "roads",
    "question",
    "answer",
    "note",
    "trip",
)
claims = st.builds(
    Mutation,
    how=st.just("claim"),
    where=st.integers(0, len(CLAIMS) - 1),
    value=st.sampled_from(_CLAIMED).map(Place),
)
texts = st.one_of(st.sampled_from(_ODD_TEXTS), st.text(max_size=20))
plain_values = st.one_of(
    places,
    st.sampled_from(TYPES),
    texts,
    long_values,
    st.sampled_from(_ODD_VALUES),
    st.integers(),
)
values = st.one_of(
    plain_values,
    st.lists(plain_values, max_size=3),
    st.dictionaries(st.sampled_from(MEMBERS), plain_values, max_size=3),
)
mutations = st.one_of(
    claims,
    claims,
    st.builds(
        Mutation,
        how=st.sampled_from(("drop", "wrap", "twice", "copy", "deepen", "rename")),
        where=st.integers(0, 60),
        member=st.sampled_from(MEMBERS),
    ),
    st.builds(Mutation, how=st.just("set"), where=st.integers(0, 60), value=values),
    st.builds(Mutation, how=st.just("set"), where=st.integers(0, 60), value=places),
    st.builds(
        Mutation,
        how=st.just("add"),
        where=st.integers(0, 10),
        member=st.sampled_from(MEMBERS),
        value=values,
    ),
)


def mutated(
    activity: Mapping[str, Any], changes: list[Mutation], known: Mapping[str, str]
) -> bytes:
    """Apply mutations to an activity one after the other, and write it down as JSON."""
    document: Any = copy.deepcopy(dict(activity))
    twice: list[str] = []
    for change in changes:
        document = _changed(document, change, known)
        if change.how == "twice":
            twice.append(change.member)
    text = json.dumps(document)
    for member in twice:
        text = _doubled(text, member)
    return text.encode()


def _changed(document: Any, change: Mutation, known: Mapping[str, str]) -> Any:
    if change.how == "claim":
        uri = _resolved(change.value, known)
        return _claimed(document, CLAIMS[change.where], uri)
    if change.how == "add":
        return _with_more(document, change, known)
    inner = [path for path in _paths(document) if path]
    if not inner:
        return document
    path = inner[change.where % len(inner)]
    parent, last = _at(document, path[:-1]), path[-1]
    if change.how == "drop":
        del parent[last]
    elif change.how == "rename" and isinstance(last, str):
        parent[change.member] = parent.pop(last)
    else:
        parent[last] = _instead(document, parent[last], change, known)
    return document


def _with_more(document: Any, change: Mutation, known: Mapping[str, str]) -> Any:
    objects = [path for path in _paths(document) if isinstance(_at(document, path), dict)]
    if objects:
        value = _resolved(change.value, known)
        _at(document, objects[change.where % len(objects)])[change.member] = value
    return document


def _claimed(document: Any, path: Path, uri: object) -> Any:
    holder = document
    for step in path[:-1]:
        holder = holder.get(step) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        holder[path[-1]] = uri
    return document


def _instead(document: Any, value: Any, change: Mutation, known: Mapping[str, str]) -> Any:
    match change.how:
        case "set":
            return _resolved(change.value, known)
        case "wrap":
            return [value]
        case "copy":
            return copy.deepcopy(document)
        case "deepen":
            for _ in range(80):
                value = {"object": value}
            return value
        case _:
            return value


def _doubled(text: str, member: str) -> str:
    """Say a member twice, the first time otherwise; another where it is not there."""
    return text.replace("{", f'{{"{member}": "said twice", "{member}": 7, ', 1)


def _resolved(value: object, known: Mapping[str, str]) -> object:
    match value:
        case Place(name=name):
            return known[name]
        case Long():
            return value.value
        case list():
            return [_resolved(each, known) for each in value]
        case dict():
            return {name: _resolved(each, known) for name, each in value.items()}
        case _:
            return copy.deepcopy(value)


def _paths(document: Any, path: Path = ()) -> list[Path]:
    found = [path]
    steps: Any = ()
    if isinstance(document, dict):
        steps = document.items()
    elif isinstance(document, list):
        steps = enumerate(document)
    for step, value in steps:
        if len(path) < 20:
            found += _paths(value, (*path, step))
    return found


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document
