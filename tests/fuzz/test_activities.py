"""Whatever stands in a validly signed activity: no fault, and no word in a wrong mouth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.crowd import BATCHES, FUZZ, SIGNERS, TOGETHER, Crowd, batches
from tests.fuzz.mutations import Mutation, mutations

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

case = st.tuples(st.integers(0, 60), st.lists(mutations, min_size=1, max_size=3))
cases = batches(case)


@pytest.mark.parametrize("name", SIGNERS)
async def test_what_is_said_validly_is_no_lie_either(crowd: Crowd, name: str) -> None:
    await crowd.ledger.put_back()

    await crowd.say(name, [(number, []) for number in range(60)])
    failures = await crowd.process()

    after = await crowd.ledger.read()
    lies = crowd.standing(name).lies(crowd.ledger.kept, after)
    assert (failures, lies) == ([], [])
    # Nils is gone before he votes.
    voters = set() if name == "nils" else {crowd.people[name].uri}
    assert {row[0] for row in after["poll_votes"]} == voters


@FUZZ
@given(name=st.sampled_from(SIGNERS), cases=cases)
async def test_no_activity_however_spoilt_is_a_fault_or_a_lie(
    crowd: Crowd, name: str, cases: list[tuple[int, list[Mutation]]]
) -> None:
    await crowd.ledger.put_back()

    sent = await crowd.say(name, cases)
    failures = await crowd.process()

    after = await crowd.ledger.read()
    lies = crowd.standing(name).lies(crowd.ledger.kept, after)
    assert (failures, lies) == ([], []), [body[:2000] for body in sent]


@pytest.mark.parametrize("table", ["posts", "marks", "follows", "tombstones"])
async def test_the_ledger_sees_a_lie(crowd: Crowd, table: str) -> None:
    await crowd.ledger.put_back()
    before = crowd.ledger.kept
    row = (
        next(row for row in before[table] if row[0] == crowd.people["ada"].uri)
        if (table != "tombstones")
        else (crowd.people["ada"].uri, "", "x")
    )

    after = {**before, table: before[table] ^ {row}}

    assert crowd.standing("mallory").lies(before, after)
    assert crowd.standing("ada").lies(before, after) == []


async def test_much_of_what_is_spoilt_comes_in_and_has_an_effect(crowd: Crowd) -> None:
    """Or the test above would try the door only. It comes after that test."""
    tried = BATCHES * TOGETHER

    assert crowd.seen["202"] > tried / 2
    assert crowd.seen["done"] > tried / 10
