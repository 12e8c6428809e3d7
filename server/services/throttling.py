"""Limits on trying: so many times in a window, per account or address."""

import hashlib
import math
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from server.context import Context
from server.services.errors import TooMany
from server.storage import throttles

_SENTENCE = "That was tried too often. Wait a few minutes, then try again."


async def check(context: Context, key: str, *, limit: int, window: timedelta) -> None:
    """Count one try, and raise TooMany when there were more than `limit` in the window.

    It commits by itself, so the try counts whatever becomes of the request; and it counts
    before the work is done, so a hundred tries at the same moment are a hundred tries.
    """
    now = context.now()
    async with context.database.transaction("throttle") as tx:
        hits = await throttles.add_hit(tx, key, now=now, window=window)

    if hits.count > limit:
        wait = math.ceil((hits.window_ends - now).total_seconds())
        raise TooMany("too-many-tries", _SENTENCE, retry_after=max(1, wait))


def key(purpose: str, subject: str) -> str:
    """Name a counter by a digest of its subject, for people type secrets into any field."""
    digest = hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()
    return f"{purpose}:{digest[:32]}"


def network_of(address: str) -> str:
    """Say who counts as one: an IPv4 address, or the /64 of an IPv6 customer (AUT-06)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))
