"""Filters: which of a member's filters a post meets, by plain search; and how they change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.records import Post, Surface
from server.context import Context
from server.services import sharing
from server.services.errors import Invalid, NotFound
from server.services.posts import principal_of
from server.storage import filters
from server.storage.database import Transaction
from server.storage.filters import Action, Filter, FilteredPost, Keyword, Place
from server.storage.sessions import SignedIn

_MOST_FILTERS: Final = 100
_MOST_KEYWORDS: Final = 200  # of all filters of a member together: each is looked for
_MOST_POSTS: Final = 500
_LONGEST_TITLE: Final = 200  # characters
_LONGEST_KEYWORD: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A filter that a post meets: by which of its words, and whether by being named itself."""

    filter: Filter
    keywords: tuple[str, ...] = ()
    named: bool = False


def met(
    mine: Sequence[Filter], post: Post, place: Place | None, *, now: datetime
) -> tuple[Match, ...]:
    """Say which filters a post meets in a place, or in any."""
    at_work = [each for each in mine if _works(each, place, now)]
    if not at_work:
        return ()
    text = _text(post)
    found = (_met(each, post, text) for each in at_work)
    return tuple(each for each in found if each is not None)


def _works(of: Filter, place: Place | None, now: datetime) -> bool:
    is_over = of.expires_at is not None and of.expires_at <= now
    return not is_over and (place is None or place in of.contexts)


def hides(matches: Collection[Match]) -> bool:
    return any(each.filter.action is Action.HIDE for each in matches)


def _text(post: Post) -> str:
    options = [choice.name for choice in post.poll.choices] if post.poll else []
    return "\n".join([post.title, post.warning, post.text, *options]).casefold()


def _met(of: Filter, post: Post, text: str) -> Match | None:
    words = tuple(
        each.keyword for each in of.keywords if contains(text, each.keyword, each.whole_word)
    )
    named = any(each.post_id == post.facts.id for each in of.posts)
    return Match(filter=of, keywords=words, named=named) if words or named else None


def contains(text: str, keyword: str, whole_word: bool) -> bool:  # noqa: FBT001 a fact of it
    """Look for a keyword in text that is casefolded already; no patterns, one pass.

    A whole word ends where letters, digits and underscores do, at those ends of it that are
    some themselves.
    """
    wanted = keyword.casefold()
    place = text.find(wanted)
    while place >= 0:
        if not whole_word or _stands_alone(text, place, place + len(wanted)):
            return True
        place = text.find(wanted, place + 1)
    return False


def _stands_alone(text: str, start: int, end: int) -> bool:
    opens = start == 0 or not (_is_word(text[start - 1]) and _is_word(text[start]))
    ends = end == len(text) or not (_is_word(text[end - 1]) and _is_word(text[end]))
    return opens and ends


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeywordDraft:
    """A word of a filter: a new one without an id; `gone` takes out the one with the id."""

    id: int | None = None
    keyword: str = ""
    whole_word: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterDraft:
    title: str
    contexts: frozenset[Place]
    action: Action
    expires_at: datetime | None = None
    keywords: tuple[KeywordDraft, ...] = ()


async def add(context: Context, member: SignedIn, draft: FilterDraft) -> Filter:
    """Make a filter.

    Raises:
        Invalid: fields title, context, keywords.
    """
    async with context.database.transaction("filters.add") as tx:
        if len(await filters.of_member(tx, member.member.id)) >= _MOST_FILTERS:
            raise Invalid({"title": f"You may have {_MOST_FILTERS} filters."})
        return await _put(tx, context, member, context.ids.mint(context.now()), draft)


async def change(
    context: Context, member: SignedIn, filter_id: int, draft: FilterDraft
) -> Filter:
    """Change a filter; words that the draft does not speak of stay.

    Raises:
        NotFound: "filter-not-found": there is none, or it is somebody else's.
        Invalid: fields title, context, keywords.
    """
    async with context.database.transaction("filters.change") as tx:
        await get(tx, member, filter_id)
        return await _put(tx, context, member, filter_id, draft)


