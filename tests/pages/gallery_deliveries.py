"""Samples of the pages about deliveries, for the gallery."""

from types import SimpleNamespace as Record

from server.services.whereabouts import Stay
from server.storage.origins import Backlog, Totals, Waiting
from tests.pages import samples as s


def _backlog(name: str, host: str, state: str, **further: object) -> Record:
    values: dict[str, object] = {
        "origin": f"https://{host}",
        "hosts": (host,),
        "waiting": 0,
        "fresh": 0,
        "day_old": 0,
        "older": 0,
        "given_up": 0,
        "retried": 0,
        "most_attempts": 0,
        "oldest_at": None,
        "failing_since": None,
        "last_success_at": s.before(minutes=4),
        "last_failure_at": None,
        "reason": "",
        "open_until": None,
        "asked_until": None,
        "paused_at": None,
        "due_at": None,
    }
    facts = Backlog(**(values | further))  # type: ignore[arg-type] # samples differ in a few
    pieces = {"fresh": 20, "day": 30, "old": 35, "given-up": 15} if facts.waiting else {}
    bars, start = [], 0
    for kind, width in pieces.items():
        bars.append(Record(kind=kind, x=start, width=width))
        start += width
    return Record(
        facts=facts,
        name=name,
        hosts=host,
        url="/operations/deliveries/origin?origin=x",
        drop_url="/operations/deliveries/drop?origin=x",
        state=state,
        bars=bars,
    )


SILENT = _backlog(
    "Treasury",
    s.TREASURY,
    "open",
    waiting=1240,
    fresh=240,
    day_old=400,
    older=600,
    given_up=35,
    retried=96,
    most_attempts=7,
    oldest_at=s.before(days=5),
    failing_since=s.before(days=5),
    last_failure_at=s.before(minutes=40),
    reason="tls-refused",
    open_until=s.before(hours=-5),
)
PAUSED = _backlog(
    "Transport agency",
    s.TRANSPORT,
    "paused",
    waiting=18,
    fresh=18,
    oldest_at=s.before(minutes=50),
    paused_at=s.before(hours=1),
)
WELL = _backlog("learning.a-very-long-name.of-a-department.example", s.HEALTH, "well")
WAITING = [
    Waiting(
        id=number,
        type="Announce",
        about=f"https://learning.health.example/p/11615875891200{number}",
        attempts=number,
        enqueued_at=s.before(days=2),
        next_at=s.before(hours=-3),
        reason="tls-refused" if number else "",
    )
    for number in range(3)
]
STAYS = [
    Stay(host=s.TREASURY, standing="refused", why="refused", status=413, attempts=1),
    Stay(host="a.example", standing="given-up", why="silent", attempts=20),
    Stay(host="b.example", standing="waiting", why="silent", again_at=s.before(hours=-2)),
    Stay(host="c.example", standing="waiting", why="paused"),
    Stay(
        host="d.example",
        standing="older",
        why="failing",
        since=s.before(days=3),
        again_at=s.before(minutes=-9),
        attempts=2,
    ),
    Stay(host="e.example", standing="unsent", why="not-admitted"),
    Stay(host=s.TRANSPORT, standing="has", since=s.before(hours=6)),
]
TOTALS = Totals(
    origins=3, waiting=1258, given_up=35, failing=1, paused=1, oldest_at=s.before(days=5)
)
NOTHING = Totals(origins=0, waiting=0, given_up=0, failing=0, paused=0, oldest_at=None)

PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "deliveries": (
        "deliveries.html",
        {
            "totals": TOTALS,
            "backlogs": [SILENT, PAUSED, WELL],
            "pages": {"previous": "/operations/deliveries", "next": "/operations/deliveries"},
        },
    ),
    "deliveries-none": (
        "deliveries.html",
        {"totals": NOTHING, "backlogs": [], "pages": None},
    ),
    "deliveries-one": ("deliveries_one.html", {"backlog": SILENT, "waiting": WAITING}),
    "deliveries-drop": (
        "deliveries_drop.html",
        {
            "heap": Record(origin="https://h.example", count=1240, through=9),
            "host": "h.example",
            "back": "/operations/deliveries/origin?origin=x",
            "errors": {"reason": "The reason may have 500 characters."},
        },
    ),
    "post-deliveries": (
        "post_deliveries.html",
        {
            "post": s.QUESTION,
            "community": s.PROCUREMENT,
            "has": 1,
            "mine": True,
            "stays": [
                Record(name=s.AGENCIES.get(each.host, each.host), stay=each) for each in STAYS
            ],
        },
    ),
}
