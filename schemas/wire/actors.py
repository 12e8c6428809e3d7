"""Person, Group, Application, Feed: public keys, endpoints, topics."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from schemas.wire.parts import (
    OnePicture,
    OptionalSource,
    Picture,
    Tags,
    one_part,
)
from schemas.wire.reading import (
    Boolean,
    Document,
    LenientType,
    LinkOrNone,
    Moment,
    Text,
    TypeNames,
    Uri,
    Uris,
    entries,
    page_url,
    read_as,
)
from schemas.wire.vocabulary import LIMITS


class KeyDocument(Document):
    """An RSA key as everybody publishes it (security/v1)."""

    id: LinkOrNone = None
    owner: LinkOrNone = None
    public_key_pem: Text = ""


class MultikeyDocument(Document):
    """A key of FEP-521a."""

    id: LinkOrNone = None
    type: LenientType = ""
    controller: LinkOrNone = None
    public_key_multibase: Text = ""


class TopicDocument(Document):
    """One of the topics of a community: our own term."""

    slug: Text = ""
    name: Text = ""


class FieldDocument(Document):
    """A line of a profile, which travels as an attachment. Reading one never fails."""

    type: LenientType = ""
    name: Text = ""
    value: Text = ""


class Endpoints(Document):
    """What an actor shares with the others of its server."""

    shared_inbox: LinkOrNone = None


def _keys(value: object) -> list[object]:
    return list(entries(value)[: LIMITS["keys"].at])


def _fields(value: object) -> list[object]:
    return list(entries(value)[: LIMITS["attachment"].at])


def _topics(value: object) -> list[object]:
    return list(entries(value)[: LIMITS["topics"].at])


class ActorDocument(Document):
    """An actor as it travels. Only `id` and `type` can make it unreadable."""

    id: Uri
    type: TypeNames
    preferred_username: Text = ""
    name: Text = ""
    summary: Text = ""
    description: Text = ""
    source: OptionalSource = None
    icon: OnePicture = Picture()
    image: OnePicture = Picture()
    attachment: Annotated[tuple[FieldDocument, ...], BeforeValidator(_fields)] = ()
    inbox: LinkOrNone = None
    outbox: LinkOrNone = None
    followers: LinkOrNone = None
    following: LinkOrNone = None
    featured: LinkOrNone = None
    moderators: LinkOrNone = None
    attributed_to: LinkOrNone = None
    shared_inbox: LinkOrNone = None
    endpoints: Annotated[Endpoints | None, BeforeValidator(one_part)] = None
    url: Annotated[str | None, BeforeValidator(page_url)] = None
    public_key: Annotated[tuple[KeyDocument, ...], BeforeValidator(_keys)] = ()
    assertion_method: Annotated[tuple[MultikeyDocument, ...], BeforeValidator(_keys)] = ()
    tag: Tags = ()
    also_known_as: Uris = ()
    moved_to: LinkOrNone = None
    topics: Annotated[tuple[TopicDocument, ...], BeforeValidator(_topics)] = ()
    visibility: Text = ""
    manually_approves_followers: Boolean = None
    multiple_answers: Boolean = None
    question_answer: Boolean = None
    posting_restricted_to_mods: Boolean = None
    discoverable: Boolean = None
    indexable: Boolean = None
    suspended: Boolean = None
    published: Moment = None


def parse_actor(document: dict[str, Any]) -> ActorDocument:
    """Read an object that should be an actor.

    Raises:
        BadDocument: with the property and what is wrong in `reason`.
    """
    return read_as(ActorDocument, document)
