"""Who may read what, by every kind of reader, on every surface."""

from dataclasses import replace
from itertools import product

import pytest

from moderation.visibility import Scope, may_read, scope_of
from schemas.records import (
    AgencyPrincipal,
    AgencyState,
    Anonymous,
    MemberPrincipal,
    Principal,
    Role,
    Surface,
    Visibility,
)
from tests.schemas.test_records import facts

MEMBER = MemberPrincipal(actor_id=2, role=Role.MEMBER)
STRANGER = MemberPrincipal(actor_id=3, role=Role.MEMBER)
JOINED = MemberPrincipal(actor_id=3, role=Role.STEWARD, joined=frozenset({7}))
MODERATOR = MemberPrincipal(actor_id=4, role=Role.MODERATOR)
ADMITTED = AgencyPrincipal(host="a.example", state=AgencyState.ADMITTED)
WITH_US = replace(ADMITTED, joined=frozenset({7}))
WAITING = replace(WITH_US, state=AgencyState.WAITING)
BLOCKED = replace(WITH_US, state=AgencyState.BLOCKED)


@pytest.mark.parametrize(
    ("reader", "public", "members"),
    [
        (MEMBER, True, True),  # the author
        (STRANGER, True, False),
        (JOINED, True, True),
        (MODERATOR, True, True),
        (ADMITTED, True, False),
        (WITH_US, True, True),
        (WAITING, False, False),
        (BLOCKED, False, False),
    ],
)
def test_each_reader_reads_just_what_is_theirs(
    reader: Principal, public: bool, members: bool
) -> None:
    scope = scope_of(reader, Surface.OBJECT, open_federation=False)

    assert may_read(replace(facts(), visibility=Visibility.PUBLIC), scope) is public
    assert may_read(facts(), scope) is members


@pytest.mark.parametrize(
    ("reader", "direct", "members"),
    [
        (Anonymous(), False, False),
        (MEMBER, True, True),  # the author
        (STRANGER, True, True),  # whom it names
        (replace(STRANGER, actor_id=5), False, False),
        (replace(JOINED, actor_id=5), False, True),
        (MODERATOR, False, True),
        (ADMITTED, True, True),
        (replace(ADMITTED, host="b.example"), False, False),
        (replace(WITH_US, host="b.example"), False, True),
        (WAITING, False, False),
        (BLOCKED, False, False),
    ],
)
def test_vis_03_what_is_private_is_for_those_it_names_and_for_no_moderator(
    reader: Principal, direct: bool, members: bool
) -> None:
    named = replace(facts(), addressed=frozenset({3}), addressed_hosts=frozenset({"a.example"}))

    scope = scope_of(reader, Surface.API, open_federation=True)

    assert may_read(replace(named, visibility=Visibility.DIRECT), scope) is direct
    assert may_read(named, scope) is members


@pytest.mark.parametrize(("surface", "open_federation"), list(product(Surface, [False, True])))
def test_a_guest_reads_public_posts_in_the_browser_and_elsewhere_by_the_agencys_leave(
    surface: Surface, open_federation: bool
) -> None:
    scope = scope_of(Anonymous(), surface, open_federation=open_federation)

    for_people = surface in {Surface.PAGE, Surface.API, Surface.MEDIA}
    assert scope == Scope(public=for_people or open_federation)


@pytest.mark.parametrize("state", list(AgencyState))
def test_open_federation_opens_what_is_public_and_to_nobody_who_is_blocked(
    state: AgencyState,
) -> None:
    reader = replace(WITH_US, state=state)

    scope = scope_of(reader, Surface.DELIVERY, open_federation=True)

    assert scope.public is (state is not AgencyState.BLOCKED)
    assert bool(scope.joined) is (state is AgencyState.ADMITTED)
