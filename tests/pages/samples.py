"""Invented people, communities and posts that fill every template for the gallery."""

from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace as Record

from schemas.records import KUDOS_EMOJI
from server.services.faces import hue, initials

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HEALTH, TRANSPORT, TREASURY = (
    "learning.health.gov",
    "learning.transport.gov",
    "share.treasury.gov",
)
AGENCIES = {HEALTH: "Health agency", TRANSPORT: "Transport agency", TREASURY: "Treasury"}


def before(**passed: int) -> datetime:
    return NOW - timedelta(**passed)


def actor(prefix: str, name: str, display_name: str, host: str) -> Record:
    local = host == HEALTH
    return Record(
        name=name,
        display_name=display_name,
        handle=f"@{name}@{host}",
        url=f"{prefix}{name}" if local else f"{prefix}{name}@{host}",
        agency=AGENCIES[host],
        local=local,
        initials=initials(display_name),
        hue=hue(f"@{name}@{host}"),
        origin=None if local else f"https://{host}{prefix}{name}",
    )


def person(name: str, display_name: str, host: str = HEALTH) -> Record:
    return actor("/@", name, display_name, host)


AMINA = person("amina", "Amina Okafor")
JONAS = person("jonas", "Jonas Lindqvist")
PRIYA = person("priya", "Priya Raman", TRANSPORT)
TOMAS = person("tomas", "Tomás Echeverría-Villanueva", TREASURY)
WEI = person("wei", "Wei", TRANSPORT)

MEMBER = Record(
    name="amina",
    display_name="Amina Okafor",
    handle=f"@amina@{HEALTH}",
    role="moderator",
    unread=3,
    can_moderate=True,
    can_operate=False,
)
INSTANCE = Record(
    name="Health agency",
    authority=HEALTH,
    description="Here the staff of the Health agency learn with the staff of all others: "
    "ask what you need, tell what worked, and find it again next time.",
    registration="open",
)
CHARTER = """<p>For everyone who looks into incidents after they happened. We look for what made
the right thing hard, never for who is to blame.</p><ul><li>No names of clients</li>
<li>Say what you tried</li></ul>"""


def community(
    name: str, display_name: str, summary: str, host: str = HEALTH, **further: object
) -> Record:
    found = actor("/c/", name, display_name, host)
    facts: dict[str, object] = {
        "summary": summary,
        "charter_html": CHARTER,
        "charter": "For everyone who looks into incidents.",
        "join": "open",
        "visibility": "public",
        "topics": [
            Record(slug="near-misses", name="Near misses"),
            Record(slug="templates", name="Templates"),
            Record(slug="tools", name="Tools"),
        ],
        "members": 48,
        "questions": 112,
        "unanswered": 3,
        "my_state": None,
    }
    vars(found).update(facts | further)
    return found


REVIEWS = community(
    "incident-reviews",
    "Incident reviews",
    "Learning from what went wrong without asking who.",
    my_state="steward",
)
FRAUD = community(
    "fraud-analysts",
    "Fraud analysts",
    "Signals, queries and false alarms.",
    TREASURY,
    my_state="joined",
    visibility="members",
    join="approval",
    members=1,
    questions=9,
    unanswered=0,
)
PROCUREMENT = community(
    "buying-well",
    "Buying well",
    "How to write a tender that small firms can answer.",
    TRANSPORT,
    my_state="asked",
)
FORMS = community("plain-forms", "Plain forms", "Forms that people can fill in the first time.")
COMMUNITIES = [REVIEWS, FRAUD, PROCUREMENT, FORMS]

MAY_NOTHING = dict.fromkeys(
    ("edit", "delete", "accept", "reopen", "lock", "pin", "remove", "report", "reply"), False
)


def may(*acts: str) -> Record:
    return Record(**MAY_NOTHING | dict.fromkeys(acts, True))


def thanks(category: str, giver: Record, note: str = "") -> Record:
    return Record(emoji=KUDOS_EMOJI[category], category=category, note=note, giver=giver)


_ids = count(7301)


def post(kind: str, author: Record, html: str, **further: object) -> Record:
    number = next(_ids)
    facts: dict[str, object] = {
        "id": number,
        "url": f"/p/{number}",
        "kind": kind,
        "title": "",
        "html": html,
        "author": author,
        "published": before(hours=5),
        "edited": None,
        "deleted": False,
        "deleted_by": None,
        "reason": "",
        "locked": False,
        "pinned": False,
        "accepted": False,
        "answers": 0,
        "helpful": 0,
        "kudos": [],
        "mine": Record(helpful=False, kudos=None, kept=False, pinned=False),
        "can": may("reply", "report"),
        "children": [],
        "topic": None,
        "origin": None,
    }
    return Record(**facts | further)


