"""Everything that we send, drawn: each builder of documents on each of our values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st

from federation.audience import (
    announce_addressing,
    create_addressing,
    decision_addressing,
    mark_addressing,
)
from federation.signatures.keys import generate_ed25519, generate_rsa
from federation.translate import outgoing
from federation.translate.outgoing_feeds import announced_change, list_change
from federation.translate.outgoing_moves import move_activity
from federation.translate.outgoing_polls import vote_activities
from federation.translate.outgoing_quotes import (
    accept_quote_activity,
    quote_request_activity,
    reject_quote_activity,
    stamp_document,
)
from federation.translate.outgoing_recognition import (
    create_recognition_activity,
    recognition_note,
)
from schemas.recognition import Recognition
from schemas.records import OF_COMMUNITIES, ActorKind, Community, Topic, Visibility
from schemas.wire.collections import batch
from tests.wire.values import (
    ASKER,
    ASKING,
    GROUP,
    HELPER,
    LINES,
    NOW,
    QUESTION,
    REPLY,
    ROADS,
    actor,
    deleted,
    marks,
    posts,
    released,
)

Document = dict[str, Any]
Build = Callable[[], Document]

BY_ASKER: Final = "https://health.example/activities/1"
BY_GROUP: Final = "https://transport.example/activities/2"
AGENCY: Final = "https://health.example/actor"
MODERATION: Final = f"{AGENCY}/moderation"
FOLLOWERS: Final = f"{GROUP}/followers"
FEED: Final = "https://health.example/f/starter"
KEYS: Final = (
    generate_rsa(f"{GROUP}#main-key", GROUP).public,
    generate_ed25519(f"{GROUP}#ed25519-key", GROUP).public,
)
VISIBILITIES = st.sampled_from(OF_COMMUNITIES)


@st.composite
def post_documents(draw: st.DrawFn) -> Document:
    post = draw(posts())
    parent = None if post.facts.kind.starts_thread else ASKING
    if draw(st.booleans()) and draw(st.booleans()):
        post = deleted(post)
    return outgoing.post_document(
        released(post), community=ROADS, parent_author=parent, likes=draw(st.integers(0, 9))
    )


@st.composite
def actor_documents(draw: st.DrawFn) -> Document:
    match draw(st.sampled_from(ActorKind)):
        case ActorKind.PERSON:
            pictured = replace(
                ASKING, avatar=f"{ASKER}.png", header=draw(st.none() | st.just(f"{ASKER}.jpg"))
            )
            return outgoing.person_document(pictured, ())
        case ActorKind.AGENCY:
            return outgoing.agency_document(actor(AGENCY, ActorKind.AGENCY), ())
        case ActorKind.MODERATION:
            reporting = replace(actor(MODERATION, ActorKind.MODERATION), name="moderation")
            return outgoing.moderation_document(reporting, (), agency_uri=AGENCY)
        case ActorKind.COMMUNITY:
            slugs = draw(st.lists(st.sampled_from(["crashes", "question", "a-b"]), unique=True))
            community = Community(
                actor=ROADS,
                charter="<p>Rules</p>",
                charter_source="Rules",
                visibility=draw(VISIBILITIES),
                topics=tuple(Topic(slug=slug, name=draw(LINES)) for slug in slugs),
            )
            return outgoing.community_document(
                community, KEYS, stewards_uri=f"{GROUP}/moderators", agency_uri=AGENCY
            )
        case ActorKind.FEED:
            gathered = replace(actor(FEED, ActorKind.FEED), moderators=f"{FEED}/moderators")
            changed_at = NOW + draw(st.sampled_from([timedelta(), timedelta(days=1)]))
            return outgoing.feed_document(
                gathered, (), changed_at=changed_at, agency_uri=AGENCY
            )


@st.composite
def marks_sent(draw: st.DrawFn) -> Document:
    told = mark_addressing(draw(VISIBILITIES), community=GROUP, author=HELPER)
    return outgoing.like_activity(draw(marks()), addressed=told, community=GROUP)


@st.composite
def posts_sent(draw: st.DrawFn) -> Document:
    document = draw(post_documents().filter(lambda found: found["type"] != "Tombstone"))
    uri = document["id"].partition("/p/")[0] + "/activities/3"
    followers = draw(st.sampled_from([None, f"{document['attributedTo']}/followers"]))
    if draw(st.booleans()):
        return outgoing.create_activity(uri, document, author_followers=followers)
    return outgoing.update_activity(
        uri, document, published=NOW + timedelta(days=1), author_followers=followers
    )


def _flag(about: list[str]) -> Document:
    return outgoing.flag_activity(
        BY_ASKER, moderation=MODERATION, about=about, to=GROUP, published=NOW, reason="Spam"
    )


@st.composite
def decisions(draw: st.DrawFn) -> Document:
    """Draw what stewards and askers decide."""
    shared: dict[str, Any] = {
        "actor": ASKER,
        "community": GROUP,
        "addressed": decision_addressing(
            draw(VISIBILITIES), community=GROUP, followers=FOLLOWERS, concerned=HELPER
        ),
        "published": NOW,
    }
    reason = draw(st.sampled_from(["", "Off topic"]))
    build: Build = draw(
        st.sampled_from(
            [
                lambda: outgoing.choose_answer_activity(
                    BY_ASKER, answer=REPLY, question=QUESTION, **shared
                ),
                lambda: outgoing.add_activity(
                    BY_ASKER, about=QUESTION, target=f"{GROUP}/featured", **shared
                ),
                lambda: outgoing.remove_activity(
                    BY_ASKER, about=HELPER, target=f"{GROUP}/moderators", **shared
                ),
                lambda: outgoing.lock_activity(
                    BY_ASKER, about=QUESTION, reason=reason, **shared
                ),
                lambda: outgoing.block_activity(
                    BY_ASKER, blocked=HELPER, reason=reason, until=NOW, **shared
                ),
                lambda: move_activity(
                    BY_ASKER,
                    actor=ASKER,
                    about=QUESTION,
                    origin=GROUP,
                    target="https://transport.example/c/bridges",
                    addressed=shared["addressed"],
                    published=NOW,
                ),
                lambda: outgoing.delete_activity(
                    BY_ASKER, object_uri=REPLY, reason=reason or None, **shared
                ),
            ]
        )
    )
    return build()


@st.composite
def follows(draw: st.DrawFn) -> Document:
    follow = outgoing.follow_activity(BY_ASKER, actor=ASKER, target=GROUP, published=NOW)
    request = quote_request_activity(
        BY_ASKER, actor=ASKER, quoted=REPLY, author=HELPER, quoting=QUESTION, published=NOW
    )
    stamp = "https://lands.example/stamps/1"
    answer = {"actor": HELPER, "request": request, "published": NOW}
    by_helper = "https://lands.example/activities/1"
    return draw(
        st.sampled_from(
            [
                follow,
                outgoing.accept_activity(BY_GROUP, actor=GROUP, follow=follow, published=NOW),
                outgoing.reject_activity(
                    BY_GROUP, actor=GROUP, follow=follow, published=NOW, reason="No"
                ),
                request,
                accept_quote_activity(by_helper, stamp=stamp, **answer),
                reject_quote_activity(by_helper, reason="No", **answer),
                reject_quote_activity(by_helper, **answer),
            ]
        )
    )


@st.composite
def the_rest(draw: st.DrawFn) -> Document:
    person = draw(actor_documents())
    public = create_addressing(
        announce_addressing(Visibility.PUBLIC, community=GROUP, followers=FOLLOWERS),
        author_followers=None,
    )
    votes = vote_activities(
        [BY_ASKER, f"{BY_ASKER}1"],
        voter=ASKER,
        poll="https://lands.example/p/3",
        asker=HELPER,
        choices=["CSV", "JSON"],
        published=NOW,
    )
    return draw(
        st.sampled_from(
            [
                *votes,
                stamp_document(
                    "https://health.example/stamps/1",
                    author=ASKER,
                    quoting=REPLY,
                    quoted=QUESTION,
                ),
                outgoing.update_actor_activity(
                    f"{person['id']}/activities/9", person, addressed=public, published=NOW
                ),
                _flag(draw(st.sampled_from([[REPLY], [HELPER, REPLY]]))),
            ]
        )
    )


@st.composite
def recognitions(draw: st.DrawFn) -> Document:
    """Draw what a community gives somebody, and what is left of it."""
    given = Recognition(
        id=12,
        uri="https://transport.example/recognition/12",
        credential_uri="https://transport.example/credentials/12",
        issuer=ROADS,
        person=actor(HELPER),
        name=draw(LINES),
        criteria=draw(LINES),
        given_at=NOW,
        status_index=draw(st.integers(0, 9)),
        withdrawn_at=draw(st.none() | st.just(NOW)),
    )
    note = recognition_note(given)
    if not given.holds:
        return note
    return create_recognition_activity(BY_GROUP, note, given, followers=FOLLOWERS)


@st.composite
def undone(draw: st.DrawFn) -> Document:
    inner = draw(marks_sent() | decisions())
    return outgoing.undo_activity(
        f"{BY_ASKER}0", actor=ASKER, inner=inner, public=draw(st.booleans()), published=NOW
    )


@st.composite
def announced(draw: st.DrawFn) -> Document:
    votes = st.lists(marks_sent(), min_size=1, max_size=3).map(batch)
    inner = draw(
        posts_sent() | marks_sent() | decisions() | undone() | votes | st.just(QUESTION)
    )
    told = announce_addressing(draw(VISIBILITIES), community=GROUP, followers=FOLLOWERS)
    return outgoing.announce_activity(
        BY_GROUP, community=GROUP, inner=inner, addressed=told, published=NOW
    )


@st.composite
def gathered(draw: st.DrawFn) -> Document:
    change = list_change(
        BY_ASKER,
        feed=FEED,
        following=f"{FEED}/following",
        followers=f"{FEED}/followers",
        community=GROUP,
        adding=draw(st.booleans()),
        published=NOW,
    )
    told = {"feed": FEED, "followers": f"{FEED}/followers", "published": NOW}
    return draw(st.sampled_from([change, announced_change(f"{BY_ASKER}9", change, **told)]))


def everything() -> st.SearchStrategy[Document]:
    """Draw any document that leaves us."""
    return st.one_of(
        post_documents(),
        actor_documents(),
        posts_sent(),
        marks_sent(),
        decisions(),
        follows(),
        the_rest(),
        recognitions(),
        undone(),
        announced(),
        gathered(),
    )
