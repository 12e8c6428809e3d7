"""A thread fetched from where it is: every post by its own server's word, within a budget."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog

from federation.errors import FederationError, Gone, Malformed, Unreachable
from federation.translate.incoming_posts import (
    IncomingPost,
    IncomingTombstone,
    post_from,
    tombstone_from,
)
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.wire.collections import parse_collection
from schemas.wire.vocabulary import TOMBSTONE
from server.context import Context
from server.services import confirming, proving
from server.services.newcomer import meant_for
from server.storage import threads

log = structlog.get_logger()

#: What one pass over a thread may cost; what is left is fetched by the next pass.
_FETCHES: Final = 200
_BYTES: Final = 16 * 1024 * 1024
_SECONDS: Final = 60.0
_DEPTH: Final = 16
MOST_POSTS: Final = 2000
#: How many posts are looked for of which a thread has replies only.
_MOST_PARENTS: Final = 20


@dataclass(slots=True)
class Budget:
    """What a pass may still cost: requests, bytes and seconds; and how deep it may go."""

    end: float
    fetches: int = _FETCHES
    bytes: int = _BYTES
    depth: int = _DEPTH

    def spend(self) -> None:
        """Take one request.

        Raises:
            Spent: there is nothing left.
        """
        if self.fetches <= 0 or self.bytes <= 0 or asyncio.get_running_loop().time() > self.end:
            raise Spent
        self.fetches -= 1


class Spent(Exception):
    """The budget is spent; what was gathered is kept, and the rest comes later."""


@dataclass(slots=True, kw_only=True)
class Gathered:
    """Posts of one thread, none before what it replies to; `whole` if nothing is missing.

    `gone` are those that stood in it once; of the ones in `buried` their own server says so.
    `likes` is where its community's server lists what was given to them.
    """

    posts: dict[str, IncomingPost] = field(default_factory=dict)
    gone: dict[str, IncomingTombstone] = field(default_factory=dict)
    buried: set[str] = field(default_factory=set)
    likes: str | None = None
    whole: bool = True


def budget() -> Budget:
    return Budget(end=asyncio.get_running_loop().time() + _SECONDS)


async def gather(
    context: Context,
    community_uri: str,
    root_uri: str,
    listed_at: str | None,
    allowed: Budget,
) -> Gathered:
    """Fetch a thread: what lists it as a whole (FEP-7888), else reply by reply.

    Nothing is believed of a server that is not the author's: what it embeds of others is
    fetched where it is from (ORI-13). Posts that we have are not fetched again. One that is
    deleted keeps its place, by word of its own server or, where that has it still, of the
    community's that it was written to.

    Args:
        context: of this instance.
        community_uri: the community that the thread is in.
        root_uri: the first post.
        listed_at: the collection that lists the thread, where somebody told us; it is asked
            only where the community or the first post is.
        allowed: what it may cost.

    Raises:
        FederationError: the first post cannot be had.
    """
    work = _Work(context=context, allowed=allowed, community_uri=community_uri)
    places = (community_uri, root_uri)
    try:
        root = await work.root(root_uri, _at_one_of(places, listed_at))
        listing = _at_one_of(places, listed_at or (root or {}).get("context"))
        if listing is None or not await work.listed(listing, root_uri):
            await work.replies(root or await work.first(root_uri), root_uri)
        await work.parents()
    except Spent:
        work.found.whole = False
    return work.found


def _at_one_of(places: tuple[str, ...], uri: object) -> str | None:
    if not isinstance(uri, str):
        return None
    return uri if any(same_origin(uri, place) for place in places) else None


@dataclass(slots=True, kw_only=True)
class _Work:
    context: Context
    allowed: Budget
    community_uri: str
    found: Gathered = field(default_factory=Gathered)

    async def fetch(self, uri: str) -> dict[str, Any]:
        self.allowed.spend()
        document = await confirming.fetch(self.context, uri)
        self.allowed.bytes -= len(orjson.dumps(document))
        return document

    async def root(self, uri: str, listed_at: str | None) -> dict[str, Any] | None:
        """Fetch the first post, if we lack it; None if its thread's list will do."""
        if uri in await self._known([uri]):
            return None
        if listed_at is not None:
            return None
        return await self.first(uri)

    async def first(self, uri: str) -> dict[str, Any]:
        document = await self.fetch(uri)
        self._take(document)
        return document

    async def listed(self, collection: str, root_uri: str) -> bool:
        """Take what a thread's list has; False when there is no such list to be had."""
        entries = await self._entries(collection, root_uri)
        if entries is None:
            return False
        known = await self._known([uri for entry in entries if (uri := _id_of(entry))])
        for entry in entries:
            await self._entry(entry, collection, known)
        if root_uri not in {*known, *self.found.posts, *self.found.gone}:
            self._take(await self.fetch(root_uri))
        return True

    async def parents(self) -> None:
        """Look for what is replied to and was not listed: it may be gone, or left out."""
        asked: set[str] = set()
        while len(asked) < _MOST_PARENTS:
            parents = {post.parent_uri for post in self.found.posts.values()}
            wanted = {uri for uri in parents if uri is not None}
            wanted -= {*self.found.posts, *self.found.gone, *asked}
            missing = sorted(wanted - await self._known(sorted(wanted)))
            if not missing:
                return
            for uri in missing[: _MOST_PARENTS - len(asked)]:
                asked.add(uri)
                document = await self._whole(uri, uri)
                if document is not None:
                    self._take(document)

    async def replies(self, root: dict[str, Any], root_uri: str) -> None:
        """Walk from reply to reply, breadth first; each level is one deeper."""
        level = deque([(root, 0)])
        seen = {root_uri}
        while level:
            post, depth = level.popleft()
            if depth >= self.allowed.depth or not post.get("replies"):
                continue
            for entry in await self._replies_to(post, root_uri):
                uri = _id_of(entry)
                if uri is None or uri in seen or len(seen) >= MOST_POSTS:
                    continue
                seen.add(uri)
                document = await self._whole(entry, str(post["id"]))
                if document is not None and self._take(document):
                    level.append((document, depth + 1))

    async def _replies_to(
        self, post: dict[str, Any], root_uri: str
    ) -> list[str | dict[str, Any]]:
        """List what replies to a post; the server of a mere reply spoils no thread."""
        uri, collection = str(post["id"]), post["replies"]
        try:
            if isinstance(collection, dict) and not collection.get("id"):
                return list(read(parse_collection, collection | {"id": uri}).entries)
            listed = _id_of(collection)
            if listed is None or not same_origin(listed, uri):
                return []
            return await self._entries(listed, uri) or []
        except Unreachable:
            if same_origin(uri, root_uri):
                raise
            self.found.whole = False
        except FederationError as error:
            log.info("thread-not-listed", reason=error.reason, post=uri)
        return []

    async def _entries(self, uri: str, owner: str) -> list[str | dict[str, Any]] | None:
        """Read a collection and its pages, all of one origin (ORI-16)."""
        found: list[str | dict[str, Any]] = []
        seen: set[str] = set()
        following: str | None = uri
        while following is not None and len(found) < MOST_POSTS:
            if following in seen or not same_origin(following, uri):
                break
            seen.add(following)
            try:
                page = read(parse_collection, await self.fetch(following))
            except Unreachable:
                raise
            except FederationError as error:
                log.info("thread-not-listed", reason=error.reason, post=owner)
                return found or None
            found += page.entries
            if page.likes and same_origin(page.likes, self.community_uri):
                self.found.likes = page.likes
            following = page.first if not page.entries and page.first else page.next
        return found[:MOST_POSTS]

    async def _entry(
        self, entry: str | dict[str, Any], collection: str, known: set[str]
    ) -> None:
        uri = _id_of(entry)
        if uri is None or uri in self.found.posts:
            return
        if uri in known and (not isinstance(entry, dict) or _is_tombstone(entry)):
            return
        document = await self._whole(entry, collection)
        if document is not None:
            self._take(document)

    async def _whole(self, entry: str | dict[str, Any], told_by: str) -> dict[str, Any] | None:
        """Give an entry as its own server tells it; None where that server does not."""
        uri = _id_of(entry)
        if uri is None or self.context.home.is_ours(uri):
            return None
        told = entry if isinstance(entry, dict) else {}
        if same_origin(uri, told_by) and ("attributedTo" in told or _is_tombstone(told)):
            return told
        try:
            if await self._is_proven(told):
                return told
            document = await self.fetch(uri)
            return self._kept(told, document, told_by) if _is_tombstone(told) else document
        except Gone as gone:
            left = told if _is_tombstone(told) else {"id": uri, "type": TOMBSTONE}
            # What is not there may also be what we may not read.
            self._bury(left, is_sure=gone.status == HTTPStatus.GONE)
        except Unreachable:
            self.found.whole = False
        except FederationError as error:
            log.info("post-not-gathered", post=uri, reason=error.reason)
        return None

    async def _is_proven(self, document: dict[str, Any]) -> bool:
        """Say whether its author has proven it; one that lies is asked for where it is from."""
        author = document.get("attributedTo")
        if not isinstance(author, str) or "proof" not in document:
            return False
        try:
            return await proving.is_proven(self.context, document, author)
        except Unreachable:
            raise
        except FederationError as error:
            log.info("proof-not-believed", post=document.get("id"), reason=error.reason)
            return False

    def _take(self, document: dict[str, Any]) -> bool:
        if _is_tombstone(document):
            self._bury(document)
            return False
        try:
            post = post_from(document, now=self.context.now())
        except Malformed as error:
            log.info("post-not-gathered", post=document.get("id"), reason=error.reason)
            return False
        self.found.posts[post.uri] = post
        return True

    def _bury(self, document: dict[str, Any], *, is_sure: bool = True) -> None:
        """Keep the place of a post that is gone; a moderator may give it back."""
        try:
            left = tombstone_from(document)
        except Malformed as error:
            log.info("tombstone-not-gathered", post=document.get("id"), reason=error.reason)
            return
        self.found.gone[left.uri] = left
        if is_sure and left.removed_for is None:
            self.found.buried.add(left.uri)

    def _kept(
        self, told: dict[str, Any], document: dict[str, Any], told_by: str
    ) -> dict[str, Any] | None:
        """Take a community's word that it removed what its author's server has still.

        Only of what was written to it: the place of any other post is not its to give.
        """
        if _is_tombstone(document):
            return document | told
        try:
            post = post_from(document, now=self.context.now())
        except Malformed:
            return None
        is_theirs = self.community_uri in meant_for(post)
        if is_theirs and same_origin(told_by, self.community_uri):
            self._bury(told, is_sure=False)
        return None

    async def _known(self, uris: list[str]) -> set[str]:
        async with self.context.database.reading() as tx:
            known = await threads.known(tx, uris)
            here = {uri for uri, each in known.items() if not each.is_gap}
            return here | await threads.tombstones(tx, uris)


def _is_tombstone(document: dict[str, Any]) -> bool:
    return document.get("type") == TOMBSTONE


def _id_of(entry: object) -> str | None:
    uri = entry.get("id") if isinstance(entry, dict) else entry
    return uri if isinstance(uri, str) and uri else None