def comment(author: Record, text: str, *children: Record, **further: object) -> Record:
    return post("comment", author, f"<p>{text}</p>", children=list(children), **further)


def chain(depth: int) -> Record:
    """A conversation that goes deeper and deeper."""
    link = comment(JONAS, "And this is how deep it goes.")
    for level in range(depth):
        author = (PRIYA, AMINA, WEI)[level % 3]
        link = comment(author, "Same here, with a small difference each time.", link)
    return link


ACCEPTED = post(
    "answer",
    PRIYA,
    """<p>We stopped asking for a root cause. The template now has three questions:</p>
<ol><li>What made sense to people at the time?</li><li>What surprised them?</li>
<li>What would make the right thing easier?</li></ol>
<p>Reviews went from three weeks to <strong>two days</strong>. The form is one page:</p>
<pre><code>timeline: ten lines at most
surprises: one line each
easier:   owner, date   # nobody leaves without both, or the meeting was for nothing at all
</code></pre>""",
    accepted=True,
    helpful=7,
    published=before(days=2),
    edited=before(days=1),
    can=may("accept", "report", "reply", "remove"),
    mine=Record(helpful=True, kudos=None, kept=True, pinned=True),
    origin=f"https://{TRANSPORT}/p/99",
    kudos=[
        thanks("saved-time", AMINA, "Cut our review from three weeks to two days"),
        thanks("saved-time", JONAS),
        thanks("clear-explanation", TOMAS, "I could hand it on as it was"),
    ],
    children=[chain(7), comment(TOMAS, "Does it work for <em>near misses</em> as well?")],
)
OTHER_ANSWER = post(
    "answer",
    JONAS,
    "<p>We invite someone from another department to lead the review. "
    'See <a href="https://example.gov/reviews">our notes</a>.</p>',
    helpful=2,
    can=may("accept", "report", "reply"),
    children=[
        comment(WEI, "", deleted=True, deleted_by="author"),
        comment(PRIYA, "How do you find the time?", helpful=1),
    ],
)
REMOVED_ANSWER = post(
    "answer",
    WEI,
    "",
    deleted=True,
    deleted_by="moderator",
    reason="It named a client",
    children=[comment(AMINA, "Please leave out names; the rest was helpful.")],
)
QUESTION = post(
    "question",
    AMINA,
    """<p>Our incident reviews take three weeks and end in a report that nobody reads. People
are careful with what they say, because the last report named a team.</p>
<p>I tried a template with a “root cause” field: it made it worse. <strong>What changed the
mood for you?</strong> I have a review on Thursday.</p>
<blockquote><p>“We all knew it would happen.”</p></blockquote>""",
    title="How do you run an incident review that people are not afraid of?",
    excerpt="Our incident reviews take three weeks and end in a report that nobody reads. "
    "People are careful with what they say, because the last report named a team.",
    published=before(days=3),
    edited=before(days=2, hours=4),
    accepted=True,
    answers=3,
    helpful=4,
    topic=Record(slug="templates", name="Templates"),
    community=REVIEWS,
    can=may("edit", "delete", "lock", "pin", "reopen", "reply"),
    children=[
        ACCEPTED,
        OTHER_ANSWER,
        REMOVED_ANSWER,
        comment(JONAS, "How many people are in the room?", comment(AMINA, "Six to nine.")),
    ],
    source="Our incident reviews take three weeks …",
)
OPEN_QUESTION = post(
    "question",
    TOMAS,
    "<p>Details.</p>",
    title="Which signals told you early that an invoice series was invented?",
    excerpt="We see round amounts and new accounts, but too many honest firms have both.",
    published=before(hours=30),
    community=FRAUD,
    topic=Record(slug="signals", name="Signals"),
)
TENDER = post(
    "question",
    PRIYA,
    "<p>Details.</p>",
    title="Has anyone written a tender for translation that small firms could answer?",
    published=before(minutes=12),
    community=PROCUREMENT,
    answers=2,
)
TALK = post(
    "discussion",
    WEI,
    "<p>What would you read first, and what would you leave out? It is for new people.</p>",
    title="What should someone new to incident reviews read first?",
    published=before(days=64),
    pinned=True,
    community=REVIEWS,
    helpful=5,
    children=[
        comment(AMINA, "Start with one real review; <code>read the timeline</code> aloud.")
    ],
)
POLL = post(
    "poll",
    JONAS,
    "<p>We buy one tool for all teams, and start in autumn.</p>",
    title="Which day suits you for the review of reviews?",
    published=before(days=2),
    community=REVIEWS,
    can=may("reply"),
)
BALLOT = Record(
    choices=[
        Record(place=0, name="Tuesday", votes=3, percent=38, mine=False),
        Record(place=1, name="Thursday, in the afternoon", votes=5, percent=62, mine=False),
        Record(place=2, name="Never", votes=0, percent=0, mine=False),
    ],
    several=False,
    closes=NOW,
    open=True,
    voters=8,
    voted=False,
    own=False,
    shows_figures=False,
)
POSTS = [OPEN_QUESTION, TENDER, QUESTION, TALK, POLL]

