"""Addresses of media that only we can have written: signed for one post, or for a while."""

import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from secrets import compare_digest
from typing import Final

from server.context import Context

#: A client's program shows a picture again without asking us for its address anew.
LASTS: Final = timedelta(days=2)
_LONGEST: Final = 80  # characters


def issue(context: Context, path: str) -> str:
    """Let whoever has this see what is at a path, for two days, without saying who they are.

    For programs of members and nobody else: they were shown the post, and bring no token for
    pictures (client-api.md 1.7).
    """
    until = int((context.now() + LASTS).timestamp())
    return f"{until}.{_signed(context, f'ticket {path} {until}')}"


def holds(context: Context, path: str, ticket: str) -> bool:
    """Say whether a ticket is ours, for this path, and not over."""
    until, _, signature = ticket[:_LONGEST].partition(".")
    if not (until.isascii() and until.isdigit()):
        return False
    ours = _signed(context, f"ticket {path} {until}")
    if not compare_digest(ours.encode(), signature.encode()):
        return False
    return datetime.fromtimestamp(int(until), UTC) > context.now()


def proxy_path(context: Context, post_id: int, url: str) -> str:
    """Give the address here of a picture elsewhere that a post shows (MED-06)."""
    return f"/media/proxy/{post_id}/{proxy_name(context, post_id, url)}"


def proxy_name(context: Context, post_id: int, url: str) -> str:
    return _signed(context, f"proxy {post_id} {url}")


def portrait_path(context: Context, actor_id: int, url: str) -> str:
    """Give the address here of a picture elsewhere that a profile shows (MED-06)."""
    return f"/media/portraits/{actor_id}/{portrait_name(context, actor_id, url)}"


def portrait_name(context: Context, actor_id: int, url: str) -> str:
    return _signed(context, f"portrait {actor_id} {url}")


def _signed(context: Context, text: str) -> str:
    digest = hmac.digest(context.secret, text.encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")