async def _put(
    tx: Transaction, context: Context, member: SignedIn, filter_id: int, draft: FilterDraft
) -> Filter:
    of = Filter(
        id=filter_id,
        title=draft.title.strip(),
        contexts=draft.contexts,
        action=draft.action,
        expires_at=draft.expires_at,
    )
    if wrong := _wrong(of, draft.keywords):
        raise Invalid(wrong)
    await filters.put(tx, member.member.id, of)
    gone = [each.id for each in draft.keywords if each.gone and each.id is not None]
    await filters.remove_keywords(tx, filter_id, gone)
    before = {each.id: each for each in (await get(tx, member, filter_id)).keywords}
    await filters.put_keywords(
        tx,
        filter_id,
        [
            Keyword(
                id=each.id if each.id in before else context.ids.mint(context.now()),
                keyword=each.keyword.strip(),
                whole_word=each.whole_word,
            )
            for each in draft.keywords
            if not each.gone
        ],
    )
    mine = await filters.of_member(tx, member.member.id)
    if sum(len(each.keywords) for each in mine) > _MOST_KEYWORDS:
        raise Invalid({"keywords": f"Your filters may have {_MOST_KEYWORDS} words together."})
    return next(each for each in mine if each.id == filter_id)


def _wrong(of: Filter, keywords: Sequence[KeywordDraft]) -> dict[str, str]:
    wrong = {}
    if not of.title:
        wrong["title"] = "Give the filter a name."
    elif len(of.title) > _LONGEST_TITLE:
        wrong["title"] = f"The name may have {_LONGEST_TITLE} characters."
    if not of.contexts:
        wrong["context"] = "Choose at least one place where it works."
    written = [each.keyword.strip() for each in keywords if not each.gone]
    if not all(written):
        wrong["keywords"] = "A word of a filter cannot be empty."
    elif any(len(each) > _LONGEST_KEYWORD for each in written):
        wrong["keywords"] = f"Each word may have {_LONGEST_KEYWORD} characters."
    return wrong


async def remove(context: Context, member: SignedIn, filter_id: int) -> None:
    async with context.database.transaction("filters.remove") as tx:
        await get(tx, member, filter_id)
        await filters.remove(tx, filter_id)


async def get(tx: Transaction, member: SignedIn, filter_id: int) -> Filter:
    """Get one of a member's own filters.

    Raises:
        NotFound: "filter-not-found": there is none, or it is somebody else's.
    """
    mine = await filters.of_member(tx, member.member.id)
    found = next((each for each in mine if each.id == filter_id), None)
    if found is None:
        raise missing()
    return found


def missing() -> NotFound:
    return NotFound("filter-not-found", "There is no such filter.")


async def holding(
    tx: Transaction, member: SignedIn, *, keyword: int | None = None, row: int | None = None
) -> Filter:
    """Get the member's filter that has a keyword, or a post by the id of its row.

    Raises:
        NotFound: "filter-not-found".
    """
    for each in await filters.of_member(tx, member.member.id):
        if any(one.id == keyword for one in each.keywords):
            return each
        if any(one.id == row for one in each.posts):
            return each
    raise missing()


async def change_keyword(
    context: Context, member: SignedIn, filter_id: int, draft: KeywordDraft
) -> Filter:
    """Add, change or take out one word of a filter."""
    async with context.database.transaction("filters.keyword") as tx:
        of = await get(tx, member, filter_id)
        given = FilterDraft(
            title=of.title,
            contexts=of.contexts,
            action=of.action,
            expires_at=of.expires_at,
            keywords=(draft,),
        )
        return await _put(tx, context, member, filter_id, given)


async def add_post(
    context: Context, member: SignedIn, filter_id: int, post_id: int
) -> FilteredPost:
    """Let a filter meet one post, which the member may read.

    Raises:
        NotFound: "filter-not-found", "post-not-found".
        Invalid: field status_id.
    """
    async with context.database.transaction("filters.post") as tx:
        of = await get(tx, member, filter_id)
        if len(of.posts) >= _MOST_POSTS:
            raise Invalid({"status_id": f"A filter may name {_MOST_POSTS} posts."})
        await sharing.released(tx, context, post_id, principal_of(member), Surface.PAGE)
        row = FilteredPost(id=context.ids.mint(context.now()), post_id=post_id)
        await filters.add_post(tx, of.id, row)
        now = await get(tx, member, filter_id)
    return next(each for each in now.posts if each.post_id == post_id)


async def remove_post(context: Context, member: SignedIn, row_id: int) -> FilteredPost:
    """Let a filter no longer meet one post.

    Raises:
        NotFound: "filter-not-found".
    """
    async with context.database.transaction("filters.unpost") as tx:
        of = await holding(tx, member, row=row_id)
        await filters.remove_post(tx, of.id, row_id)
    return next(each for each in of.posts if each.id == row_id)
