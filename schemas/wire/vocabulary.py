"""Type names, the public collection, JSON-LD contexts, our extension terms and the limits."""

from enum import StrEnum
from typing import Final, Literal, NamedTuple

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
LEMMY: Final = "https://join-lemmy.org/context.json"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
DID: Final = "https://www.w3.org/ns/did/v1"
COMMONLORE: Final = "https://w3id.org/commonlore/ns#"

PUBLIC: Final = ACTIVITYSTREAMS + "#Public"
#: The three ways in which the fediverse writes "everybody" (VIS-13).
PUBLIC_FORMS: Final = frozenset({PUBLIC, "as:Public", "Public"})

ACTIVITY_MEDIA_TYPE: Final = "application/activity+json"
MARKDOWN: Final = "text/markdown"
HTML: Final = "text/html"
PLAIN: Final = "text/plain"
#: The two media types under which an ActivityPub document is linked to.
DOCUMENT_TYPES: Final = frozenset({ACTIVITY_MEDIA_TYPE, "application/ld+json"})
#: The older name of a quote, as a link relation (FEP-e232).
MISSKEY_QUOTE: Final = "https://misskey-hub.net/ns#_misskey_quote"

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
    "duplicateOf": {"@id": "cl:duplicateOf", "@type": "@id"},
    "category": "cl:category",
    "note": "cl:note",
    "topics": "cl:topics",
    "slug": "cl:slug",
    "communities": {"@id": "cl:communities", "@type": "@id"},
    "archive": {"@id": "cl:archive", "@type": "@id"},
    "digest": "cl:digest",
    "visibility": "cl:visibility",
    "sensitive": "as:sensitive",
    "toot": "http://joinmastodon.org/ns#",
    "Emoji": "toot:Emoji",
    "Hashtag": "as:Hashtag",
    "votersCount": "toot:votersCount",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
    "misskey": "https://misskey-hub.net/ns#",
    "_misskey_quote": "misskey:_misskey_quote",
    "quoteUrl": "as:quoteUrl",
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "EmojiReact": "http://litepub.social/ns#EmojiReact",
    "emojiReactions": {"@id": "http://fedibird.com/ns#emojiReactions", "@type": "@id"},
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {
        "@id": "https://w3id.org/fep/044f#quoteAuthorization",
        "@type": "@id",
    },
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "suspended": "toot:suspended",
    "searchableBy": {"@id": "http://fedibird.com/ns#searchableBy", "@type": "@id"},
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": {
        "@id": "https://w3id.org/fep/844e/implements",
        "@type": "@id",
        "@container": "@list",
    },
    "CommunityPostTag": "https://join-lemmy.org/ns#CommunityPostTag",
    "color": "https://join-lemmy.org/ns#color",
    "description": "https://join-lemmy.org/ns#description",
}

#: Goes on the outermost document only (wire profile 0.2).
CONTEXT: Final[list[object]] = [ACTIVITYSTREAMS, SECURITY, LEMMY, DATA_INTEGRITY, TERMS]
#: Goes on actors: without it, whoever reads JSON-LD does not see their Multikeys (FEP-521a).
ACTOR_CONTEXT: Final[list[object]] = [*CONTEXT[:-1], DID, MULTIKEY, TERMS]
#: Goes on people: the hashtags that their profile shows.
PERSON_CONTEXT: Final[list[object]] = [
    *ACTOR_CONTEXT,
    {"featuredTags": {"@id": "toot:featuredTags", "@type": "@id"}},
]
#: Goes on people who moved; what they were known as before, did/v1 has a term for.
MOVED_TERMS: Final[dict[str, object]] = {"movedTo": {"@id": "as:movedTo", "@type": "@id"}}
MOVED_CONTEXT: Final[list[object]] = [*PERSON_CONTEXT, MOVED_TERMS]

#: Goes on people whose profile has fields, behind the rest, as Mastodon writes them.
FIELDS_TERMS: Final[dict[str, object]] = {
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
}

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
    EMOJI_REACTION = "EmojiReaction"
    MOVE = "Move"
    RESOLVE = "Resolve"
    WARN = "Warn"
    POLL_VOTE = "PollVote"
    QUOTE_REQUEST = "QuoteRequest"


class ActorType(StrEnum):
    """What we take as an actor."""

    PERSON = "Person"
    SERVICE = "Service"
    ORGANIZATION = "Organization"
    GROUP = "Group"
    APPLICATION = "Application"
    FEED = "Feed"


class ObjectType(StrEnum):
    """What we take as a post. A `Question` is one with its choices only: a poll."""

    ARTICLE = "Article"
    NOTE = "Note"
    PAGE = "Page"
    QUESTION = "Question"
    EVENT = "Event"
    VIDEO = "Video"
    AUDIO = "Audio"
    IMAGE = "Image"


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
    "warning": Limit(500, "cut"),
    "reason": Limit(5_000, "cut"),
    "note": Limit(1_000, "cut"),
    "publicKeyPem": Limit(8_192, "refused"),
    "to, cc, audience": Limit(1_000, "cut"),
    "tag": Limit(200, "cut"),
    "attachment": Limit(32, "cut"),
    "oneOf, anyOf": Limit(50, "cut"),
    "choice": Limit(500, "cut"),
    "alt text": Limit(10_000, "cut"),
    "url": Limit(16, "cut"),
    "keys": Limit(8, "cut"),
    "alsoKnownAs": Limit(16, "cut"),
    "topics": Limit(64, "cut"),
    "fields": Limit(16, "cut"),
    "field": Limit(2_048, "cut"),
    "acceptedAnswer": Limit(64, "cut"),
    "contentMap": Limit(32, "cut"),
    "objects of a Create": Limit(16, "cut"),
    "objects of a Flag": Limit(100, "cut"),
    "objects of an Announce": Limit(500, "cut"),
    "items of a collection page": Limit(500, "cut"),
    "communities of a Feed": Limit(200, "cut"),
}
