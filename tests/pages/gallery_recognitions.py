"""Pages of recognitions, for the gallery: a template each, with what it takes."""

from types import SimpleNamespace as Record

from tests.pages import samples as s


def _given(number: int, name: str, person: Record, **further: object) -> Record:
    return Record(
        id=number,
        name=name,
        criteria="Went through the reports of three new colleagues with them.",
        issuer=s.REVIEWS,
        person=person,
        given=s.before(days=number),
        **{
            "url": f"/credentials/{number}",
            "host": None,
            "post_url": None,
            "hidden": False,
            "withdrawn": None,
            "holds": True,
        }
        | further,
    )


_MENTOR = _given(2, "Peer Mentor 2026", s.PRIYA, post_url="https://health.example/p/2")
_TOLD = _given(
    5,
    "Guide of the year in a community with a rather long name",
    s.PRIYA,
    url="https://lessons.somewhere-else.example/credentials/5",
    host="lessons.somewhere-else.example",
)
GIVEN = (_MENTOR, _TOLD)
_HIDDEN = _given(9, "Open day helper", s.TOMAS, hidden=True)

PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "person-recognised": (
        "person.html",
        {
            "person": Record(
                **vars(s.PRIYA), about_html="", joined=s.before(days=400), suspended=False
            ),
            "follow": "following",
            "is_me": False,
            "posts": [],
            "recognitions": [_MENTOR, _TOLD],
            "issuers": [s.REVIEWS, s.FRAUD],
            "errors": {"criteria": "Say in a sentence or two what it is for."},
            "form": {"recognition-name": "Peer Mentor 2026", "criteria": ""},
        },
    ),
    "recognitions": (
        "recognitions.html",
        {
            "community": s.REVIEWS,
            "recognitions": [_MENTOR, _HIDDEN],
            "governs": True,
        },
    ),
    "recognitions-empty": (
        "recognitions.html",
        {"community": s.REVIEWS, "recognitions": [], "governs": False},
    ),
    "my-recognitions": (
        "my_recognitions.html",
        {"recognitions": [_MENTOR, _TOLD, _HIDDEN], "profile": "/@priya"},
    ),
    "my-recognitions-empty": (
        "my_recognitions.html",
        {"recognitions": [], "profile": "/@priya"},
    ),
    "credential": (
        "credential.html",
        {
            "recognition": _MENTOR,
            "address": "https://health.example/credentials/2",
            "governs": True,
            "is_me": False,
            "errors": {"reason": "Say why, for the log of acts."},
        },
    ),
    "credential-withdrawn": (
        "credential.html",
        {
            "member": None,
            "recognition": _given(
                4, "Peer Mentor 2025", s.WEI, withdrawn=s.before(days=1), holds=False
            ),
            "address": "https://health.example/credentials/4",
            "governs": False,
            "is_me": False,
        },
    ),
}
