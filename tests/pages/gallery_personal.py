"""Pages of what is a member's own, for the gallery: a template each, with what it takes."""

from types import SimpleNamespace as Record

from tests.pages import samples as s

_LIST = Record(id=4, title="Colleagues at other agencies", replies="list", exclusive=True)
_FILTER = Record(id=5, title="Elections", action="hide", expires_at=s.before(days=-3), posts=())

_PICTURE = "/static/sample.png"
#: What a profile shows beside name and text, as its owner and as its readers see it.
SAID: dict[str, object] = {
    "said": Record(
        locked=True, bot=False, discoverable=True, indexable=False, hides_collections=True
    ),
    "lines": [("Works on", "https://rail.example/"), ("Floor", "3"), *[("", "")] * 4],
    "shown": Record(
        picture=_PICTURE,
        picture_words="Amina at a desk",
        banner=_PICTURE,
        banner_words="",
    ),
}
PORTRAYED: dict[str, object] = {
    "picture": _PICTURE,
    "picture_words": "A woman on a platform",
    "banner": _PICTURE,
    "banner_words": "A station",
    "locked": True,
    "bot": True,
    "fields": [
        Record(
            name="Works on",
            value='<a href="https://rail.example/" rel="nofollow">https://rail.example/</a>',
        ),
        Record(name="A name that is rather long for a line", value="w" * 60),
    ],
}
PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "write": ("write.html", {"to": None, "files": (), "preview_html": None}),
    "write-message": (
        "write.html",
        {
            "to": s.TOMAS,
            "files": (),
            "preview_html": "<p>At <em>noon</em>?</p>",
            "form": {"body": f"{s.TOMAS.handle} At *noon*?"},
            "errors": {"body": "What is not for everybody goes to admitted agencies."},
        },
    ),
    "messages": (
        "messages.html",
        {
            "conversations": [
                Record(
                    url="/p/1",
                    people=[s.TOMAS, s.JONAS],
                    text="At noon, in the hall?",
                    last=s.before(days=1),
                    unread=True,
                ),
                Record(url="/p/2", people=[], text="", last=s.before(days=9), unread=False),
            ],
            "pages": {"previous": None, "next": "/messages?before=3"},
        },
    ),
    "messages-empty": ("messages.html", {"conversations": [], "pages": None}),
    "followers": (
        "followers.html",
        {
            "waiting": [(1, s.TOMAS), (2, Record(**vars(s.JONAS) | {"picture": _PICTURE}))],
            "followers": [(3, s.PRIYA)],
            "locked": True,
            "pages": {"previous": None, "next": "/settings/followers?before=2"},
        },
    ),
    "followers-none": (
        "followers.html",
        {"waiting": [], "followers": [], "locked": False, "pages": None},
    ),
    "bookmarks": (
        "bookmarks.html",
        {
            "posts": s.POSTS[:3],
            "pages": {"previous": None, "next": "/bookmarks?before=3"},
            "hidden_posts": 2,
        },
    ),
    "bookmarks-empty": ("bookmarks.html", {"posts": [], "pages": None}),
    "silences": (
        "silences.html",
        {
            "tab": "muted",
            "silenced": [
                {
                    "id": 1,
                    "actor": s.TOMAS,
                    "until": s.before(days=-2),
                    "notifications": True,
                },
                {"id": 2, "actor": s.JONAS, "until": None, "notifications": False},
            ],
            "domains": [],
            "pages": None,
        },
    ),
    "silences-domains": (
        "silences.html",
        {
            "tab": "domains",
            "silenced": [],
            "domains": ["a-server-with-a-very-long-name.somewhere-else.example"],
            "pages": None,
            "errors": {"domain": "Enter the domain of an agency or a server"},
            "form": {"domain": "no domain"},
        },
    ),
    "silences-empty": (
        "silences.html",
        {"tab": "blocked", "silenced": [], "domains": [], "pages": None},
    ),
    "lists": (
        "lists.html",
        {
            "lists": [_LIST, Record(id=6, title="Rivers", exclusive=False)],
            "errors": {"title": "Give the list a name."},
        },
    ),
    "lists-empty": ("lists.html", {"lists": []}),
    "list": ("list.html", {"of": _LIST, "posts": s.POSTS[:2], "pages": None}),
    "list-empty": ("list.html", {"of": _LIST, "posts": [], "pages": None}),
    "list-edit": (
        "list_edit.html",
        {
            "of": _LIST,
            "inside": [{"id": 1, "actor": s.TOMAS}, {"id": 2, "actor": s.REVIEWS}],
            "others": [{"id": 3, "actor": s.PRIYA}, {"id": 4, "actor": s.WEI}],
        },
    ),
    "filters": (
        "filters.html",
        {
            "filters": [
                Record(
                    id=5,
                    title="Elections",
                    hides=True,
                    words=["ballot", "poll", "coalition talks"],
                    posts=2,
                    expires_at=s.before(days=-3),
                    over=False,
                ),
                Record(
                    id=6,
                    title="Spoilers",
                    hides=False,
                    words=[],
                    posts=1,
                    expires_at=s.before(days=3),
                    over=True,
                ),
            ]
        },
    ),
    "filters-empty": ("filters.html", {"filters": []}),
    "filter": (
        "filter.html",
        {
            "of": _FILTER,
            "chosen": {"home", "public"},
            "words": "ballot\ncoalition talks",
            "whole": True,
        },
    ),
    "filter-wrong": (
        "filter.html",
        {
            "of": None,
            "chosen": set(),
            "words": "",
            "whole": True,
            "errors": {
                "title": "Give the filter a name.",
                "context": "Choose at least one place where it works.",
            },
            "form": {"keywords": "ballot"},
        },
    ),
}
