"""Posts as clients show them: statuses, and communities' boosts of them (client-api.md 10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal
from urllib.parse import quote as quoted

from federation.translate import sanitize
from schemas.attached import QuoteState
from schemas.mastodon.accounts import Account, CustomEmoji
from schemas.mastodon.personal import FilterResult
from schemas.mastodon.statuses import (
    Card,
    EmojiReaction,
    Mention,
    Quote,
    QuoteApproval,
    Status,
    StatusTag,
)
from schemas.records import Actor, Kind, Post, Principal, Surface, Visibility
from server.context import BOOST, Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.filter_entities import filtered
from server.handlers.mastodon.media_entities import attachments, ids_of
from server.handlers.mastodon.poll_entities import poll_entity
from server.services import quoting, sharing
from server.storage import boosts, desk, statuses, timelines
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.filters import Filter
from server.storage.statuses import Beside, Emoji
from server.storage.timelines import Line

_LONGEST_CARD: Final = 200
_VISIBILITIES: Final[dict[str, Literal["public", "unlisted", "private", "direct"]]] = {
    "public": "public",
    "quiet": "unlisted",
    "members": "private",
    "direct": "direct",
}
_NOTHING: Final = Beside()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads; `member_id` is None of a guest, or an app alone."""

    principal: Principal
    member_id: int | None
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """All that is asked of the database for a page of posts, once."""

    context: Context
    reader: Reader
    accounts: Mapping[int, Account]
    beside: Mapping[int, Beside]
    emoji: Mapping[int, Sequence[Emoji]]
    pointed_to: Mapping[int, Mapping[str, Entry]]
    called: Mapping[str, Actor]
    files: Mapping[str, int]


async def timeline(
    tx: Transaction, context: Context, reader: Reader, lines: Sequence[Line]
) -> list[Status]:
    """Make the statuses of a timeline; the same number of statements for any of them."""
    scope = sharing.scope(context, reader.principal, Surface.API)
    found = await statuses.entries(tx, scope, [line.post_id for line in lines])
    made = await of_entries(tx, context, reader, list(found.values()))
    shown = await boosted(
        tx, context, made, [line.boost_id for line in lines if line.boost_id is not None]
    )
    return [
        shown[line.boost_id]
        if line.boost_id is not None
        else boost(made[line.post_id], context)
        if line.boosted
        else made[line.post_id].status
        for line in lines
        if line.post_id in made and (line.boost_id is None or line.boost_id in shown)
    ]


async def boosted(
    tx: Transaction, context: Context, made: Mapping[int, "Made"], boost_ids: Sequence[int]
) -> dict[int, Status]:
    """Show posts as people pass them on, by the ids of the boosts."""
    if not boost_ids:
        return {}
    found = await boosts.by_ids(tx, boost_ids)
    people = await desk.actors_by_id(tx, sorted({each.actor_id for each in found.values()}))
    shown = await accounts(tx, context, list(people.values()))
    return {
        each.id: _passed_on(
            made[each.post_id].status,
            id=str(each.id),
            uri=each.uri,
            created_at=each.boosted_at,
            account=shown[each.actor_id],
        )
        for each in found.values()
        if each.post_id in made
    }


