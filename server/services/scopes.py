"""What a client's token allows: scopes, and which of them hold others (client-api.md 2.5)."""

from collections.abc import Collection, Iterable
from typing import Final

from schemas.records import Role

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
_ADMIN: Final = (
    "accounts",
    "canonical_email_blocks",
    "domain_allows",
    "domain_blocks",
    "email_domain_blocks",
    "ip_blocks",
    "reports",
)
_EDGES: Final = ("blocks", "follows", "mutes")
_WITHIN: Final[dict[str, frozenset[str]]] = {
    "read": frozenset(f"read:{name}" for name in _READ),
    "write": frozenset(f"write:{name}" for name in _WRITE),
    "follow": frozenset(f"{verb}:{name}" for verb in ("read", "write") for name in _EDGES),
    "admin:read": frozenset(f"admin:read:{name}" for name in _ADMIN),
    "admin:write": frozenset(f"admin:write:{name}" for name in _ADMIN),
}
_OF_STAFF: Final = "admin:"
#: What there is to ask for, the wide ones first.
ALL: Final = (*_WITHIN, "push", "profile", *sorted(frozenset().union(*_WITHIN.values())))
DEFAULT: Final = ("read",)


def asked(text: str | None, *, otherwise: Iterable[str] = DEFAULT) -> tuple[str, ...]:
    """Read what a client asks for: words apart by spaces or plus signs, each once."""
    found = dict.fromkeys((text or "").replace("+", " ").split())
    return tuple(found) or tuple(otherwise)


def within(wanted: Collection[str], given: Collection[str]) -> bool:
    """Say whether all of these are scopes, and none is more than what was given."""
    return known(wanted) and all(allows(given, scope) for scope in wanted)


def allows(given: Collection[str], wanted: str) -> bool:
    """Say whether whoever has these scopes may do what needs this one."""
    return wanted in given or any(wanted in _WITHIN.get(scope, ()) for scope in given)


def known(asked: Iterable[str]) -> bool:
    """Say whether all of these are scopes."""
    return all(scope in ALL for scope in asked)


def grantable(asked: Iterable[str], role: Role | None) -> tuple[str, ...]:
    """Leave out what is for staff, unless somebody of the staff gives it; an app alone is None.

    So a program that asks everybody for all that it knows still signs members in.
    """
    if role is not None and role.reaches(Role.MODERATOR):
        return tuple(asked)
    return tuple(scope for scope in asked if not scope.startswith(_OF_STAFF))
