"""The page of a thread: its posts in order, what was said of them, where they went."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Final

from aiohttp import web

from schemas.records import Kind, Post, PostFacts, Surface, Visibility
from server.handlers.pages import sieve, views
from server.handlers.pages.attached import Around, attached
from server.handlers.pages.ballots import BallotView, ballot
from server.handlers.pages.composing import FileView
from server.handlers.pages.pages import context_of, id_in, page, see_other
from server.handlers.pages.views import CommunityView, Mine, Names, PostView, ThanksView
from server.middleware import PRINCIPAL, SESSION
from server.services import backfill, filtering, sharing
from server.services.errors import NotFound
from server.storage import (
    communities,
    conversations,
    deliveries,
    feeds,
    marks,
    personal,
    polls,
    posts,
    quotes,
    reactions,
)
from server.storage.deliveries import Entry as Delivery
from server.storage.feeds import Entry
from server.storage.filters import Place
from server.storage.marks import Given
from server.storage.personal import Personal
from server.storage.sessions import SignedIn

_ANSWER: Final = Kind.ANSWER.value


async def show(request: web.Request) -> web.StreamResponse:
    """Show a thread; a post within one leads to its place there."""
    post_id = id_in(request.match_info["id"])
    async with context_of(request).database.reading() as tx:
        sealed = await posts.find(tx, post_id)
    context, principal = context_of(request), request[PRINCIPAL]
    if sealed is None or sharing.release(context, sealed, principal, Surface.PAGE) is None:
        raise missing()
    facts = sealed.facts
    if facts.root_id != facts.id:
        return see_other(request, f"/p/{facts.root_id}#p{facts.id}")
    session = request[SESSION]
    if session is not None and facts.visibility is Visibility.DIRECT:
        async with context.database.transaction("conversations.read") as tx:
            await conversations.read(tx, session.member.id, facts.id)
    elif session is not None:
        await backfill.want_thread(context, facts)
    return await thread_page(request, facts.id)


def missing() -> NotFound:
    """Say the same of a post that is not there and of one that is not theirs (VIS-05)."""
    return NotFound("post-not-found", "There is no such post, or it is not for you to read.")


async def thread_page(
    request: web.Request,
    root_id: int,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    files: Mapping[str, Sequence[FileView]] | None = None,
    preview_html: str | None = None,
) -> web.Response:
    context, session = context_of(request), request[SESSION]
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        entries = await feeds.thread(tx, scope, root_id)
        # A reply from an agency whose clock is slow may be dated before its question.
        entries.sort(key=lambda entry: entry.post.facts.id != root_id)
        if not entries or entries[0].post.facts.id != root_id:
            raise missing()
        root = entries[0].post.facts
        given = await marks.on_thread(tx, root_id)
        around = Around(
            entries=await quotes.pointed_to(tx, scope, root_id),
            reactions=await reactions.counts_in(tx, root_id),
        )
        reader = session.member.id if session else None
        listed = await communities.listed(tx, reader=reader, only=root.community_id)
        names = await views.agency_names(tx, context)
        own = Personal()
        if reader is not None:
            own = await personal.of_thread(tx, reader, root_id)
        mine: frozenset[int] = frozenset()
        if reader is not None and root.kind is Kind.POLL:
            mine = await polls.chosen(tx, root_id, actor_id=reader)
        is_author = session is not None and root.author_id == session.member.id
        sent = await deliveries.ledger(tx, root_id) if is_author else []
    if not listed:
        raise missing()
    community = views.community(listed[0], names)
    return page(
        request,
        "thread.html",
        errors=errors,
        form=form,
        post=assemble(request, entries, given, community, names, around, own),
        community=community,
        own_server=_own_server(root),
        quiet=own.quiet,
        ballot=_ballot(request, entries[0], mine),
        delivery=_delivery(sent, names) if is_author else None,
        files=files or {},
        preview_html=preview_html,
    )


def _own_server(root: PostFacts) -> str | None:
    closed = root.locked_at is not None or root.deleted_at is not None
    return None if closed else views.take_part_path(root.uri)


def _ballot(request: web.Request, root: Entry, mine: frozenset[int]) -> BallotView | None:
    context, session = context_of(request), request[SESSION]
    released = sharing.release(context, root.post, request[PRINCIPAL], Surface.PAGE)
    if released is None or released.content.poll is None:
        return None
    own = session is not None and session.member.id == root.author.id
    return ballot(released.content.poll, mine, own=own, now=context.now())


def assemble(
    request: web.Request,
    entries: Sequence[Entry],
    given: Sequence[Given],
    community: CommunityView,
    names: Names,
    around: Around,
    own: Personal,
) -> PostView:
    """Put a thread together, the root first in `entries`; a loop, for any depth (DOS-04).

    A reply whose parent is not shown hangs from the root. Filters leave out replies alone: who
    came for the thread sees it folded.
    """
    context, principal = context_of(request), request[PRINCIPAL]
    session = request[SESSION]
    by_post = _by_post(given)
    authors = views.actors((entry.author for entry in entries), names)
    views_by_id: dict[int, PostView] = {}
    root: Post | None = None
    for entry in entries:
        released = sharing.release(context, entry.post, principal, Surface.PAGE)
        if released is None:
            continue
        content = released.content
        root = root or content
        matches = sieve.met(request, content, Place.THREAD)
        if content is not root and filtering.hides(matches):
            sieve.leave_out(request)
            continue
        on_it = by_post.get(content.facts.id, ())
        views_by_id[content.facts.id] = views.post(
            released,
            authors[entry.author.id],
            community,
            thanks=_thanks(on_it, names),
            mine=_mine(session, on_it, content.facts.id, own),
            can=views.may(session, content, root),
            attached=sieve.folded(
                request,
                attached(content, around, context, principal, names),
                matches,
                own.unwanted.get(content.facts.id),
            ),
        )
    if root is None:
        raise missing()
    return _nest(entries, views_by_id, views_by_id[root.facts.id])


def _by_post(given: Sequence[Given]) -> dict[int, list[Given]]:
    by_post: dict[int, list[Given]] = defaultdict(list)
    for each in given:
        by_post[each.post_id].append(each)
    return by_post


def _nest(
    entries: Sequence[Entry], views_by_id: dict[int, PostView], root: PostView
) -> PostView:
    for entry in entries:
        facts = entry.post.facts
        view = views_by_id.get(facts.id)
        if view is not None and view is not root:
            parent = views_by_id.get(facts.parent_id or root.id, root)
            parent.children.append(view)
    # Sorting is stable: what is as helpful stays in the order in which it was written.
    root.children.sort(key=_place)
    return root


def _place(child: PostView) -> tuple[bool, int]:
    """Put answers that worked first, then what helped most; comments stay as they are."""
    return (not child.accepted, -child.helpful) if child.kind == _ANSWER else (True, 0)


def _thanks(given: Sequence[Given], names: Names) -> list[ThanksView]:
    shown = (views.thanks(each, names) for each in given)
    return [each for each in shown if each is not None]


def _mine(
    session: SignedIn | None, given: Sequence[Given], post_id: int, own: Personal
) -> Mine:
    kept, pinned = post_id in own.kept, post_id in own.pinned
    for each in given:
        if session is not None and each.giver.id == session.member.id:
            kudos = each.mark.kudos
            category = kudos.category if kudos else None
            return Mine(helpful=each.mark.helpful, kudos=category, kept=kept, pinned=pinned)
    return Mine(kept=kept, pinned=pinned)


def _delivery(sent: Sequence[Delivery], names: Names) -> SimpleNamespace:
    """Tell the author which agencies have their post, and which it is still on its way to."""
    created = [each for each in sent if each.type in {"Create", "Announce"}]
    have = {each.host for each in created if each.state == "delivered"}
    waiting = {each.host for each in created if each.state == "waiting"} - have
    return SimpleNamespace(
        agencies=len(have),
        waiting=sorted(names.get(host, host) for host in waiting),
    )