def _passed_on(status: Status, **boost: object) -> Status:
    return status.model_copy(
        update={
            **boost,
            "reblog": status,
            "in_reply_to_id": None,
            "in_reply_to_account_id": None,
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A status, with the account of the community that it stands in."""

    status: Status
    community: Account

    @property
    def is_boosted(self) -> bool:
        """Say whether its community passes it on: threads alone, and nobody's wall."""
        is_thread = self.status.in_reply_to_id is None
        return is_thread and self.community.id != self.status.account.id


async def of_entries(
    tx: Transaction, context: Context, reader: Reader, entries: Sequence[Entry]
) -> dict[int, Made]:
    """Make a status of each that may be released, by the post's id."""
    scope = sharing.scope(context, reader.principal, Surface.API)
    released = _released(context, reader, entries)
    ids = list(released)
    pointed = await statuses.pointed_to(tx, scope, ids)
    inner = [entry for found in pointed.values() for entry in found.values()]
    beyond = _released(context, reader, inner)
    everything = [*ids, *beyond]
    posts = [*released.values(), *beyond.values()]
    people = {
        actor.id: actor
        for entry in (*entries, *inner)
        for actor in (entry.author, entry.community)
    }
    uris = {called.uri for post in posts for called in post.mentions}
    around = _Around(
        context=context,
        reader=reader,
        accounts=await accounts(tx, context, list(people.values())),
        beside=await statuses.beside(tx, everything, reader=reader.member_id),
        emoji=await statuses.emoji(tx, everything, reader=reader.member_id),
        pointed_to=pointed,
        called=await statuses.called(tx, sorted(uris)),
        files=await ids_of(tx, context, posts),
    )
    return {
        post_id: Made(
            status=_status(post, around, beyond),
            community=around.accounts[post.facts.community_id],
        )
        for post_id, post in released.items()
    }


def _released(context: Context, reader: Reader, entries: Sequence[Entry]) -> dict[int, Post]:
    found = {}
    for entry in entries:
        post = sharing.release(context, entry.post, reader.principal, Surface.API)
        if post is not None:
            found[post.content.facts.id] = post.content
    return found


def boost(of: Made, context: Context) -> Status:
    """Show a post as its community passes it on: an id of its own, right after the post's."""
    status = of.status
    return _passed_on(
        status,
        id=str(int(status.id) | BOOST),
        uri=f"{context.home.origin}/p/{status.id}#boost",
        account=of.community,
    )


def _status(of: Post, around: _Around, beyond: Mapping[int, Post]) -> Status:
    facts, origin = of.facts, around.context.home.origin
    beside = around.beside.get(facts.id, _NOTHING)
    pointed = around.pointed_to.get(facts.id, {})
    parent = beside.parent_author
    return Status(
        id=str(facts.id),
        uri=facts.uri,
        url=f"{origin}/p/{facts.id}",
        created_at=facts.published_at,
        edited_at=facts.edited_at,
        account=around.accounts[facts.author_id],
        content=titled(of.title, of.html),
        visibility=_VISIBILITIES["quiet" if facts.quiet else facts.visibility.value],
        sensitive=of.sensitive,
        spoiler_text=of.warning,
        media_attachments=tuple(attachments(around.context, of, around.files)),
        mentions=tuple(_mentions(of, around)),
        tags=tuple(_tags(of, origin)),
        emojis=tuple(
            CustomEmoji(shortcode=each.shortcode, url=each.url, static_url=each.url)
            for each in of.emojis
        ),
        reblogs_count=beside.boosts,
        favourites_count=of.helpful,
        replies_count=beside.replies,
        quotes_count=beside.quotes,
        in_reply_to_id=str(facts.parent_id) if facts.parent_id is not None else None,
        in_reply_to_account_id=str(parent) if parent is not None else None,
        poll=poll_entity(of, beside.chosen, around.reader.member_id, around.context.now()),
        card=_card(of, pointed.get("answer"), beyond, around),
        language=of.language or None,
        quote=_quote(of, pointed.get("quote"), beyond, around),
        quote_approval=_approval(of, around.reader),
        emoji_reactions=tuple(
            EmojiReaction(
                name=each.content.strip(":"),
                count=each.people,
                me=each.mine,
                account_ids=tuple(str(number) for number in each.some),
            )
            for each in around.emoji.get(facts.id, ())
        ),
        favourited=beside.helped,
        reblogged=beside.boosted,
        bookmarked=beside.kept,
        muted=beside.quiet,
        pinned=beside.pinned or facts.pinned_at is not None,
        filtered=_filtered(of, around),
    )


def _filtered(of: Post, around: _Around) -> tuple[FilterResult, ...]:
    """Say which filters of the reader a post meets; their own words are not filtered."""
    if of.facts.author_id == around.reader.member_id:
        return ()
    return filtered(of, around.reader.filters, around.context.now())


def titled(title: str, html: str) -> str:
    """Put the title before the words, as every client shows it (client-api.md 10.2)."""
    if not title or sanitize.words(html).strip() == title:
        return html
    return f"<p><strong>{escape(title, quote=False)}</strong></p>{html}"


def _mentions(of: Post, around: _Around) -> list[Mention]:
    known = ((each, around.called.get(each.uri)) for each in of.mentions)
    return [
        Mention(
            id=str(actor.id),
            username=actor.name,
            url=actor.url or actor.uri,
            acct=actor.name if actor.local else actor.handle.removeprefix("@"),
        )
        for _, actor in known
        if actor is not None
    ]


def _tags(of: Post, origin: str) -> list[StatusTag]:
    names = [each.name for each in of.hashtags]
    if of.facts.kind is Kind.QUESTION:
        names.append(timelines.QUESTION)
        if not of.answers:
            names.append(timelines.UNANSWERED)
    return [
        StatusTag(name=name, url=f"{origin}/tags/{quoted(name)}")
        for name in dict.fromkeys(names)
    ]


def _card(
    of: Post, answer: Entry | None, beyond: Mapping[int, Post], around: _Around
) -> Card | None:
    """Show the accepted answer of a question, where the reader may read it."""
    post = beyond.get(answer.post.facts.id) if answer is not None else None
    if answer is None or post is None:
        return None
    author = around.accounts[answer.author.id]
    community = around.accounts[of.facts.community_id]
    folded = post.sensitive or bool(post.warning)
    return Card(
        url=f"{around.context.home.origin}/p/{post.facts.id}",
        title=f"✅ Accepted answer by @{author.acct}",
        description=post.warning if folded else " ".join(post.text.split())[:_LONGEST_CARD],
        language=post.language or None,
        author_name=author.display_name,
        author_url=author.url,
        provider_name=community.display_name,
        provider_url=community.url,
        published_at=post.facts.published_at,
    )


def _quote(
    of: Post, entry: Entry | None, beyond: Mapping[int, Post], around: _Around
) -> Quote | None:
    if of.quote is None:
        return None
    post = beyond.get(entry.post.facts.id) if entry is not None else None
    if post is not None:
        # One level: what is quoted inside a quote is followed by its link.
        return Quote(state="accepted", quoted_status=_status(post, around, {}))
    match of.quote.state:
        case QuoteState.REFUSED:
            return Quote(state="rejected", quoted_status=None)
        case QuoteState.APPROVED:
            return Quote(state="unauthorized", quoted_status=None)
        case _:
            return Quote(state="pending", quoted_status=None)


def _approval(of: Post, reader: Reader) -> QuoteApproval:
    may = reader.member_id is not None and quoting.may_quote(of, reader.member_id)
    is_public = of.facts.visibility is Visibility.PUBLIC
    return QuoteApproval(
        automatic=("public",) if is_public else (),
        current_user="automatic" if may else "denied",
    )
