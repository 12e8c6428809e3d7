"""Our own values, as Hypothesis draws them: posts with all that may go with their words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from federation.translate.incoming_parts import hashtag_named
from federation.translate.linking import linked
from federation.translate.sanitize import from_markdown, plain
from schemas.attached import (
    Called,
    Choice,
    Emoji,
    Hashtag,
    Media,
    MediaKind,
    Poll,
    Quote,
    Reaction,
)
from schemas.gate import Released, ReleaseKey
from schemas.records import (
    KUDOS_EMOJI,
    OF_COMMUNITIES,
    Actor,
    ActorKind,
    DeletedBy,
    Kind,
    Kudos,
    Mark,
    Post,
    PostFacts,
    Topic,
)

NOW: Final = datetime(2026, 9, 1, 8, 0, 0, 123_000, tzinfo=UTC)
GROUP: Final = "https://transport.example/c/roadsafety"
ASKER: Final = "https://health.example/@asker"
HELPER: Final = "https://lands.example/@helper"
QUESTION: Final = "https://health.example/p/1042"
REPLY: Final = "https://lands.example/p/88"
TABLE: Final = "| Site | Crashes |\n|---|---|\n| Hill & Co | 4 |\n| **Quay** | |\n"


def actor(uri: str, kind: ActorKind = ActorKind.PERSON) -> Actor:
    host, _, name = uri.removeprefix("https://").partition("/")
    return Actor(
        id=1,
        uri=uri,
        kind=kind,
        name=name.removeprefix("@").removeprefix("c/"),
        host=host,
        local=True,
        inbox=f"{uri}/inbox",
        outbox=f"{uri}/outbox",
        followers=f"{uri}/followers",
        published_at=NOW,
    )


ROADS: Final = actor(GROUP, ActorKind.COMMUNITY)
ASKING: Final = actor(ASKER)

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
LINES = WORDS.map(lambda words: plain("T" + words, limit=200))
TIMES = st.integers(0, 2_000_000).map(lambda seconds: NOW - timedelta(seconds=seconds))
SOURCES = st.lists(
    st.one_of(
        WORDS.map(lambda words: "W" + words),
        st.sampled_from(
            [TABLE, "- one\n- two", "> said\n\n`code`", "Ask @helper, #buses", "# H"]
        ),
    ),
    min_size=1,
    max_size=4,
).map("\n\n".join)

_MEDIA_TYPES = {
    MediaKind.IMAGE: "image/png",
    MediaKind.VIDEO: "video/mp4",
    MediaKind.AUDIO: "audio/ogg",
    MediaKind.FILE: "application/pdf",
    MediaKind.LINK: "text/html",
}


@st.composite
def _medium(draw: st.DrawFn) -> Media:
    kind = draw(st.sampled_from(MediaKind))
    return Media(
        url=f"https://media.example/{draw(st.integers(1, 10**9))}",
        kind=kind,
        media_type=_MEDIA_TYPES[kind],
        alt=draw(WORDS.map(lambda words: plain(words, limit=100))),
        blurhash=draw(st.sampled_from(["", "LNABop~qIUM{_3M{RjRj%MM{j[t7"])),
        focus=draw(st.sampled_from([None, (0.0, -1.0), (0.25, 0.5)])),
        width=draw(st.none() | st.integers(1, 5000)),
        height=draw(st.none() | st.integers(1, 5000)),
    )


def unique_media(found: list[Media]) -> tuple[Media, ...]:
    return tuple({each.url: each for each in found}.values())


MEDIA = st.lists(_medium(), max_size=4).map(unique_media)

POLLS = st.builds(
    lambda names, votes, several, voters: Poll(
        choices=tuple(Choice(name=name, votes=votes) for name in names),
        several=several,
        closes_at=NOW + timedelta(days=3),
        voters=voters,
    ),
    names=st.lists(LINES, min_size=1, max_size=5, unique=True),
    votes=st.integers(0, 100),
    several=st.booleans(),
    voters=st.none() | st.integers(0, 500),
)

EMOJI = Emoji(
    shortcode="cone",
    url="https://health.example/emoji/cone.png",
    media_type="image/png",
    uri="https://health.example/emojis/1",
    updated_at=NOW,
)
HASHTAGS = st.lists(
    st.sampled_from(["Buses", "crash_data", "Verkehr", "道路"]), max_size=3, unique=True
).map(lambda names: tuple(filter(None, map(hashtag_named, names))))


@st.composite
def facts(draw: st.DrawFn, kind: Kind) -> PostFacts:
    starts = kind.starts_thread
    uri, author = (QUESTION, ASKER) if starts else (REPLY, HELPER)
    return PostFacts(
        id=1,
        uri=uri,
        kind=kind,
        author_id=1,
        author_uri=author,
        author_local=True,
        community_id=2,
        community_uri=GROUP,
        community_local=False,
        root_id=1,
        root_uri=QUESTION,
        parent_uri=None if starts else QUESTION,
        context=draw(st.sampled_from([None, f"{GROUP}/t/x"])),
        visibility=draw(st.sampled_from(OF_COMMUNITIES)),
        published_at=draw(TIMES),
        edited_at=draw(st.sampled_from([None, NOW])),
        locked_at=draw(st.sampled_from([None, NOW])) if starts else None,
        pinned_at=draw(st.sampled_from([None, NOW])) if starts else None,
    )


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """Draw a post as storage has it: cleaned, its names linked, with everything optional."""
    kind = draw(st.sampled_from(Kind))
    starts = kind.starts_thread
    source = draw(SOURCES)
    clean = linked(
        from_markdown(source).html,
        people={"helper": HELPER},
        hashtags={"buses": "https://health.example/tags/buses"},
    )
    hashtags: tuple[Hashtag, ...] = draw(HASHTAGS)
    warned = draw(st.sampled_from(["", "A crash scene"]))
    return Post(
        facts=draw(facts(kind)),
        title=draw(LINES) if starts else "",
        source=source,
        html=clean.html,
        text=clean.text,
        language=draw(st.sampled_from(["en", "cy", "pt-BR", "und"])),
        topic=draw(st.sampled_from([None, Topic(slug="crashes", name="Crashes")])),
        accepted=draw(st.sampled_from([(), (REPLY,)])) if kind is Kind.QUESTION else (),
        is_accepted=not starts and draw(st.booleans()),
        warning=warned,
        sensitive=bool(warned),
        media=draw(MEDIA),
        poll=draw(POLLS) if kind is Kind.POLL else None,
        quote=draw(
            st.sampled_from(
                [
                    None,
                    Quote(uri="https://kites.example/1"),
                    Quote(uri="https://kites.example/1", stamp="https://kites.example/s/1"),
                ]
            )
        ),
        hashtags=hashtags,
        mentions=draw(
            st.sampled_from([(), (Called(uri=HELPER, handle="@helper@lands.example"),)])
        ),
        emojis=draw(st.sampled_from([(), (EMOJI,)])),
        duplicate_of=draw(st.sampled_from([None, f"{QUESTION}1"])) if starts else None,
    )


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    """Draw a live Like; a reaction stands where nothing else claims its emoji."""
    category = draw(st.sampled_from([None, *KUDOS_EMOJI]))
    kudos = (
        Kudos(category=category, emoji=KUDOS_EMOJI[category], note=draw(LINES))
        if category
        else None
    )
    accepts = draw(st.booleans())
    reaction = draw(
        st.sampled_from(
            [None, Reaction(content="🌿"), Reaction(content=":cone:", custom=EMOJI)]
        )
    )
    says_else = accepts or kudos is not None
    return Mark(
        uri="https://health.example/activities/7",
        actor_uri=ASKER,
        post_uri=REPLY,
        helpful=draw(st.booleans()) if says_else or reaction else True,
        kudos=kudos,
        accepts=accepts,
        reaction=None if says_else else reaction,
        given_at=draw(TIMES),
    )


def deleted(post: Post) -> Post:
    """Give what storage has of a post that its author deleted."""
    return Post(facts=replace(post.facts, deleted_at=NOW, deleted_by=DeletedBy.AUTHOR))


def released(post: Post) -> Released[Post]:
    return Released(post, ReleaseKey())
