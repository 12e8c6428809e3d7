"""Create, Update, Delete, Follow, Accept, Reject, Announce, Like, Flag, Undo and others."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from schemas.wire.parts import Tags
from schemas.wire.reading import (
    Boolean,
    Document,
    LinkOrNone,
    Moment,
    OptionalUri,
    Recipients,
    Text,
    Uri,
    is_uri,
    link_or_none,
    only,
    read_as,
    type_names,
)
from schemas.wire.vocabulary import LIMITS, ActivityType, BadDocument

#: What an activity is about: a URI, or the thing itself as it was sent, not yet believed.
Reference = str | dict[str, Any]

#: These may be about several things at once; of all others that would be ambiguous.
_ABOUT_SEVERAL = {
    ActivityType.CREATE: LIMITS["objects of a Create"].at,
    ActivityType.FLAG: LIMITS["objects of a Flag"].at,
    ActivityType.ANNOUNCE: LIMITS["objects of an Announce"].at,
}


_VERBS = frozenset(ActivityType)


def _activity_type(value: object) -> str:
    names = type_names(value)
    known = [name for name in names if name in _VERBS]
    return ActivityType(known[0]) if known else names[0]


def _reference(value: object) -> object:
    """Keep a URI or an object; a list stays one only where it has more than one entry."""
    if isinstance(value, list) and len(value) > 1:
        return tuple(_reference(entry) for entry in value)
    found = only(value)
    if found is None or isinstance(found, dict) or is_uri(found):
        return found
    raise BadDocument("not-a-reference")


class KudosFor(Document):
    """Why somebody is thanked: our own term on a `Like`."""

    category: Text = ""
    note: Text = ""


def _kudos_for(value: object) -> object:
    return value if isinstance(value, dict) else None


class Activity(Document):
    """What an actor says it did. `id` is "" only in an embedded activity that has none.

    An unknown `type` stays the text it was: such an activity is stored and not acted on.
    """

    id: Uri
    type: Annotated[ActivityType | str, BeforeValidator(_activity_type)]
    actor: Uri
    object: Annotated[Reference | tuple[Reference, ...] | None, BeforeValidator(_reference)] = (
        None
    )
    target: Annotated[Reference | None, BeforeValidator(_reference)] = None
    origin: LinkOrNone = None
    instrument: LinkOrNone = None
    result: LinkOrNone = None
    to: Recipients = ()
    cc: Recipients = ()
    audience: Recipients = ()
    published: Moment = None
    updated: Moment = None
    end_time: Moment = None
    name: Text = ""
    content: Text = ""
    summary: Text = ""
    in_reply_to: OptionalUri = None
    #: Ours, on a Lock: the question was asked before.
    duplicate_of: LinkOrNone = None
    helpful: Boolean = None
    remove_data: Boolean = None
    with_replies: Boolean = None
    tag: Tags = ()
    #: Misskey's reaction, and PieFed's vote in a poll.
    misskey_reaction: Text = Field(default="", alias="_misskey_reaction")
    choice_text: Text = Field(default="", alias="choice_text")
    kudos_for: Annotated[KudosFor | None, BeforeValidator(_kudos_for)] = None

    @property
    def verb(self) -> ActivityType | None:
        """The type where we know it."""
        return self.type if isinstance(self.type, ActivityType) else None

    @property
    def objects(self) -> tuple[Reference, ...]:
        """All that it is about; one entry nearly always."""
        if self.object is None:
            return ()
        return self.object if isinstance(self.object, tuple) else (self.object,)

    @property
    def object_id(self) -> str | None:
        """The URI of the one thing it is about, read from the thing itself where embedded."""
        return link_or_none(list(self.objects))

    @property
    def object_ids(self) -> tuple[str, ...]:
        """The URIs of all things that it is about, as a Flag has them."""
        return tuple(found for entry in self.objects if (found := link_or_none(entry)))

    @property
    def target_id(self) -> str | None:
        """The URI of what it is done to: a collection, a community, a question."""
        return link_or_none(self.target)

    @property
    def embedded(self) -> dict[str, Any] | None:
        """The one thing itself, where it was sent along."""
        return self.object if isinstance(self.object, dict) else None


class _Embedded(Activity):
    """An activity inside another: PieFed's votes and old Undos carry no id of their own."""

    id: Annotated[str, BeforeValidator(lambda value: link_or_none(value) or "")] = ""


def parse_activity(document: dict[str, Any]) -> Activity:
    """Read an activity that somebody delivered or that we fetched (ActivityPub 6).

    Raises:
        BadDocument: with the property and what is wrong in `reason`, such as "actor-several".
    """
    return _one_meaning(read_as(Activity, document))


def parse_embedded_activity(document: dict[str, Any]) -> Activity:
    """Read an activity that came inside another one; its id may be missing (then "").

    Raises:
        BadDocument: as `parse_activity` does.
    """
    return _one_meaning(read_as(_Embedded, document))


def _one_meaning(activity: Activity) -> Activity:
    if not isinstance(activity.object, tuple):
        return activity
    limit = _ABOUT_SEVERAL.get(activity.verb) if activity.verb else None
    if limit is None:
        raise BadDocument("object-several")
    return activity.model_copy(update={"object": activity.object[:limit]})
