"""Keys of other actors: from storage, else from their origin, sparingly and never by force."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakValueDictionary

import structlog

from federation.errors import (
    FederationError,
    Gone,
    Malformed,
    Unauthentic,
    Unreachable,
)
from federation.fetch import fetch_document
from federation.session import Session
from federation.signatures.keys import PublicKey, multikey
from federation.translate.incoming_actors import IncomingActor, actor_from
from federation.uris import authority_of, origin_of, same_origin
from schemas.wire.vocabulary import ActorType
from server.context import Context
from server.services import discovery, strangers
from server.services.lookups import Lookups
from server.services.signing import sign_as_agency
from server.storage import actors
from server.storage.database import Transaction

log = structlog.get_logger()

#: A key that fails is asked for anew after this long, and what is no key stays none (SIG-15).
REFRESH: Final = timedelta(minutes=10)
PAUSE: Final = timedelta(minutes=1)
MOST_REFUSALS: Final = 10_000
MOST_FETCHES: Final = 8
MOST_FETCHES_PER_HOST: Final = 4
_MOST_WAITING: Final = 96
_MOST_WAITING_PER_HOST: Final = 24
_DEADLINE: Final = 12.0  # seconds, for all that one key takes

_UNREACHABLE: Final = "key-unreachable"
_GONE: Final = "key-gone"
_MISSING: Final = "key-missing"
_REFUSED: Final = "key-refused"
_NOT_LISTED: Final = "key-not-listed"
# The origin as a whole was silent, not one page of it: no other key is asked of it for now.
_SILENCE: Final = frozenset({"timeout", "connection-failed", "tls-refused"})
_KEY_TYPES: Final = frozenset({"", "Key", "CryptographicKey", "PublicKey", "Multikey"})


class Fetches:
    """Key fetches under way in this process: one per URL, few per host, few in all (SIG-16)."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[tuple[PublicKey, ...]]] = {}
        self._hosts: dict[str, str] = {}
        self._slots = asyncio.Semaphore(MOST_FETCHES)
        self._host_slots: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    async def join(
        self, url: str, fetch: Callable[[], Awaitable[tuple[PublicKey, ...]]]
    ) -> tuple[PublicKey, ...]:
        """Wait for the fetch of a URL that is under way, or start it.

        Raises:
            Unreachable: "key-fetches-busy", rather than wait in a long line.
        """
        task = self._under_way.get(url)
        if task is None:
            host = authority_of(url)
            waiting = sum(1 for other in self._hosts.values() if other == host)
            if waiting >= _MOST_WAITING_PER_HOST or len(self._hosts) >= _MOST_WAITING:
                raise Unreachable("key-fetches-busy", retry_after=PAUSE.total_seconds())
            task = asyncio.create_task(self._run(url, host, fetch))
            self._under_way[url], self._hosts[url] = task, host
        # Others may be waiting for the same key when this one's sender hangs up.
        return await asyncio.shield(task)

    async def _run(
        self, url: str, host: str, fetch: Callable[[], Awaitable[tuple[PublicKey, ...]]]
    ) -> tuple[PublicKey, ...]:
        of_host = self._host_slots.setdefault(host, asyncio.Semaphore(MOST_FETCHES_PER_HOST))
        try:
            async with of_host, self._slots:
                return await fetch()
        finally:
            del self._under_way[url], self._hosts[url]


Known = tuple[PublicKey, datetime]

# They belong to the outgoing session of the process and end with it.
_FETCHES: Final[WeakKeyDictionary[Session, Fetches]] = WeakKeyDictionary()
_KNOWN: Final[WeakKeyDictionary[Session, Lookups[Known]]] = WeakKeyDictionary()


async def find_key(context: Context, key_id: str, *, fresh: bool = False) -> PublicKey:
    """Find a key of an actor elsewhere that the actor itself lists (SIG-02, SIG-04).

    With `fresh` it is fetched anew unless that was done in the last ten minutes. What is no
    key, or could not be had, is remembered and not asked for again at once.

    Raises:
        Unauthentic: there is no such key.
        Gone: the origin answered 404 or 410; `status` says which.
        Forbidden: "agency-blocked".
        Unreachable: it could not be found out now.
    """
    if context.home.is_ours(key_id):
        raise Unauthentic("key-is-ours")
    url = key_id.partition("#")[0]
    known = await _known(context).find(key_id)
    if known is not None:
        key, fetched_at = known
        if not fresh or context.now() - fetched_at < REFRESH:
            return key
        url = key.owner
    else:
        async with context.database.reading() as tx:
            await _check_stranger(tx, context, key_id, url)
    fetches = _FETCHES.setdefault(context.session, Fetches())
    for found in await fetches.join(url, lambda: _fetch_keys(context, url)):
        if found.key_id == key_id:
            return found
    await _refuse(context, key_id, _NOT_LISTED, context.now() + REFRESH)
    raise Unauthentic(_NOT_LISTED)


