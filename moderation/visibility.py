"""Who may read what: one scope per reader, used by the gate and by every list."""

from dataclasses import dataclass

from schemas.records import (
    AgencyPrincipal,
    AgencyState,
    Anonymous,
    MemberPrincipal,
    PostFacts,
    Principal,
    Role,
    Surface,
    Visibility,
)

#: What browsers see. On every other surface a guest is another server that did not sign.
_FOR_PEOPLE = frozenset({Surface.PAGE, Surface.API, Surface.MEDIA})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a reader may read, as a value that Python and SQL judge alike.

    `everything` is a moderator's view of their own agency's copy; `public` says whether public
    posts are included; `joined` are ids of communities, and of people who let the reader
    follow them; `author` is the reader's own actor id, `host` the agency that reads. What is
    private is for its author and for those to whom it is: nobody reads it as a moderator.
    """

    everything: bool = False
    public: bool = False
    joined: frozenset[int] = frozenset()
    author: int | None = None
    host: str | None = None


def scope_of(principal: Principal, surface: Surface, *, open_federation: bool) -> Scope:
    """Say what a principal may read on a surface (product.md 8, DOM-05).

    `open_federation` is the agency's setting that lets public posts go to servers that no
    moderator has admitted.
    """
    if isinstance(principal, Anonymous):
        return Scope(public=surface in _FOR_PEOPLE or open_federation)
    if isinstance(principal, MemberPrincipal):
        return Scope(
            everything=principal.role.reaches(Role.MODERATOR),
            public=True,
            joined=principal.joined,
            author=principal.actor_id,
        )
    return _scope_of_agency(principal, open_federation=open_federation)


def _scope_of_agency(agency: AgencyPrincipal, *, open_federation: bool) -> Scope:
    if agency.state is AgencyState.ADMITTED:
        return Scope(public=True, joined=agency.joined, host=agency.host)
    if agency.state is AgencyState.WAITING:
        return Scope(public=open_federation)
    return Scope()


def may_read(facts: PostFacts, scope: Scope) -> bool:
    """Judge one post; `server.storage.visibility` is the same sentence in SQL."""
    if facts.author_id == scope.author:
        return True
    if scope.author in facts.addressed or scope.host in facts.addressed_hosts:
        return True
    return facts.visibility is not Visibility.DIRECT and (
        scope.everything
        or (scope.public and facts.visibility is Visibility.PUBLIC)
        or facts.community_id in scope.joined
    )
