"""Documents of ours, kept as they are sent; `python -m tests.wire.recorded` writes them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from federation.audience import mark_addressing
from federation.translate import outgoing
from federation.translate.linking import linked
from federation.translate.outgoing_polls import vote_activity
from federation.translate.outgoing_quotes import (
    accept_quote_activity,
    quote_request_activity,
    stamp_document,
)
from federation.translate.outgoing_recognition import (
    assertion_document,
    create_recognition_activity,
    credential_document,
    recognition_note,
)
from federation.translate.sanitize import from_markdown
from schemas.attached import Called, Choice, Hashtag, Media, MediaKind, Poll, Quote, Reaction
from schemas.recognition import Recognition
from schemas.records import ActorKind, Kind, Mark, Post, PostFacts, Visibility
from tests.wire.values import (
    ASKER,
    ASKING,
    EMOJI,
    GROUP,
    HELPER,
    NOW,
    QUESTION,
    REPLY,
    ROADS,
    TABLE,
    actor,
    released,
)

Document = dict[str, Any]

FOLDER: Final = Path(__file__).parent / "commonlore"
_AGENCY: Final = "https://health.example/actor"
_MODERATION: Final = f"{_AGENCY}/moderation"
_KITES: Final = "https://kites.example/users/ines/statuses/401"


def _post(kind: Kind, source: str, **changes: Any) -> Post:
    starts = kind.starts_thread
    clean = linked(
        from_markdown(source).html,
        people={"helper@lands.example": HELPER},
        hashtags={"buses": "https://health.example/tags/buses"},
    )
    facts = PostFacts(
        id=1,
        uri=QUESTION if starts else REPLY,
        kind=kind,
        author_id=1,
        author_uri=ASKER if starts else HELPER,
        author_local=True,
        community_id=2,
        community_uri=GROUP,
        community_local=False,
        root_id=1,
        root_uri=QUESTION,
        parent_uri=None if starts else QUESTION,
        context=f"{GROUP}/t/abc",
        visibility=Visibility.PUBLIC,
        published_at=NOW,
    )
    post = Post(facts=facts, source=source, html=clean.html, text=clean.text)
    return replace(post, **changes)


def _document(post: Post) -> Document:
    parent = None if post.facts.kind.starts_thread else ASKING
    return outgoing.post_document(released(post), community=ROADS, parent_author=parent)


def poll() -> Document:
    choices = (Choice(name="CSV", votes=4), Choice(name="JSON", votes=9))
    asked = Poll(choices=choices, closes_at=NOW + timedelta(days=9), voters=13)
    return _document(_post(Kind.POLL, "We publish weekly.", title="Which format?", poll=asked))


def with_media() -> Document:
    media = (
        Media(
            url="https://health.example/media/a1/site.png",
            kind=MediaKind.IMAGE,
            media_type="image/png",
            alt="A map of the site",
            blurhash="LNABop~qIUM{_3M{RjRj%MM{j[t7",
            focus=(0.0, 0.5),
            width=1200,
            height=800,
        ),
        Media(url="https://data.health.example/method.pdf", kind=MediaKind.LINK, alt="Method"),
        Media(
            url="https://health.example/media/a2/walk.mp4",
            kind=MediaKind.VIDEO,
            media_type="video/mp4",
            alt="A walk round the site",
        ),
    )
    return _document(
        _post(
            Kind.QUESTION,
            "Is this crossing safe? Look at the #buses. And @helper@lands.example knows more.",
            title="Is this crossing safe?",
            media=media,
            hashtags=(Hashtag(slug="buses", name="buses"),),
            mentions=(Called(uri=HELPER, handle="@helper@lands.example"),),
        )
    )


def reply_with_table() -> Document:
    return _document(
        _post(
            Kind.ANSWER,
            f"Ours, :cone: by site:\n\n{TABLE}",
            warning="Names places",
            sensitive=True,
            quote=Quote(uri=_KITES, stamp="https://kites.example/stamps/1"),
            emojis=(EMOJI,),
        )
    )


def reaction() -> Document:
    mark = Mark(
        uri="https://health.example/activities/7",
        actor_uri=ASKER,
        post_uri=REPLY,
        helpful=True,
        reaction=Reaction(content=":cone:", custom=EMOJI),
        given_at=NOW,
    )
    told = mark_addressing(Visibility.PUBLIC, community=GROUP, author=HELPER)
    return outgoing.like_activity(mark, addressed=told, community=GROUP)


def vote() -> Document:
    return vote_activity(
        "https://lands.example/activities/3",
        voter=HELPER,
        poll=QUESTION,
        asker=ASKER,
        choice="JSON",
        published=NOW,
    )


def quote_request() -> Document:
    return quote_request_activity(
        "https://health.example/activities/4",
        actor=ASKER,
        quoted=REPLY,
        author=HELPER,
        quoting=QUESTION,
        published=NOW,
    )


def accept_quote() -> Document:
    return accept_quote_activity(
        "https://lands.example/activities/5",
        actor=HELPER,
        request=quote_request(),
        stamp="https://lands.example/stamps/6",
        published=NOW,
    )


def stamp() -> Document:
    return stamp_document(
        "https://lands.example/stamps/6", author=HELPER, quoting=QUESTION, quoted=REPLY
    )


def moderation() -> Document:
    """Give the actor that reports for an agency, without its keys, which are made anew."""
    reporting = replace(
        actor(_MODERATION, ActorKind.MODERATION),
        name="moderation",
        display_name="Health",
        shared_inbox="https://health.example/inbox",
        followers=None,
        url="https://health.example/about",
    )
    return outgoing.moderation_document(reporting, (), agency_uri=_AGENCY)


def flag() -> Document:
    return outgoing.flag_activity(
        "https://health.example/activities/6",
        moderation=_MODERATION,
        about=[REPLY],
        to=GROUP,
        published=NOW,
        reason="Names a patient.",
        community=GROUP,
    )


def given() -> Recognition:
    return Recognition(
        id=12,
        uri="https://transport.example/recognition/12",
        credential_uri="https://transport.example/credentials/12",
        issuer=replace(ROADS, display_name="Road safety"),
        person=actor(HELPER),
        name="Peer Mentor 2026",
        criteria="Answered forty questions of newcomers.",
        given_at=NOW,
        status_index=3,
        post_uri=REPLY,
    )


def recognition() -> Document:
    return create_recognition_activity(
        "https://transport.example/activities/8",
        recognition_note(given()),
        given(),
        followers=f"{GROUP}/followers",
    )


def credential() -> Document:
    return credential_document(given(), status_list=f"{GROUP}/credential-status")


def assertion() -> Document:
    return assertion_document(given())


RECORDED: Final[dict[str, Callable[[], Document]]] = {
    "poll": poll,
    "with-media": with_media,
    "reply-with-table": reply_with_table,
    "reaction": reaction,
    "vote": vote,
    "quote-request": quote_request,
    "accept-quote": accept_quote,
    "stamp": stamp,
    "moderation": moderation,
    "flag": flag,
    "recognition": recognition,
    "credential": credential,
    "assertion": assertion,
}


def recorded(name: str) -> Document:
    found: Document = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def write(name: str, document: Document) -> None:
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (FOLDER / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    for _name, _build in RECORDED.items():
        write(_name, _build())
