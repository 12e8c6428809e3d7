"""Invitations: made by a moderator, used once, by whoever got the address."""

import re
from collections.abc import AsyncIterator

import pytest

from schemas.records import Role
from server.storage.embedded import Cluster
from tests.instance import PASSWORD, Instance, TurnedClock, running


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(
        cluster, "inviting", clock=TurnedClock(), registration="invitation"
    ) as instance:
        yield instance


async def test_an_invitation_lets_one_person_in_with_the_role_it_names(
    house: Instance,
) -> None:
    moderator = await house.member_browser("host", Role.MODERATOR)

    made = await moderator.submit(
        "/invitations", {"role": "steward", "days": "7"}, page="/invitations"
    )
    code = re.search(r"/sign-up\?invitation=([\w-]+)", made.text)
    assert code is not None
    guest = house.browser()
    form = {
        "name": "newcomer",
        "display_name": "New Comer",
        "password": PASSWORD,
        "invitation": code[1],
    }
    joined = await guest.submit("/sign-up", form, page="/sign-up")
    again = await house.browser().submit("/sign-up", form | {"name": "second"}, page="/sign-up")

    assert made.status == 200
    assert joined.status == 200
    assert (await guest.get("/communities/new")).status == 200
    assert again.status == 422


async def test_without_an_invitation_nobody_signs_up(house: Instance) -> None:
    form = {"name": "stranger", "display_name": "A Stranger", "password": PASSWORD}

    refused = await house.browser().submit("/sign-up", form, page="/sign-up")

    assert refused.status == 422
    assert 'value="stranger"' in refused.text


@pytest.mark.parametrize(
    ("role", "days"), [("operator", "7"), ("member", "400"), ("member", "soon"), ("king", "7")]
)
async def test_a_wrong_invitation_comes_back_with_a_sentence(
    house: Instance, role: str, days: str
) -> None:
    moderator = await house.member_browser(f"host_{role}_{days}"[:20], Role.MODERATOR)

    refused = await moderator.submit(
        "/invitations", {"role": role, "days": days}, page="/invitations"
    )

    assert refused.status == 422
    assert "/sign-up?invitation=" not in refused.text


async def test_members_make_no_invitations(house: Instance) -> None:
    member = await house.member_browser("plain")

    assert (await member.get("/invitations")).status == 403