_CARD = Record(
    author=QUESTION.author,
    url="/p/7",
    title="What do you ask first after a near miss?",
    text="We start with what made sense at the time, and write it down in their words.",
    warning="",
    language="en",
)
ATTACHED = Record(
    **vars(QUESTION)
    | {
        "attached": Record(
            folded=True,
            warning="Describes injuries",
            media=[
                Record(
                    url="https://media.example/a.png",
                    kind="image",
                    host="media.example",
                    alt="A junction seen from above, with the place of the near miss marked",
                    shown="/static/sample.png",
                    width=960,
                    height=540,
                    size=None,
                ),
                Record(
                    url="/media/x/film.mp4",
                    kind="video",
                    host="a.example",
                    alt="A lorry turns",
                    shown="/static/sample.mp4",
                    width=640,
                    height=360,
                    size=1,
                ),
                Record(
                    url="/media/x/sound.mp3",
                    kind="audio",
                    host="a.example",
                    alt="",
                    shown="/static/sample.mp3",
                    width=None,
                    height=None,
                    size=1,
                ),
                Record(
                    url="/media/x/document.pdf",
                    kind="file",
                    host="a.example",
                    alt="The plan.pdf",
                    shown="/media/x/document.pdf",
                    width=None,
                    height=None,
                    size=1_432_000,
                ),
                Record(
                    url="https://a.example/x.pdf",
                    kind="file",
                    host="a.example",
                    alt="",
                    shown=None,
                    width=None,
                    height=None,
                    size=None,
                ),
            ],
            quote=Record(url="/p/7", host="a.example", waits=False, card=_CARD),
            reactions=[Record(content="🎉", people=3), Record(content=":party:", people=1)],
            same=Record(url="/p/9", title="How do you learn from near misses?"),
        ),
        "children": [
            Record(
                **vars(child)
                | {
                    "attached": Record(
                        folded=False,
                        warning="",
                        media=[],
                        quote=Record(
                            url="https://a.example/8", host="a.example", waits=True, card=None
                        ),
                        reactions=[],
                        same=None,
                    )
                }
            )
            for child in QUESTION.children
        ],
    }
)
#: What guests are shown the way to their own server for.
COMMUNITY_ELSEWHERE = Record(
    kind="community",
    name=PROCUREMENT.display_name,
    uri=f"https://{TREASURY}/c/procurement",
    url=PROCUREMENT.url,
)
THREAD_HERE = Record(
    kind="thread",
    name=TALK.title,
    uri=f"https://{HEALTH}/p/{TALK.id}",
    url=TALK.url,
)


FILES = (
    Record(
        id=1,
        title="junction.jpg",
        kind="image",
        preview="/static/sample.png",
        description="A junction seen from above",
        size=2_345_678,
    ),
    Record(id=2, title="plan.pdf", kind="file", preview="", description="", size=81_000),
)

PICTURED = Record(
    **vars(QUESTION)
    | {
        "attached": Record(
            **vars(ATTACHED.attached) | {"folded": False, "quote": None, "same": None}
        ),
        "children": [],
    }
)

POWERS = [
    {
        "text": "Read everything that you can read",
        "hint": "Posts, people, communities, your notifications, marks, lists and settings.",
    },
    {"text": "Write and act in your name", "hint": "Post, answer, vote, thank and report."},
    {"text": "Send you notifications", "hint": "Also while the app is closed."},
]
