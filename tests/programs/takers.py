"""What each program takes of what we send it, and what it refuses (wire.md 1.2 to 1.6, 6)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from federation.uris import same_origin

Document = dict[str, Any]
#: Says why a program does not take an activity; nothing where it does.
Taker = Callable[[Document], Iterator[str]]
Readers = Mapping[str, Taker]

_PAGES: Final = frozenset({"Page", "Article", "Note", "Video", "Event"})
_MICROBLOG_OBJECTS: Final = frozenset({"Note", "Question", "Article", "Page", "Event", "Video"})
_LEMMY_PEOPLE: Final = frozenset({"Person", "Service", "Organization"})
_ACTORS: Final = frozenset({"Person", "Group", "Service", "Organization"})
_HTML_OR_MARKDOWN: Final = frozenset({"text/html", "text/markdown"})
_NAMED_BY: Final = {"Link": "href", "Image": "url", "Document": "url"}
_TAKEN_BACK: Final = frozenset({"Announce", "Follow", "Like"})


def _read(readers: Readers, activity: Document) -> Iterator[str]:
    """Read by its verb what came from whom it says."""
    yield from _strings(activity, "id", "type", "actor")
    if not same_origin(activity["id"], activity["actor"]):
        yield "an activity is where its actor is"
    if {"bto", "bcc"} & activity.keys():
        yield "hidden recipients are shown"
    reader = readers.get(activity["type"])
    if reader is None:
        yield f"{activity['type']} is not known"
    else:
        yield from reader(activity)


def anybody(_actor: Document) -> Iterator[str]:
    yield from ()


def kind_of(activity: Document) -> str:
    """Name an activity with what it wraps: "Create", "Announce Create"."""
    inner = activity["object"]
    wraps = activity["type"] in {"Announce", "Undo", "Accept", "Reject"}
    is_wrapped = wraps and isinstance(inner, dict) and "object" in inner
    return f"{activity['type']} {kind_of(inner)}" if is_wrapped else activity["type"]


def _anything(_activity: Document) -> Iterator[str]:
    yield from ()


def _names(*names: str) -> Taker:
    return lambda activity: _strings(activity, *names)


def _strings(told: Document, *names: str) -> Iterator[str]:
    for name in names:
        if not isinstance(told.get(name), str):
            yield f"{name} is one string"


def _lists(told: Document, *names: str) -> Iterator[str]:
    for name in names:
        if not isinstance(told.get(name), list):
            yield f"{name} is a list"


def _embeds_follow(activity: Document) -> Iterator[str]:
    inner = activity["object"]
    if not isinstance(inner, dict) or inner["type"] != "Follow":
        yield f"{activity['type']} embeds a Follow"


def _embeds(activity: Document) -> Iterator[str]:
    if not isinstance(activity["object"], dict):
        yield f"{activity['type']} embeds what it is about"


def _has_reason(activity: Document) -> Iterator[str]:
    if not (activity.get("summary") or activity.get("content")):
        yield "a Flag has a reason"


# Lemmy: the first thing that does not fit refuses the whole document.


def lemmy(activity: Document) -> Iterator[str]:
    yield from _read(_LEMMY, activity)


def _lemmy_announce(activity: Document) -> Iterator[str]:
    yield from _lists(activity, "to", "cc")
    inner = activity["object"]
    if not isinstance(inner, dict):
        yield "a boost is refused"
    elif inner["type"] == "Create" and _is_thread(inner["object"], "Note"):
        yield "a thread that is a Note is no thread in an Announce"
    else:
        yield from _read(_LEMMY_ANNOUNCED, inner)


def _lemmy_written(activity: Document) -> Iterator[str]:
    yield from _lists(activity, "to", "cc")
    told = activity["object"]
    if not isinstance(told, dict):
        yield "a Create embeds its object"
    elif told["type"] != "Group":
        yield from _lemmy_object(activity, told)


def _lemmy_object(activity: Document, told: Document) -> Iterator[str]:
    yield from _lists(told, "to", "cc")
    yield from _strings(told, "id", "attributedTo", "published")
    yield from _lemmy_terms(told)
    yield from _lemmy_attachments(told.get("attachment", []))
    if not same_origin(told["id"], activity["actor"]):
        yield "an object is where its actor is"
    if told["type"] == "Note" and told.get("inReplyTo"):
        yield from _strings(told, "content", "inReplyTo")
        yield from _lists(told, "tag")
    elif told["type"] not in _PAGES:
        yield f"no thread is a {told['type']}"
    elif "inReplyTo" in told:
        yield "a post replies to nothing"


def _lemmy_terms(told: Document) -> Iterator[str]:
    for name, kind in (
        ("audience", str),
        ("context", str),
        ("language", dict),
        ("image", dict),
    ):
        if told.get(name) is not None and not isinstance(told[name], kind):
            yield f"{name} is a {kind.__name__}"
    if told.get("mediaType", "text/html") not in _HTML_OR_MARKDOWN:
        yield "mediaType is HTML or Markdown"


def _lemmy_attachments(attached: object) -> Iterator[str]:
    if not isinstance(attached, list):
        yield "attachment is a list"
        return
    for each in attached:
        if _NAMED_BY.get(each["type"]) not in each:
            yield f"no attachment is a {each['type']}"


def _lemmy_decision(activity: Document) -> Iterator[str]:
    yield from _lists(activity, "to", "cc")
    yield from _strings(activity, "actor", "object", "audience")


def _lemmy_undo(activity: Document) -> Iterator[str]:
    inner = activity["object"]
    if not isinstance(inner, dict):
        yield "an Undo embeds what it takes back"
    else:
        yield from _read(_LEMMY_UNDONE, inner)


def _lemmy_flag(activity: Document) -> Iterator[str]:
    yield from _has_reason(activity)
    if activity["to"] != [activity.get("audience")]:
        yield "a Flag goes to one community"
    if not isinstance(activity["object"], str | list):
        yield "a Flag names ids"


def lemmy_person(actor: Document) -> Iterator[str]:
    """Read an actor as Lemmy reads a person; it takes reports from nobody else."""
    if actor["type"] not in _LEMMY_PEOPLE:
        yield f"no person is a {actor['type']}"
    yield from _strings(actor, "id", "preferredUsername", "inbox", "outbox")
    key = actor.get("publicKey")
    if not isinstance(key, dict) or key["owner"] != actor["id"]:
        yield "a person has one key"


_LEMMY_UNDONE: Readers = {
    "Follow": _names("actor", "object"),
    **dict.fromkeys(("Like", "Dislike"), _names("actor", "object", "audience")),
    **dict.fromkeys(("Delete", "Lock", "Block"), _lemmy_decision),
}
_LEMMY_ANNOUNCED: Readers = {
    "Undo": _lemmy_undo,
    "Flag": _lemmy_flag,
    **dict.fromkeys(("Create", "Update"), _lemmy_written),
    **dict.fromkeys(("Like", "Dislike"), _names("actor", "object", "audience")),
    **dict.fromkeys(("Delete", "Lock", "Add", "Remove", "Block"), _lemmy_decision),
}
_LEMMY: Readers = {
    **_LEMMY_ANNOUNCED,
    "Follow": _names("actor", "object"),
    "Announce": _lemmy_announce,
    **dict.fromkeys(("Accept", "Reject"), _embeds_follow),
}


# PieFed: it finds the community in audience, cc, to or target.


def piefed(activity: Document) -> Iterator[str]:
    yield from _read(_PIEFED, activity)


def _piefed_announce(activity: Document) -> Iterator[str]:
    inner = activity["object"]
    if not isinstance(inner, dict):
        return
    if "actor" not in inner:
        yield "an object by itself is for Mastodon"
    else:
        yield from piefed(inner)


def _piefed_written(activity: Document) -> Iterator[str]:
    told = activity["object"]
    if told["type"] in _ACTORS:
        return
    if told["type"] == "Question" and not ("oneOf" in told or "anyOf" in told):
        yield "a Question without choices"
    if told.get("inReplyTo") and told.get("name"):
        yield "a reply with a name is a vote"
    if not (told.get("name") or told.get("content")):
        yield "neither name nor content"
    if all(uri.endswith("/followers") for uri in activity["to"]):
        yield "to nobody but followers"
    if not isinstance(told.get("replies", ""), str):
        yield "replies is a URL"


def _piefed_follow(activity: Document) -> Iterator[str]:
    if "/c/" in activity["actor"]:
        yield "Unexpected activity from Group"


_PIEFED: Readers = {
    "Announce": _piefed_announce,
    "ChooseAnswer": _names("object"),
    "Follow": _piefed_follow,
    "Undo": _embeds,
    "Flag": _has_reason,
    **dict.fromkeys(("Create", "Update"), _piefed_written),
    **dict.fromkeys(("Add", "Remove", "Block"), _names("object", "target")),
    **dict.fromkeys(("Accept", "Reject", "Like", "Delete", "Lock"), _anything),
}


# Mbin: it reaches for to, cc and published without looking.


def mbin(activity: Document) -> Iterator[str]:
    yield from _read(_MBIN, activity)


def _mbin_announce(activity: Document) -> Iterator[str]:
    if isinstance(activity["object"], dict):
        yield from mbin(activity["object"])


def _mbin_written(activity: Document) -> Iterator[str]:
    told = activity["object"]
    if told["type"] not in _ACTORS:
        yield from _lists(told, "to", "cc")
        yield from _strings(told, "published")


_MBIN: Readers = {
    "Announce": _mbin_announce,
    "Follow": _piefed_follow,
    "Undo": _embeds,
    "Flag": _has_reason,
    **dict.fromkeys(("Create", "Update"), _mbin_written),
    **dict.fromkeys(("Add", "Remove", "Block"), _names("object", "target")),
    **dict.fromkeys(("Accept", "Reject", "Like", "Delete", "Lock"), _anything),
}


# NodeBB: it fetches what is new where it is from.


def nodebb(activity: Document) -> Iterator[str]:
    yield from _read(_NODEBB, activity)


def _nodebb_announce(activity: Document) -> Iterator[str]:
    if isinstance(activity["object"], dict):
        yield from nodebb(activity["object"])


def _nodebb_written(activity: Document) -> Iterator[str]:
    kind = activity["object"]["type"]
    if kind not in _MICROBLOG_OBJECTS | _ACTORS:
        yield f"no post is a {kind}"


_NODEBB: Readers = {
    "Announce": _nodebb_announce,
    "Flag": _has_reason,
    **dict.fromkeys(("Create", "Update"), _nodebb_written),
    **dict.fromkeys(("Accept", "Reject"), _embeds_follow),
    **dict.fromkeys(("Follow", "Like", "Delete", "Undo", "Lock", "Block"), _anything),
    **dict.fromkeys(("Add", "Remove", "Move"), _anything),
}


# Discourse: eight verbs, and posts that are Articles and Notes.


def discourse(activity: Document) -> Iterator[str]:
    yield from _read(_DISCOURSE, activity)


def _discourse_within(activity: Document) -> Iterator[str]:
    if isinstance(activity["object"], dict):
        yield from discourse(activity["object"])


def _discourse_written(activity: Document) -> Iterator[str]:
    kind = activity["object"]["type"]
    if kind not in {"Note", "Article"} | _ACTORS:
        yield f"object_not_supported: {kind}"


_DISCOURSE: Readers = {
    **dict.fromkeys(("Announce", "Undo"), _discourse_within),
    **dict.fromkeys(("Create", "Update"), _discourse_written),
    **dict.fromkeys(("Accept", "Reject"), _embeds_follow),
    **dict.fromkeys(("Delete", "Follow", "Like"), _anything),
}


# Mastodon, GoToSocial, Misskey, Akkoma (conformance 24).


def microblog(activity: Document) -> Iterator[str]:
    yield from _read(_MICROBLOG, activity)


def _microblog_undo(activity: Document) -> Iterator[str]:
    inner = activity["object"]
    if not isinstance(inner, dict) or inner["type"] not in _TAKEN_BACK:
        yield "an Undo of what it never had"
    elif inner["actor"] != activity["actor"]:
        yield "an Undo of another's"


def _microblog_written(activity: Document) -> Iterator[str]:
    told = activity["object"]
    if told["type"] in _ACTORS:
        return
    if told["type"] not in _MICROBLOG_OBJECTS:
        yield f"no status is a {told['type']}"
    if told["attributedTo"] != activity["actor"]:
        yield "its author did not sign it"
    if told.get("updated", told["published"]) < told["published"]:
        yield "edited before it was published"
    if told.get("inReplyTo") and told.get("name"):
        yield "a reply with a name is a vote"
    if len(told.get("summary", "")) > 500:
        yield "a warning as long as a post"


def _microblog_flag(activity: Document) -> Iterator[str]:
    yield from _strings(activity, "content")
    if not isinstance(activity["object"], list):
        yield "a Flag names a person and their posts"


_MICROBLOG: Readers = {
    # GoToSocial and Takahe want to know when.
    "Announce": _names("object", "published"),
    "Undo": _microblog_undo,
    "Flag": _microblog_flag,
    "Like": _names("object"),
    **dict.fromkeys(("Create", "Update"), _microblog_written),
    **dict.fromkeys(("Accept", "Reject"), _embeds_follow),
    **dict.fromkeys(("Delete", "Follow"), _anything),
}


def _is_thread(told: object, kind: str) -> bool:
    return isinstance(told, dict) and told["type"] == kind and not told.get("inReplyTo")
