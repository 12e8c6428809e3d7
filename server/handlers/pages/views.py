"""What templates are given: people, communities and posts as they are shown to one reader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from federation.translate import sanitize
from schemas.gate import Released
from schemas.records import Actor, ActorKind, Community, Kind, Post, Role, Topic
from server.context import Context
from server.services import portraits, quoting
from server.services.faces import hue, initials
from server.storage import agencies
from server.storage.communities import Listed
from server.storage.database import Transaction
from server.storage.marks import Given
from server.storage.portraits import PortraitKind
from server.storage.reactions import Counted
from server.storage.sessions import SignedIn

_LONGEST_EXCERPT: Final = 200
_PREFIXES: Final = {ActorKind.COMMUNITY: "/c/", ActorKind.FEED: "/f/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What is shown beside a name: what its agency calls itself, and where its picture is.

    `agencies` has no host that gave itself no name.
    """

    context: Context
    agencies: Mapping[str, str]

    def get(self, host: str, otherwise: str) -> str:
        return self.agencies.get(host, otherwise)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorView:
    """A person, or a community where only its name is shown; `picture` is a path here."""

    name: str
    display_name: str
    handle: str
    url: str
    agency: str
    local: bool
    initials: str
    hue: int
    picture: str | None = None
    origin: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityView:
    name: str
    display_name: str
    handle: str
    url: str
    agency: str
    local: bool
    initials: str
    hue: int
    picture: str | None = None
    banner: str | None = None
    origin: str | None
    summary: str
    charter_html: str
    charter: str
    join: str
    visibility: str
    topics: tuple[Topic, ...]
    members: int
    questions: int
    unanswered: int
    my_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanksView:
    emoji: str
    category: str
    note: str
    giver: ActorView


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What the reader may do with a post; the services judge again."""

    edit: bool = False
    delete: bool = False
    accept: bool = False
    reopen: bool = False
    lock: bool = False
    pin: bool = False
    move: bool = False
    remove: bool = False
    report: bool = False
    reply: bool = False
    thank: bool = False
    quote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """What the reader said about a post, whether they keep it, or their profile shows it."""

    helpful: bool = False
    kudos: str | None = None
    kept: bool = False
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumView:
    """A picture or a file; `shown` is where a page loads it, None where it is linked to."""

    url: str
    kind: str
    host: str
    alt: str
    shown: str | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A post inside another one: who wrote it, and how it begins; a warning in its place."""

    author: ActorView
    url: str
    title: str
    text: str
    warning: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """What a post quotes: a card where its author lets it, else a link; `waits`: not yet."""

    url: str | None
    host: str
    waits: bool
    card: CardView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SameView:
    """The question that was asked before; `title` is "" where the reader cannot see it."""

    url: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedView:
    """All that a post carries. `folded`: it is opened by whoever read the warning."""

    folded: bool = False
    warning: str = ""
    media: tuple[MediumView, ...] = ()
    quote: QuoteView | None = None
    reactions: tuple[Counted, ...] = ()
    same: SameView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A released post; lists of one community, and walls, leave `community` out.

    `text` is plain, and the warning alone where there is one.
    """

    id: int
    url: str
    kind: str
    title: str
    html: str
    text: str
    source: str
    author: ActorView
    community: ActorView | CommunityView | None
    published: datetime
    edited: datetime | None
    deleted: bool
    deleted_by: str | None
    reason: str
    locked: bool
    pinned: bool
    accepted: bool
    answers: int
    helpful: int
    topic: Topic | None
    language: str
    origin: str | None
    wall: bool = False
    visibility: str = "public"
    kudos: tuple[ThanksView, ...] = ()
    mine: Mine = field(default_factory=Mine)
    can: May = field(default_factory=May)
    attached: AttachedView | None = None
    children: list["PostView"] = field(default_factory=list)

    @property
    def excerpt(self) -> str:
        """How it begins; asked for in lists only."""
        return " ".join(self.text[: _LONGEST_EXCERPT * 2].split())[:_LONGEST_EXCERPT]


_SAID_NOTHING: Final = Mine()
_MAY_NOTHING: Final = May()


async def agency_names(tx: Transaction, context: Context) -> Names:
    names = {agency.host: agency.name for agency in await agencies.all_of(tx) if agency.name}
    return Names(
        context=context, agencies=names | {context.home.authority: context.settings.name}
    )


def actor(of: Actor, names: Names) -> ActorView:
    shown = of.display_name or of.name
    return ActorView(
        name=of.name,
        display_name=shown,
        handle=of.handle,
        url=path_of(of),
        agency=names.get(of.host, of.host),
        local=of.local,
        initials=initials(shown),
        hue=hue(of.handle),
        picture=portraits.path_of(names.context, of, PortraitKind.AVATAR),
        origin=None if of.local else sanitize.link(of.url or of.uri),
    )


def actors(of: Iterable[Actor], names: Names) -> dict[int, ActorView]:
    """Show each of many once, by id."""
    return {one.id: actor(one, names) for one in {each.id: each for each in of}.values()}


def path_of(of: Actor) -> str:
    """Give the page here of a person, a community or a feed, wherever they are at home."""
    prefix = _PREFIXES.get(of.kind, "/@")
    name = of.name if of.local else f"{of.name}@{of.host}"
    return prefix + quote(name, safe="@:[]")


def take_part_path(uri: str) -> str:
    """Give the page on which guests are shown the way to their own server, for a thing."""
    return f"/take-part?uri={quote(uri, safe='')}"


def community(listed: Listed, names: Names) -> CommunityView:
    of: Community = listed.community
    shown = actor(of.actor, names)
    return CommunityView(
        name=shown.name,
        display_name=shown.display_name,
        handle=shown.handle,
        url=shown.url,
        agency=shown.agency,
        local=shown.local,
        initials=shown.initials,
        hue=shown.hue,
        picture=shown.picture,
        banner=portraits.path_of(names.context, of.actor, PortraitKind.HEADER),
        origin=shown.origin,
        summary=_one_line(of.actor),
        charter_html=of.charter,
        charter=of.charter_source,
        join=of.join.value,
        visibility=of.visibility.value,
        topics=of.topics,
        members=listed.members,
        questions=listed.questions,
        unanswered=listed.unanswered,
        my_state=listed.my_state,
    )


def _one_line(of: Actor) -> str:
    # Ours is kept as plain text; what came from elsewhere is a paragraph of clean HTML.
    return of.summary if of.local else str(Markup(of.summary).striptags())  # noqa: S704 only to strip


def is_folded(of: Post) -> bool:
    """Say whether a post is for those only who read its warning first."""
    return of.sensitive or bool(of.warning)


def post(
    released: Released[Post],
    author: ActorView,
    in_community: ActorView | CommunityView | None,
    *,
    thanks: Sequence[ThanksView] = (),
    mine: Mine | None = None,
    can: May | None = None,
    attached: AttachedView | None = None,
) -> PostView:
    of = released.content
    facts = of.facts
    is_root = facts.parent_id is None
    return PostView(
        id=facts.id,
        url=f"/p/{facts.id}" if is_root else f"/p/{facts.root_id}#p{facts.id}",
        kind=facts.kind.value,
        title=of.title or _first_words(of),
        html=of.html,
        text=of.warning if is_folded(of) else of.text,
        source=of.source,
        author=author,
        community=None if facts.wall else in_community,
        wall=facts.wall,
        visibility="quiet" if facts.quiet else facts.visibility.value,
        published=facts.published_at,
        edited=facts.edited_at,
        deleted=facts.deleted_at is not None,
        deleted_by=facts.deleted_by.value if facts.deleted_by else None,
        reason=of.reason,
        locked=facts.locked_at is not None,
        pinned=facts.pinned_at is not None,
        accepted=bool(of.accepted) if facts.kind is Kind.QUESTION else of.is_accepted,
        answers=of.answers,
        helpful=of.helpful,
        topic=of.topic,
        language=of.language,
        origin=None if facts.author_local else sanitize.link(facts.uri),
        kudos=tuple(thanks),
        mine=mine or _SAID_NOTHING,
        can=can or _MAY_NOTHING,
        attached=attached,
    )


def _first_words(of: Post) -> str:
    facts = of.facts
    if not facts.wall or facts.parent_id is not None or facts.deleted_at is not None:
        return ""
    return sanitize.teaser(of.warning if is_folded(of) else of.text, limit=80)


def thanks(given: Given, names: Names) -> ThanksView | None:
    """Show a mark that is thanks; helpful alone has no words."""
    kudos = given.mark.kudos
    if kudos is None:
        return None
    return ThanksView(
        emoji=kudos.emoji,
        category=kudos.category,
        note=kudos.note,
        giver=actor(given.giver, names),
    )


def may(session: SignedIn | None, of: Post, root: Post) -> May:
    """Say what a reader may do with a post of a thread; on the root itself `of` is the root."""
    facts, thread = of.facts, root.facts
    if session is None or facts.deleted_at is not None:
        return _MAY_NOTHING
    own = facts.author_id == session.member.id
    steward = facts.community_id in session.stewards
    moderator = session.member.role.reaches(Role.MODERATOR)
    member = facts.community_id in session.joined
    chooses = thread.deleted_at is None and (steward or thread.author_id == session.member.id)
    is_root = facts.parent_id is None
    governs = steward or (moderator and facts.community_local and not facts.wall)
    takes_part = member or facts.wall
    return May(
        edit=own,
        delete=own,
        accept=chooses and facts.kind is Kind.ANSWER,
        reopen=chooses and is_root and bool(of.accepted),
        lock=is_root and governs,
        pin=is_root and governs,
        move=is_root and governs and facts.community_local,
        remove=(steward or moderator) and not own,
        report=not own,
        reply=takes_part and thread.locked_at is None,
        thank=takes_part and not own,
        quote=member and not facts.wall and quoting.may_quote(of, session.member.id),
    )


def pages(previous: str | None = None, following: str | None = None) -> SimpleNamespace | None:
    """Give the links to the pages beside this one."""
    if previous is None and following is None:
        return None
    return SimpleNamespace(previous=previous, next=following)
