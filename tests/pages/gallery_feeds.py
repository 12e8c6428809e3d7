"""Pages of collections of communities, for the gallery: a template each, with what it takes."""

from types import SimpleNamespace as Record

from tests.pages import samples as s

_WORDS = "<p>What a new colleague reads first.</p>"
_SHOWN = Record(
    name="starter",
    display_name="New in road safety",
    handle="@starter@transport.example",
    url="/f/starter@transport.example",
    agency="Transport",
    local=False,
    initials="NR",
    hue=120,
    origin="https://transport.example/f/starter",
)
_FEED = Record(**vars(_SHOWN), about_html=_WORDS, about="Words", changed=s.before(days=2))

PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "feeds": (
        "feeds.html",
        {
            "feeds": [
                Record(shown=_SHOWN, about_html=_WORDS, communities=12, follows=True),
                Record(shown=_SHOWN, about_html="", communities=1, follows=False),
            ],
            "may_start": True,
        },
    ),
    "feeds-empty": ("feeds.html", {"feeds": [], "may_start": False}),
    "feed": (
        "feed.html",
        {
            "feed": _FEED,
            "communities": s.COMMUNITIES,
            "unknown": ["https://a-server.somewhere-else.example/c/a-community-with-a-name"],
            "left_out": 800,
            "curators": [s.AMINA, s.PRIYA],
            "state": "asked",
            "may_change": True,
        },
    ),
    "feed-empty": (
        "feed.html",
        {
            "feed": _FEED,
            "communities": [],
            "unknown": [],
            "left_out": 0,
            "curators": [],
            "state": "",
            "may_change": False,
        },
    ),
    "feed-new": (
        "feed_edit.html",
        {
            "feed": None,
            "lines": "",
            "errors": {"name": "That name is taken. Choose another."},
            "form": {"name": "starter"},
        },
    ),
    "feed-edit": ("feed_edit.html", {"feed": _FEED, "lines": "!fraud@transport.example"}),
}
