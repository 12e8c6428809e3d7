"""Type names, the public collection, JSON-LD contexts, our extension terms and the limits."""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
LEMMY: Final = "https://join-lemmy.org/context.json"
COMMONLORE: Final = "https://w3id.org/commonlore/ns#"

PUBLIC: Final = ACTIVITYSTREAMS + "#Public"
#: The three ways in which the fediverse writes "everybody" (VIS-13).
PUBLIC_FORMS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_MEDIA_TYPE: Final = "application/activity+json"
MARKDOWN: Final = "text/markdown"
HTML: Final = "text/html"

#: What we add to the vocabulary; `context.jsonld` holds the same, and a test compares.
TERMS: Final[dict[str, object]] = {
    "schema": "http://schema.org/",
    "cl": COMMONLORE,
    "postKind": "cl:postKind",
    "acceptedAnswer": {"@id": "schema:acceptedAnswer", "@type": "@id", "@container": "@set"},
    "answer": "cl:answer",
    "ChooseAnswer": "cl:ChooseAnswer",
    "questionAnswer": "cl:questionAnswer",
    "kudosFor": "cl:kudosFor",
    "helpful": "cl:helpful",
    "locked": "cl:locked",
    "multipleAnswers": "cl:multipleAnswers",
    "topics": "cl:topics",
    "visibility": "cl:visibility",
}

#: Goes on the outermost document only (wire profile 0.2).
CONTEXT: Final[list[object]] = [ACTIVITYSTREAMS, SECURITY, LEMMY, TERMS]

#: Refused at any depth: they let one signed graph be read in two ways (LDS-03).
RESTRUCTURING: Final = frozenset({"@graph", "@included", "@reverse"})


class BadDocument(ValueError):
    """A document that we will never take.

    Args:
        reason: a stable code in lower-case words joined by hyphens, such as "actor-several".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ActivityType(StrEnum):
    """The activities that we know; all others are stored and not acted on."""

    FOLLOW = "Follow"
    ACCEPT = "Accept"
    REJECT = "Reject"
    UNDO = "Undo"
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    ANNOUNCE = "Announce"
    LIKE = "Like"
    CHOOSE_ANSWER = "ChooseAnswer"
    ADD = "Add"
    REMOVE = "Remove"
    LOCK = "Lock"
    BLOCK = "Block"
    FLAG = "Flag"
    DISLIKE = "Dislike"
    EMOJI_REACT = "EmojiReact"
    MOVE = "Move"

    @property
    def ignored(self) -> bool:
        """We know what it is and do nothing about it."""
        return self in {ActivityType.DISLIKE, ActivityType.EMOJI_REACT, ActivityType.MOVE}


class ActorType(StrEnum):
    """What we take as an actor."""

    PERSON = "Person"
    SERVICE = "Service"
    ORGANIZATION = "Organization"
    GROUP = "Group"
    APPLICATION = "Application"


class ObjectType(StrEnum):
    """What we take as a post. A `Question` is a poll on the wire, so it is not here."""

    ARTICLE = "Article"
    NOTE = "Note"
    PAGE = "Page"


TOMBSTONE: Final = "Tombstone"


class Limit(NamedTuple):
    """How much of one property we take, and what becomes of the rest."""

    at: int
    over: Literal["cut", "refused"]


#: Characters of a text, or entries of a list (DOS-05, DOS-06). `FEDERATION.md` shows it.
LIMITS: Final[dict[str, Limit]] = {
    "uri": Limit(2_048, "refused"),
    "preferredUsername": Limit(128, "refused"),
    "type": Limit(128, "refused"),
    "name": Limit(2_048, "cut"),
    "summary": Limit(20_000, "cut"),
    "content": Limit(100_000, "refused"),
    "source": Limit(100_000, "cut"),
    "title": Limit(300, "cut"),
    "title from content": Limit(100, "cut"),
    "reason": Limit(5_000, "cut"),
    "note": Limit(1_000, "cut"),
    "publicKeyPem": Limit(8_192, "refused"),
    "to, cc, audience": Limit(1_000, "cut"),
    "tag": Limit(200, "cut"),
    "attachment": Limit(32, "cut"),
    "url": Limit(16, "cut"),
    "keys": Limit(8, "cut"),
    "topics": Limit(64, "cut"),
    "acceptedAnswer": Limit(64, "cut"),
    "contentMap": Limit(32, "cut"),
    "objects of a Create": Limit(16, "cut"),
    "objects of a Flag": Limit(100, "cut"),
    "objects of an Announce": Limit(500, "cut"),
    "items of a collection page": Limit(500, "cut"),
}
