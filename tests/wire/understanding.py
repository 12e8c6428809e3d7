"""Documents of other programs: what each is understood as, or why it is refused."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from federation.errors import Malformed
from federation.translate import incoming
from federation.translate.incoming_recognition import is_recognition, recognition_from
from schemas.wire import strict
from schemas.wire.activities import Activity
from schemas.wire.collections import parse_collection
from schemas.wire.credentials import parse_assertion, parse_credential
from schemas.wire.reading import lenient_type_name
from schemas.wire.vocabulary import ActivityType, ActorType, BadDocument

FOLDER: Final = Path(__file__).parent
NOW: Final = datetime(2026, 12, 31, tzinfo=UTC)
GROUP: Final = "https://transport.example/c/roadsafety"
ASKER: Final = "https://health.example/@asker"
HELPER: Final = "https://lands.example/@helper"
QUESTION: Final = "https://health.example/p/1042"
POLL: Final = "https://health.example/p/3"
ANSWER: Final = "https://lands.example/p/88"

#: What a document is refused for stands in its name: <what>.refused-<reason>.json.
REFUSED: Final = re.compile(r".+\.refused-([a-z0-9-]+)\.json")
Document = dict[str, Any]
#: A value by the name of its type, and those of its fields that matter.
Expected = tuple[str, dict[str, object]]


def documents(program: str) -> list[str]:
    return sorted(path.name.removesuffix(".json") for path in _files(program))


def _files(program: str) -> Iterable[Path]:
    return (FOLDER / program).glob("*.json")


def understood_file(path: Path) -> tuple[object, ...]:
    """Read a document; BadDocument and Malformed say why it is refused."""
    return understood(strict.loads(path.read_bytes()))


def reason_of_refusal(path: Path) -> str | None:
    try:
        understood_file(path)
    except (BadDocument, Malformed) as error:
        return error.reason
    return None


def understood(document: Document) -> tuple[object, ...]:
    """Give what a document says, as values: an Announce and a Create may say several things."""
    kind = lenient_type_name(document.get("type"))
    if "object" in document and kind not in _OBJECTS:
        return understood_activity(incoming.activity_from(document))
    reader = _OBJECTS.get(kind)
    return (reader(document) if reader else incoming.post_from(document, now=NOW),)


def understood_activity(activity: Activity) -> tuple[object, ...]:
    reader = _READERS.get(activity.verb) if activity.verb else None
    return reader(activity) if reader else (activity,)


def _updated(activity: Activity) -> tuple[object, ...]:
    document = activity.embedded or {}
    if lenient_type_name(document.get("type")) in set(ActorType):
        return (incoming.actor_from(document, now=NOW),)
    return (incoming.authored_post(activity, document, now=NOW),)


def _created(activity: Activity) -> tuple[object, ...]:
    if is_recognition(activity):
        return (recognition_from(activity, now=NOW),)
    return incoming.created_from(activity, now=NOW)


def _accepted(activity: Activity) -> tuple[object, ...]:
    return (incoming.approval_from(activity) or activity,)


def _announced(activity: Activity) -> tuple[object, ...]:
    found: list[object] = []
    for entry in incoming.announced_in(activity):
        if isinstance(entry, str):
            found.append(entry)
        else:
            found += understood_activity(incoming.embedded_activity_from(entry))
    return tuple(found)


_OBJECTS: Final[dict[str, Callable[[Document], object]]] = {
    "Tombstone": incoming.tombstone_from,
    "QuoteAuthorization": incoming.stamp_from,
    "ReplyAuthorization": incoming.stamp_from,
    "VerifiableCredential": parse_credential,
    "Assertion": parse_assertion,
    **dict.fromkeys(ActorType, lambda document: incoming.actor_from(document, now=NOW)),
    **dict.fromkeys(
        ("Collection", "CollectionPage", "OrderedCollection", "OrderedCollectionPage"),
        parse_collection,
    ),
}

_READERS: Final[dict[ActivityType, Callable[[Activity], tuple[object, ...]]]] = {
    ActivityType.CREATE: _created,
    ActivityType.UPDATE: _updated,
    ActivityType.ACCEPT: _accepted,
    ActivityType.ANNOUNCE: _announced,
    ActivityType.LIKE: lambda activity: (incoming.mark_from(activity, now=NOW),),
    ActivityType.EMOJI_REACT: lambda activity: (incoming.reaction_from(activity, now=NOW),),
    ActivityType.EMOJI_REACTION: lambda activity: (incoming.reaction_from(activity, now=NOW),),
    ActivityType.POLL_VOTE: lambda activity: (incoming.piefed_vote_from(activity, now=NOW),),
    ActivityType.UNDO: lambda activity: (incoming.undo_from(activity),),
    ActivityType.DELETE: lambda activity: (incoming.removal_from(activity),),
    ActivityType.FLAG: lambda activity: (incoming.flag_from(activity),),
    ActivityType.RESOLVE: lambda activity: (incoming.resolution_from(activity),),
    ActivityType.BLOCK: lambda activity: (incoming.ban_from(activity),),
    ActivityType.MOVE: lambda activity: (incoming.move_from(activity),),
    ActivityType.QUOTE_REQUEST: lambda activity: (incoming.quote_request_from(activity),),
}


def _named(value: object) -> str:
    if isinstance(value, str):
        return value
    # What came inside another activity is one as well.
    return "Activity" if isinstance(value, Activity) else type(value).__name__


def check(program: str, name: str, expected: list[Expected] | str) -> None:
    """Compare what a document is understood as with what it should be.

    Args:
        program: the folder.
        name: the file without its ending.
        expected: the values in their order, or the reason of the refusal.
    """
    path = FOLDER / program / f"{name}.json"
    if isinstance(expected, str):
        assert reason_of_refusal(path) == expected
        return
    found = understood_file(path)

    assert [_named(each) for each in found] == [named for named, _fields in expected]
    for value, (_name, fields) in zip(found, expected, strict=True):
        assert {field: getattr(value, field) for field in fields} == fields
