"""Which pages the gallery shows: a template each, with what it takes."""

from types import SimpleNamespace as Record

from markupsafe import Markup

from tests.pages import (
    gallery_deliveries,
    gallery_feeds,
    gallery_personal,
    gallery_recognitions,
    gallery_timed,
)
from tests.pages import samples as s

PREVIEW = "<p>Our reviews take <strong>three weeks</strong>.</p>"

GUEST: dict[str, object] = {"member": None}
SEARCH: dict[str, object] = {
    "query": "tender -pilot",
    "tab": "posts",
    "tabs": [
        {
            "href": "/search?q=tender&tab=posts",
            "text": "Posts",
            "current": True,
            "count": "1000+",
        },
        {
            "href": "/search?q=tender&tab=tags",
            "text": "Hashtags",
            "current": False,
            "count": "0",
        },
    ],
    "posts": [],
    "communities": [],
    "people_found": [],
    "tags": [],
    "narrow": [
        {"href": "/search?q=tender", "text": "Questions", "current": True},
        {"href": "/search?q=tender+is:poll", "text": "Polls", "current": False},
    ],
    "problem": "",
    "notes": [],
    "pages": None,
}
PAGES: dict[str, tuple[str, dict[str, object]]] = {
    "home-guest": (
        "home.html",
        GUEST
        | {
            "communities": s.COMMUNITIES[:3],
            "answered": [s.QUESTION],
            "discussed": [s.TALK],
            "trending": [("NearMiss", "/tags/nearmiss"), ("water", "/tags/water")],
        },
    ),
    "home": (
        "home.html",
        {
            "waiting": [
                {"text": "2 people ask to join Incident reviews", "url": "/c/x/requests"},
                {"text": "Did an answer to “Which template?” work?", "url": "/p/2"},
            ],
            "unanswered": s.POSTS[:2],
            "mine": [s.TENDER],
            "recent": [s.TALK],
            "tagged": [s.TALK],
            "hashtags": [("PublicWorks", "/tags/publicworks"), ("water", "/tags/water")],
            "communities": s.COMMUNITIES[:2],
            "discussed": [s.TALK, s.TENDER],
            "trending": [("NearMiss", "/tags/nearmiss")],
            "suggested": [
                {"id": 7, "community": s.PROCUREMENT, "topics": ["Tenders", "Pilots"]},
                {"id": 8, "community": s.COMMUNITIES[-1], "topics": ["Near misses"]},
            ],
        },
    ),
    "home-new": (
        "home.html",
        {
            "waiting": [],
            "unanswered": [],
            "mine": [],
            "recent": [],
            "tagged": [],
            "hashtags": [],
            "communities": [],
            "discussed": [],
            "trending": [],
            "suggested": [],
        },
    ),
    "directory": (
        "directory.html",
        {
            "communities": s.COMMUNITIES,
            "scope": "all",
            "query": "",
            "pages": {"previous": None, "next": "/communities?after=9"},
            "may_start": True,
        },
    ),
    "directory-empty": (
        "directory.html",
        {"communities": [], "scope": "elsewhere", "query": "", "pages": None},
    ),
    "community": (
        "community.html",
        {
            "community": s.REVIEWS,
            "posts": s.POSTS[:3],
            "pinned": [s.TALK],
            "topic": None,
            "tab": "all",
            "stewards": [s.AMINA, s.PRIYA],
            "recognitions": gallery_recognitions.GIVEN,
            "asking": 2,
            "hidden": False,
            "takes_polls": True,
            "pages": {"previous": "/c/x", "next": "/c/x?after=3"},
        },
    ),
    "community-waiting": (
        "community.html",
        {
            "community": s.PROCUREMENT,
            "posts": [],
            "pinned": [],
            "topic": None,
            "tab": "all",
            "stewards": [],
            "asking": 0,
            "hidden": True,
            "pages": None,
        },
    ),
    "community-new": (
        "community_new.html",
        {
            "errors": {"name": "This handle is taken", "display_name": "Give it a name"},
            "form": {"name": "fraud", "charter": "Our rules"},
        },
    ),
    "community-edit": (
        "community_edit.html",
        {"community": s.REVIEWS, "shown": gallery_personal.SAID["shown"]},
    ),
    "community-guest": (
        "community.html",
        GUEST
        | {
            "community": Record(**vars(s.PROCUREMENT) | {"my_state": None}),
            "posts": [],
            "pinned": [],
            "topic": None,
            "tab": "all",
            "stewards": [s.PRIYA],
            "asking": 0,
            "hidden": False,
            "own_server": "/take-part?uri=x",
            "pages": None,
        },
    ),
    "take-part": ("take_part.html", GUEST | {"thing": s.COMMUNITY_ELSEWHERE, "onward": None}),
    "take-part-wrong": (
        "take_part.html",
        GUEST
        | {
            "thing": s.THREAD_HERE,
            "onward": None,
            "errors": {
                "handle": "Your server does not say where it opens what you find elsewhere. "
                "Search there for the address below instead."
            },
            "form": {"handle": "@amina@an-old-server.with-a-long-name.example"},
        },
    ),
    "take-part-onward": (
        "take_part.html",
        GUEST
        | {
            "thing": s.THREAD_HERE,
            "onward": {
                "address": "https://social.example/authorize_interaction?uri=x",
                "host": "social.example",
            },
        },
    ),
    "requests": (
        "requests.html",
        {
            "community": s.FRAUD,
            "requests": [
                Record(
                    id=1, person=s.PRIYA, asked=s.before(hours=3), note="I do the same at T."
                ),
                Record(id=2, person=s.JONAS, asked=s.before(days=2), note=""),
            ],
        },
    ),
    "ask": ("ask.html", {"community": s.FRAUD, "preview_html": None}),
    "ask-wrong": (
        "ask.html",
        {
            "community": s.REVIEWS,
            "preview_html": PREVIEW,
            "alike": [s.QUESTION, s.TENDER],
            "errors": {"title": "Say in one sentence what you ask"},
            "form": {"kind": "discussion", "body": "Our reviews take **three weeks**."},
        },
    ),
    "ask-files": (
        "ask.html",
        {
            "community": s.REVIEWS,
            "preview_html": None,
            "files": s.FILES,
            "errors": {"files": "This file is damaged, or is not what it says it is."},
            "form": {"body": "See the **sketch**."},
        },
    ),
    "thread": (
        "thread.html",
        {
            "post": s.QUESTION,
            "community": s.REVIEWS,
            "ballot": None,
            "delivery": {"agencies": 2, "waiting": ["Treasury"]},
            "quiet": True,
            "preview_html": None,
        },
    ),
    "thread-guest": (
        "thread.html",
        GUEST
        | {
            "post": s.TALK,
            "community": s.REVIEWS,
            "delivery": None,
            "preview_html": None,
            "own_server": "/take-part?uri=x",
        },
    ),
    "thread-attached": (
        "thread.html",
        {
            "post": s.ATTACHED,
            "community": s.REVIEWS,
            "ballot": None,
            "delivery": None,
            "preview_html": None,
        },
    ),
    "thread-pictured": (
        "thread.html",
        {
            "post": s.PICTURED,
            "community": s.REVIEWS,
            "ballot": None,
            "delivery": None,
            "preview_html": None,
            "files": {"answer": s.FILES},
        },
    ),
    "tag": (
        "tag.html",
        {
            "hashtag": "NearMiss",
            "url": "/tags/nearmiss",
            "follows": False,
            "shows": False,
            "posts": [s.QUESTION, s.TALK],
            "pages": None,
        },
    ),
    "tag-empty": (
        "tag.html",
        {
            "hashtag": "NearMiss",
            "url": "/tags/nearmiss",
            "follows": True,
            "shows": True,
            "posts": [],
            "pages": None,
        },
    ),
    "quotes": (
        "quotes.html",
        {
            "post": s.QUESTION,
            "quotes": [
                {"id": 7, "by": s.QUESTION.author, "url": "https://a.example/7", "given": s.NOW}
            ],
        },
    ),
    "quotes-none": ("quotes.html", {"post": s.QUESTION, "quotes": []}),
    "duplicate": (
        "duplicate.html",
        {
            "post": s.QUESTION,
            "community": s.REVIEWS,
            "errors": {"original": "That is the address of no other thread."},
            "form": {"original": "https://a.example"},
        },
    ),
    "relocate": (
        "relocate.html",
        {
            "post": s.QUESTION,
            "community": s.REVIEWS,
            "places": [{"value": "1", "text": "Fraud"}, {"value": "2", "text": "Plain forms"}],
            "errors": {"community": "Choose where it goes."},
        },
    ),
    "relocate-nowhere": (
        "relocate.html",
        {"post": s.QUESTION, "community": s.REVIEWS, "places": []},
    ),
    "stewards": (
        "stewards.html",
        {
            "community": s.REVIEWS,
            "stewards": [s.AMINA, s.PRIYA],
            "banned": [s.JONAS, s.WEI],
            "until": {s.JONAS.handle: s.NOW, s.WEI.handle: None},
            "errors": {"ban-handle": "Release them as steward first."},
            "form": {"ban-handle": "@amina", "reason": "Rude"},
        },
    ),
    "invitations": (
        "invitations.html",
        {"link": "https://learning.health.example/sign-up?invitation=abc", "roles": ["member"]},
    ),
    "ask-quoting": (
        "ask.html",
        {
            "community": s.REVIEWS,
            "preview_html": None,
            "form": {"quote": "7"},
            "quoted": s.ATTACHED.attached.quote.card,
        },
    ),
    "poll-new": (
        "poll.html",
        {
            "community": s.REVIEWS,
            "hours": (1, 24, 168),
            "chosen_hours": 168,
            "preview_html": PREVIEW,
            "errors": {"choices": "Give between 2 and 10 choices, each on a line of its own."},
            "form": {"choices": "Tuesday", "several": "yes"},
        },
    ),
    "poll": (
        "thread.html",
        {
            "post": s.POLL,
            "community": s.REVIEWS,
            "ballot": s.BALLOT,
            "delivery": None,
            "preview_html": None,
            "errors": {"choice": "Choose what you vote for."},
        },
    ),
    "poll-voted": (
        "thread.html",
        {
            "post": s.POLL,
            "community": s.REVIEWS,
            "ballot": Record(
                **vars(s.BALLOT)
                | {
                    "choices": [
                        *s.BALLOT.choices[:2],
                        Record(place=2, name="Never", votes=1, percent=11, mine=True),
                    ],
                    "shows_figures": True,
                    "several": True,
                    "voted": True,
                }
            ),
            "delivery": None,
            "preview_html": None,
        },
    ),
    "poll-guest": (
        "thread.html",
        GUEST
        | {
            "post": s.POLL,
            "community": s.REVIEWS,
            "ballot": s.BALLOT,
            "delivery": None,
            "preview_html": None,
        },
    ),
    "edit": (
        "edit.html",
        {"post": s.QUESTION, "community": s.REVIEWS, "preview_html": None},
    ),
    "history": (
        "history.html",
        {
            "post": s.QUESTION,
            "community": s.REVIEWS,
            "revisions": [
                Record(
                    number=2,
                    editor=s.AMINA,
                    written=s.before(days=2),
                    note="Said by when",
                    title=s.QUESTION.title,
                    changes=[
                        {"kind": "same", "text": "Our incident reviews take three weeks."},
                        {"kind": "removed", "text": "What do you do?"},
                        {"kind": "added", "text": "What changed the mood? By Thursday."},
                    ],
                ),
                Record(
                    number=1,
                    editor=s.AMINA,
                    written=s.before(days=3),
                    note="",
                    title="How do you run a review?",
                    changes=[
                        {"kind": "added", "text": "Our incident reviews take three weeks."}
                    ],
                ),
            ],
        },
    ),
    "person-guest": (
        "person.html",
        GUEST
        | {
            "person": Record(
                **vars(s.TOMAS), about_html="<p>Tenders.</p>", joined=None, suspended=False
            ),
            "own_server": "/take-part?uri=x",
            "is_me": False,
            "posts": [s.TALK],
        },
    ),
    "person": (
        "person.html",
        {
            "person": Record(
                **vars(s.PRIYA),
                **gallery_personal.PORTRAYED,
                about_html="<p>Rail safety. Ask me about near misses.</p>",
                joined=s.before(days=400),
                suspended=False,
            ),
            "moved_to": None,
            "follow": None,
            "is_me": False,
            "own": Record(
                blocks=False,
                blocks_domain=False,
                mutes=True,
                mutes_notifications=True,
                muted_until=s.before(days=-1),
                note="Met at the rail safety days.",
                endorsed=True,
            ),
            "pinned": [s.QUESTION],
            "recommended": [s.TOMAS, s.JONAS],
            "hashtags": [("NearMiss", "/tags/nearmiss"), ("water", "/tags/water")],
            "communities": s.COMMUNITIES[:2],
            "posts": [s.TENDER, s.TALK],
            "kudos": [
                Record(**vars(one), given=s.before(days=1), post=s.QUESTION)
                for one in s.ACCEPTED.kudos
            ],
            "pages": None,
        },
    ),
    "sign-up": (
        "sign_up.html",
        GUEST | {"next": "", "errors": {"password": "Use at least 12 characters"}},
    ),
    "consent": (
        "consent.html",
        {
            "app": {"name": "Ice Cubes for iOS", "website": "https://icecubes.example"},
            "powers": s.POWERS,
            "leads_to": {"kind": "app", "name": "icecubesapp"},
            "here": "/oauth/authorize?client_id=1",
            "other": "/sign-in?again=1",
        },
    ),
    "consent-site": (
        "consent.html",
        {
            "app": {"name": "N" * 60, "website": None},
            "powers": s.POWERS[:1],
            "leads_to": {"kind": "site", "name": "clients.learning.transport.example"},
            "here": "/oauth/authorize?client_id=1",
            "other": "/sign-in?again=1",
        },
    ),
    "app-code": ("app_code.html", {"app": {"name": "toot"}, "code": "x" * 43}),
    "app-refused": (
        "app_refused.html",
        {
            "status": 400,
            "what": "This app asks for what we cannot give",
            "error": "invalid_scope",
            "description": "The requested scope is invalid, unknown, or malformed.",
            "app": "Ice Cubes for iOS",
            "back": "icecubesapp://?error=invalid_scope",
        },
    ),
    "connected": (
        "connected.html",
        {
            "apps": [
                Record(
                    id=1,
                    name="Ice Cubes for iOS",
                    website="https://icecubes.example",
                    powers=s.POWERS,
                    since=s.before(days=20),
                    seen=s.before(hours=2),
                ),
                Record(
                    id=2,
                    name="W" * 60,
                    website=None,
                    powers=s.POWERS[:1],
                    since=s.before(days=2),
                    seen=s.before(days=1),
                ),
            ]
        },
    ),
    "connected-none": ("connected.html", {"apps": []}),
    "sign-in-for-app": ("sign_in.html", {"next": "/oauth/authorize?client_id=1"}),
    "sign-in": ("sign_in.html", GUEST | {"next": "/p/1"}),
    "takeout": (
        "takeout.html",
        {
            "made": Record(
                id=7, state="done", steps=12, of_steps=12, expires_at=s.before(days=-6)
            ),
            "is_there": True,
            "brought": Record(state="done", steps=8, of_steps=8, reason=""),
            "about": "Reviews without blame.",
            "refused": ["https://old.example/@gone"],
        },
    ),
    "takeout-under-way": (
        "takeout.html",
        {
            "made": Record(id=7, state="waiting", steps=3, of_steps=12, expires_at=None),
            "is_there": False,
            "brought": Record(state="waiting", steps=2, of_steps=8, reason=""),
            "about": "",
            "refused": [],
        },
    ),
    "takeout-wrong": (
        "takeout.html",
        {
            "errors": {"archive": "Choose the file first."},
            "made": Record(id=7, state="refused", steps=3, of_steps=12, expires_at=None),
            "is_there": False,
            "brought": None,
            "about": "",
            "refused": [],
        },
    ),
    "leaving": (
        "leaving.html",
        {"errors": {"sure": "Tick the box if you are sure."}, "in_the_way": []},
    ),
    "leaving-not-yet": ("leaving.html", {"in_the_way": ["Incident reviews", "Fraud"]}),
    "moving": (
        "moving.html",
        {
            "me": s.AMINA,
            "aliases": [Record(uri="https://old.example/@amina", name="@amina@old.example")],
            "moved_to": None,
            "moved_at": None,
            "again_at": None,
        },
    ),
    "moving-moved": (
        "moving.html",
        {
            "me": s.AMINA,
            "aliases": [],
            "moved_to": s.PRIYA,
            "moved_at": s.before(days=2),
            "again_at": None,
        },
    ),
    "settings": (
        "settings.html",
        gallery_personal.SAID
        | {
            "flash": {"kind": "done", "text": "Your profile is saved."},
            "profile": {
                "display_name": "Amina Okafor",
                "about": "Reviews without blame.",
                "time_zone": "Europe/Dublin",
                "language": "en",
            },
            "time_zones": ["Europe/Dublin", "Europe/Stockholm", "UTC"],
            "languages": [{"code": "en", "name": "English"}],
            "sessions": [
                Record(
                    id=1,
                    device="Firefox on Linux",
                    started=s.before(days=3),
                    seen=s.before(minutes=1),
                    current=True,
                ),
                Record(
                    id=2,
                    device="An app: Tusky on Android",
                    started=s.before(days=40),
                    seen=s.before(days=2),
                    current=False,
                ),
            ],
        },
    ),
    "agencies": (
        "agencies.html",
        {
            "agencies": [
                Record(
                    host=host,
                    name=name,
                    state=state,
                    since=s.before(days=90),
                    reason="Sends what it must not." if state == "blocked" else "",
                    communities=3,
                    people=1,
                )
                for host, name, state in [
                    (s.TRANSPORT, "Transport agency", "admitted"),
                    (s.TREASURY, "Treasury", "admitted"),
                    ("spam.example", "", "blocked"),
                ]
            ],
            "waiting": [
                Record(
                    host="commons.energy.gov",
                    name="Energy agency",
                    direction="in",
                    person=s.WEI,
                    target=s.REVIEWS,
                    asked=s.before(hours=2),
                )
            ],
        },
    ),
    "about": (
        "about.html",
        {
            "moderators": [s.AMINA, s.JONAS],
            "about_html": "<p>We are the <strong>health</strong> agency.</p>",
            "rules": [
                Record(text="Disagree with what was said, not with who said it.", hint=""),
                Record(text="No case numbers.", hint='Say "a case" and what it is about.'),
            ],
            "contact": "learning@health.gov",
            "software": {"name": "Commonlore", "version": "0.1.0", "source": None},
        },
    ),
    "moderation": (
        "moderation.html",
        {
            "trending": True,
            "reports": [
                Record(
                    id=5,
                    post=s.OTHER_ANSWER,
                    reason="It names a client in the linked notes.",
                    sort="",
                    rules=[],
                    others=[],
                    reporter=s.JONAS,
                    agency=None,
                    reported=s.before(hours=1),
                    forwarded=False,
                    taken_by=None,
                    is_mine=False,
                    resolved_there=True,
                ),
                Record(
                    id=7,
                    post=s.ACCEPTED,
                    others=[s.OTHER_ANSWER],
                    reason="The same advertisement under every question.",
                    sort="Against the house rules",
                    rules=["Disagree with what was said, not with who said it."],
                    reporter=s.JONAS,
                    agency=None,
                    reported=s.before(hours=3),
                    forwarded=True,
                    taken_by=s.AMINA,
                    is_mine=True,
                    resolved_there=False,
                ),
                Record(
                    id=6,
                    post=s.REMOVED_ANSWER,
                    reason="Spam",
                    sort="",
                    rules=[],
                    others=[],
                    reporter=None,
                    agency="Treasury",
                    reported=s.before(days=1),
                    forwarded=False,
                    taken_by=s.JONAS,
                    is_mine=False,
                    resolved_there=False,
                ),
            ],
            "removed": [Record(**vars(s.REMOVED_ANSWER), removed_at=s.before(days=1))],
            "suspended": [
                Record(person=s.TOMAS, since=s.before(days=4), reason="Advertised a product")
            ],
            "waiting": [
                Record(host="commons.energy.gov", name="Energy agency", asked=s.before(hours=2))
            ],
            "blocked": [],
            "acts": [
                Record(
                    done=s.before(days=1),
                    moderator=s.AMINA,
                    what="Removed an answer by Wei",
                    reason="It named a client",
                    url="/p/9",
                )
            ],
            "pages": None,
        },
    ),
    "rules": (
        "rules.html",
        {
            "rules": [
                Record(id=1, text="Disagree with what was said.", hint="Not with who said it."),
                Record(id=2, text="No case numbers.", hint=""),
            ],
            "errors": {"text-2": "Write what the rule is."},
            "form": {"text-2": "", "hint-2": "None at all"},
        },
    ),
    "rules-empty": ("rules.html", {"rules": []}),
    "text": (
        "text.html",
        {
            "title": "Privacy",
            "html": "<p>What is kept.</p><h2>Who sees it</h2><ul><li>You</li></ul>",
            "changed": s.before(days=3),
        },
    ),
    "texts": (
        "texts.html",
        {
            "texts": {"about": "We are *here*.", "privacy": "", "terms": ""},
            "usual": {
                "about": "",
                "privacy": "## What is kept\n\nLittle.",
                "terms": "Be kind.",
            },
            "errors": {"terms": "The text may have 50000 characters."},
            "form": {"terms": "Far too long"},
        },
    ),
    "report": ("report.html", {"post": s.ACCEPTED, "forwards": True}),
    "notifications": (
        "notifications.html",
        {
            "notifications": [
                Record(
                    id=number,
                    kind=kind,
                    actor=by,
                    post=s.QUESTION,
                    community=s.REVIEWS,
                    text=text,
                    happened=s.before(hours=number * 7),
                    unread=number < 2,
                    url="/p/1",
                )
                for number, (kind, by, text) in enumerate(
                    [
                        ("answer", s.PRIYA, ""),
                        ("kudos", s.TOMAS, "I could hand it on as it was"),
                        ("join-asked", s.JONAS, ""),
                        ("follow-asked", s.TOMAS, ""),
                        ("joined", None, ""),
                    ]
                )
            ],
            "pages": None,
        },
    ),
    "severed": (
        "severed.html",
        {
            "severed": [
                {
                    "actor": s.PRIYA,
                    "direction": "followed-by",
                    "blocked": "transport.gov",
                    "ended": s.before(hours=3),
                },
            ],
            "pages": {"previous": None, "next": "/settings/severed?before=9"},
        },
    ),
    "severed-empty": ("severed.html", {"severed": [], "pages": None}),
    "notifications-empty": ("notifications.html", {"notifications": [], "pages": None}),
    "delete": ("remove.html", {"post": s.QUESTION, "act": "delete", "replies": 5}),
    "remove": (
        "remove.html",
        {
            "post": s.OTHER_ANSWER,
            "act": "remove",
            "replies": 2,
            "errors": {"reason": "Say why; the author and the readers see it"},
        },
    ),
    "error": (
        "error.html",
        GUEST
        | {
            "status": 404,
            "what": "There is no such page",
            "todo": "It may have been removed, or the address was typed wrongly.",
            "request_id": "01J9-4F",
        },
    ),
    "search": (
        "search.html",
        SEARCH
        | {
            "posts": [
                Record(
                    post=s.TENDER,
                    title=Markup("Which <mark>tender</mark> rules hold for pilots?"),
                    excerpt=Markup("we ran a <mark>tender</mark> for a pilot … and a second"),
                ),
                Record(post=s.QUESTION, title=s.QUESTION.title, excerpt=""),
                Record(post=s.QUESTION.children[0], title="An answer", excerpt="Ask them."),
            ],
            "problem": "The Treasury could not be reached just now; this is our copy of it.",
            "notes": ["Only the first 12 words count."],
            "pages": {"previous": None, "next": "/search?q=tender&before=0.2~5"},
        },
    ),
    "search-people": (
        "search.html",
        SEARCH | {"tab": "people", "people_found": [s.PRIYA, s.TOMAS]},
    ),
    "search-communities": (
        "search.html",
        SEARCH | {"tab": "communities", "communities": [s.PROCUREMENT]},
    ),
    "search-tags": (
        "search.html",
        SEARCH | {"tab": "tags", "tags": [Record(slug="tender", name="Tender", posts=3)]},
    ),
    "search-nothing": ("search.html", SEARCH | {"query": "qwzx"}),
    "search-tips": ("search.html", SEARCH | {"query": "", "tabs": [], "narrow": []}),
    "alike": ("alike.html", {"alike": [s.QUESTION, s.TENDER]}),
    "preview": ("preview.html", {"preview_html": PREVIEW}),
    **gallery_deliveries.PAGES,
    **gallery_feeds.PAGES,
    **gallery_personal.PAGES,
    **gallery_recognitions.PAGES,
    **gallery_timed.PAGES,
}
