"""Whatever is done to a signed request: it is refused, unless it says what was signed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.signatures import cavage, rfc9421
from tests.fuzz.crowd import FUZZ, Crowd, batches
from tests.fuzz.forgeries import Forgery, Signed, covered_by, forged, forgeries
from tests.fuzz.raw_http import Answer
from tests.hostile_peer import ACTIVITY_JSON

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

SCHEMES = {"draft": cavage.sign, "rfc9421": rfc9421.sign}

cases = batches(
    st.tuples(st.sampled_from(sorted(SCHEMES)), st.lists(forgeries, min_size=1, max_size=3))
)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_nobody_touched_is_taken(crowd: Crowd, scheme: str) -> None:
    await crowd.ledger.put_back()
    request = signed(crowd, scheme)

    answer = await send(crowd, request)

    assert answer == Answer(202)
    assert await crowd.ledger.arrived() == [request.body]


@FUZZ
@given(cases=cases)
async def test_no_request_however_it_was_tampered_with_is_a_fault_or_is_believed(
    crowd: Crowd, cases: list[tuple[str, list[Forgery]]]
) -> None:
    await crowd.ledger.put_back()
    taken = []

    for scheme, changes in cases:
        honest = signed(crowd, scheme)
        request = forged(honest, changes)
        answer = await send(crowd, request)
        crowd.refused[answer.reason or str(answer.status)] += 1
        assert answer.status < 500, (answer, request)
        if answer.status == 202:
            assert says_the_same(request, honest), request
            taken.append(request.body)

    assert sorted(await crowd.ledger.arrived()) == sorted(taken)
    assert await crowd.ledger.read() == crowd.ledger.kept


async def test_many_ways_to_be_refused_were_seen(crowd: Crowd) -> None:
    """Or the test above would try one check only. It comes after that test."""
    assert {"digest-mismatch", "signature-malformed", "signature-wrong"} <= set(crowd.refused)
    assert len(crowd.refused) > 12


def signed(crowd: Crowd, scheme: str) -> Signed:
    scene, ada = crowd.town.scene, crowd.people["ada"]
    body = json.dumps(scene.activity(ada, "Like", crowd.known["question"])).encode()
    plain = {"Content-Type": ACTIVITY_JSON}
    added = SCHEMES[scheme](
        method="POST",
        url=f"{scene.here.origin}/inbox",
        headers=plain,
        body=body,
        key=ada.key,
        now=scene.here.now(),
    )
    headers = plain | {"Host": scene.here.host} | added
    return Signed(method="POST", target="/inbox", headers=tuple(headers.items()), body=body)


def says_the_same(request: Signed, honest: Signed) -> bool:
    covered = covered_by(honest)
    return request.says(covered) == honest.says(covered)


async def send(crowd: Crowd, request: Signed) -> Answer:
    return await crowd.line.send(request.method, request.target, request.headers, request.body)
