"""What a client's token allows: scopes, and which of them hold others (client-api.md 2.5)."""

from collections.abc import Collection, Iterable
from typing import Final

_READ: Final = (
    "accounts",
    "blocks",
    "bookmarks",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
)
_WRITE: Final = (
    "accounts",
    "blocks",
    "bookmarks",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
)
_EDGES: Final = ("blocks", "follows", "mutes")
_WITHIN: Final[dict[str, frozenset[str]]] = {
    "read": frozenset(f"read:{name}" for name in _READ),
    "write": frozenset(f"write:{name}" for name in _WRITE),
    "follow": frozenset(f"{verb}:{name}" for verb in ("read", "write") for name in _EDGES),
}
#: What there is to ask for, the wide ones first.
ALL: Final = (*_WITHIN, "push", "profile", *sorted(frozenset().union(*_WITHIN.values())))
DEFAULT: Final = ("read",)


def allows(given: Collection[str], wanted: str) -> bool:
    """Say whether a token with these scopes may do what needs this one."""
    return wanted in given or any(wanted in _WITHIN.get(scope, ()) for scope in given)


def known(asked: Iterable[str]) -> bool:
    """Say whether all of these are scopes; "profile" and "push" are, "admin" is not yet."""
    return all(scope in ALL for scope in asked)