def _known(context: Context) -> Lookups[Known]:
    found = _KNOWN.get(context.session)
    if found is None:
        database = context.database

        async def load(key_ids: Collection[str]) -> dict[str, Known]:
            async with database.reading() as tx:
                return await actors.find_keys(tx, key_ids)

        found = _KNOWN[context.session] = Lookups(load)
    return found


async def _check_stranger(tx: Transaction, context: Context, key_id: str, url: str) -> None:
    """Refuse without any fetch a key that we could not do better for than a moment ago."""
    await _check_refusals(tx, context, key_id)
    owner = await actors.find(tx, url)
    if owner is None:
        return
    if owner.deleted_at is not None:
        raise Unauthentic("actor-deleted")
    if not await actors.is_stale(tx, url, now=context.now(), after=REFRESH):
        raise Unauthentic(_NOT_LISTED)


async def _check_refusals(tx: Transaction, context: Context, *subjects: str) -> None:
    for subject in subjects:
        reason = await actors.refused_key(tx, subject, now=context.now())
        if reason is not None:
            raise _refusal(reason)


def _refusal(reason: str) -> FederationError:
    match reason:
        case "key-unreachable":
            return Unreachable(reason, retry_after=PAUSE.total_seconds())
        case "key-gone":
            return Gone(reason)
        case "key-missing":
            return Gone(reason, status=HTTPStatus.NOT_FOUND)
        case _:
            return Unauthentic(reason)


async def _fetch_keys(context: Context, url: str) -> tuple[PublicKey, ...]:
    # Asked here, in the slot: while this one waited for it, its host may have been given up.
    async with context.database.reading() as tx:
        await _check_refusals(tx, context, url, origin_of(url))
    await discovery.check_fetchable(context, url)
    await strangers.meet(context, url)
    try:
        async with asyncio.timeout(_DEADLINE):
            owner = await _fetch_owner(context, url)
    except TimeoutError:
        raise await _give_up(context, url, Unreachable("timeout")) from None
    except FederationError as error:
        raise await _give_up(context, url, error) from error

    async with context.database.transaction("keys.owner") as tx:
        await discovery.save_actor(tx, context, owner)
    return owner.keys


async def _fetch_owner(context: Context, url: str) -> IncomingActor:
    """Fetch the actor behind the URL of a key, all on one origin (FEP-fe34, ORI-20)."""
    document = await _fetch(context, url, url)
    kind = document.get("type", "")
    if isinstance(kind, str) and kind in set(ActorType):
        return actor_from(document, now=context.now())
    if not isinstance(kind, str) or kind not in _KEY_TYPES:
        raise Malformed("not-a-key")
    # A Multikey calls its owner the controller (FEP-521a).
    owner_uri = document.get("controller" if kind == "Multikey" else "owner")
    if not isinstance(owner_uri, str) or not same_origin(owner_uri, url):
        raise Malformed("key-owner-elsewhere")
    owner = actor_from(await _fetch(context, owner_uri, url), now=context.now())
    if not any(_is_same_key(key, document) for key in owner.keys):
        raise Malformed(_NOT_LISTED)
    return owner


async def _fetch(context: Context, url: str, asked: str) -> dict[str, Any]:
    document = await fetch_document(context.session, url, sign=sign_as_agency(context))
    if not same_origin(document["id"], asked):
        raise Malformed("key-elsewhere")
    return document


def _is_same_key(key: PublicKey, document: dict[str, Any]) -> bool:
    pem, encoded = document.get("publicKeyPem"), document.get("publicKeyMultibase")
    if key.key_id != document["id"]:
        return False
    if document.get("type") == "Multikey":
        return isinstance(encoded, str) and multikey(key.pem) == encoded
    return isinstance(pem, str) and key.pem.strip() == pem.strip()


async def _give_up(context: Context, url: str, error: FederationError) -> FederationError:
    """Remember that a key could not be had, and say so without saying what is out there.

    An address of ours inside looks the same as one that is silent (FET-08).
    """
    now = context.now()
    log.info("key-refused", agency=authority_of(url), reason=error.reason)
    subject, reason, until = url, _REFUSED, now + REFRESH
    if isinstance(error, Unreachable) or error.reason == "address-not-public":
        subject = origin_of(url) if error.reason in _SILENCE else url
        reason, until = _UNREACHABLE, now + PAUSE
    elif isinstance(error, Gone):
        reason = _GONE if error.status == HTTPStatus.GONE else _MISSING
    await _refuse(context, subject, reason, until)
    return _refusal(reason)


async def _refuse(context: Context, subject: str, reason: str, until: datetime) -> None:
    async with context.database.transaction("keys.refuse") as tx:
        await actors.refuse_key(tx, subject, reason=reason, until=until)
        await actors.forget_refused_keys(tx, now=context.now(), keep=MOST_REFUSALS)
