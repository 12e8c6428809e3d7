"""Pages of what has its time, for the gallery: a template each, with what it takes."""

from types import SimpleNamespace as Record

from tests.pages import samples as s

_WORDS = "<p><strong>No water on Monday</strong> between 8 and 12, in all of the old house.</p>"
_LONG = (
    "<p>The house rules changed: read what is new under "
    '<a href="/about#rules" rel="nofollow">house rules</a>, and ask us what you miss.</p>'
)
_BANNERS = [Record(id=1, html=_WORDS), Record(id=2, html=_LONG)]


def _written(number: int, **values: object) -> Record:
    usual = {"published": s.before(days=1), "starts": None, "ends": None, "over": False}
    return Record(
        **{"id": number, "html": _WORDS, "ahead": False} | usual | values,
    )


PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "scheduled": (
        "scheduled.html",
        {
            "time_zone": "Europe/Warsaw",
            "scheduled": [
                Record(
                    id=1,
                    title="Which template do you use for a review in winter?",
                    text="We tried three.\nNone of them fits.",
                    due=s.before(days=-2),
                    at="2026-11-26T10:30",
                    refused="",
                    files=2,
                ),
                Record(
                    id=2,
                    title="@reviews Tea?",
                    text="",
                    due=s.before(hours=2),
                    at="2026-11-24T08:30",
                    refused="Join the community first; then you can write in it.",
                    files=0,
                ),
            ],
            "errors": {"at-2": "Choose a time that is more than five minutes ahead."},
            "form": {"at-2": "2026-11-24T10:30"},
            "pages": {"previous": None, "next": "/settings/scheduled?before=1"},
        },
    ),
    "scheduled-empty": ("scheduled.html", {"scheduled": [], "pages": None}),
    "announcements": (
        "announcements.html",
        {
            "time_zone": "Europe/Warsaw",
            "announcements": _BANNERS,
            "announcements_written": [
                _written(1, published=None),
                _written(2, html=_LONG, ends=s.before(days=-3)),
                _written(3, starts=s.before(days=-1), ahead=True),
                _written(4, ends=s.before(days=2), over=True),
            ],
            "pages": None,
        },
    ),
    "announcements-wrong": (
        "announcements.html",
        {
            "announcements_written": [],
            "errors": {
                "body": "Write something; there is no text yet.",
                "ends": "The end must come after the start, and after now.",
            },
            "form": {"ends": "2026-01-01T00:00"},
            "pages": None,
        },
    ),
    "announcement": (
        "announcement.html",
        {
            "of": Record(
                id=1,
                html=_WORDS,
                source="**No water on Monday**",
                published=s.before(days=1),
                starts_field="",
                ends_field="2026-11-30T12:00",
            )
        },
    ),
}
