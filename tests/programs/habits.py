"""The programs by name: how each spells its documents, and what it takes of ours."""

from typing import Final

from schemas.wire.vocabulary import PUBLIC
from tests.programs import takers
from tests.programs.takers import Document
from tests.programs.world import Habits


def _lemmy_group(uri: str) -> Document:
    return {
        "source": {"content": "Whoever likes it.", "mediaType": "text/markdown"},
        "mediaType": "text/html",
        "sensitive": False,
        "language": [{"identifier": "en", "name": "English"}],
        "manuallyApprovesFollowers": False,
        "discoverable": True,
        "published": "2024-01-01T00:00:00Z",
        "tag": [
            {
                "type": "CommunityPostTag",
                "id": f"{uri}/tag/swarm",
                "preferredUsername": "swarm",
                "name": "Swarms",
            }
        ],
    }


def _lemmy_starter(uri: str) -> Document:
    return {
        "source": {"content": "At *length*.", "mediaType": "text/markdown"},
        "attachment": [],
        "sensitive": False,
        "language": {"identifier": "en", "name": "English"},
        "tag": [{"type": "Hashtag", "href": uri, "name": "#bees"}],
    }


def _lemmy_reply(_uri: str) -> Document:
    return {
        "source": {"content": "As we do it.", "mediaType": "text/markdown"},
        "distinguished": False,
        "language": {"identifier": "en", "name": "English"},
        "attachment": [],
    }


LEMMY: Final = Habits(
    software="lemmy",
    takes=takers.lemmy,
    reporter=takers.lemmy_person,
    group_terms=_lemmy_group,
    starter_terms=_lemmy_starter,
    reply_terms=_lemmy_reply,
)


def _piefed_group(uri: str) -> Document:
    return {
        "moderators": f"{uri}/moderators",
        "questionAnswer": True,
        "newModsWanted": False,
        "privateMods": False,
        "defaultPostType": "article",
        "genAI": False,
        "language": [{"identifier": "en", "name": "English"}],
        "tag": [],
        "lemmy:tagsForPosts": [],
    }


def _piefed_starter(uri: str) -> Document:
    return {
        "summary": "<p>At length.</p>",
        "context": f"{uri}/context",
        "replies": f"{uri}/replies",
        "language": {"identifier": "en", "name": "English"},
        "commentsEnabled": True,
        "stickied": False,
        "sensitive": False,
        "genAI": False,
        "attachment": [],
    }


def _piefed_reply(uri: str) -> Document:
    return {
        "replies": f"{uri}/replies",
        "answer": False,
        "repliesEnabled": True,
        "distinguished": False,
        "flair": "Cook",
        "language": {"identifier": "en", "name": "English"},
    }


PIEFED: Final = Habits(
    software="piefed",
    takes=takers.piefed,
    group_terms=_piefed_group,
    starter_terms=_piefed_starter,
    reply_terms=_piefed_reply,
)


def _mbin_starter(uri: str) -> Document:
    return {
        "inReplyTo": None,
        "summary": "In short #drystone",
        "url": uri,
        "commentsEnabled": True,
        "sensitive": False,
        "stickied": False,
        "contentMap": {"en": "<p>Mine rings.</p>"},
        "attachment": [],
    }


def _mbin_reply(uri: str) -> Document:
    return {
        "audience": None,
        "url": uri,
        "sensitive": False,
        "contentMap": {"en": "<p>So.</p>"},
    }


MBIN: Final = Habits(
    software="mbin",
    takes=takers.mbin,
    group="/m/{name}",
    starter="/m/any/t/{number}/-",
    reply="/m/any/t/1/-/comment/{number}",
    activity="/f/object/{number}",
    shared_inbox="/f/inbox",
    featured="pinned",
    starter_terms=_mbin_starter,
    reply_terms=_mbin_reply,
)


def _nodebb_group(_uri: str) -> Document:
    return {"featured": None, "followers": None}


def _nodebb_starter(uri: str) -> Document:
    return {
        "inReplyTo": None,
        "updated": None,
        "url": uri,
        "summary": "<p>In short.</p>",
        "preview": {"type": "Note", "content": "<p>In short.</p>", "attachment": []},
        "source": {"content": "At **length**.", "mediaType": "text/markdown"},
        "attachment": [],
    }


def _nodebb_reply(uri: str) -> Document:
    return {"summary": None, "name": "", "preview": None, "url": uri, "attachment": []}


NODEBB: Final = Habits(
    software="nodebb",
    takes=takers.nodebb,
    person="/uid/{name}",
    group="/category/{name}",
    starter="/post/{number}",
    reply="/post/{number}",
    activity="/post/1#activity/{number}",
    starter_type="Article",
    group_terms=_nodebb_group,
    starter_terms=_nodebb_starter,
    reply_terms=_nodebb_reply,
)


def _discourse_group(_uri: str) -> Document:
    return {"attributedTo": None, "featured": None, "postingRestrictedToMods": None}


def _discourse_reply(uri: str) -> Document:
    return {"url": uri, "audience": None, "tag": None}


DISCOURSE: Final = Habits(
    software="discourse",
    takes=takers.discourse,
    person="/ap/actor/u-{name}",
    group="/ap/actor/c-{name}",
    starter="/ap/object/{number}",
    reply="/ap/object/{number}",
    activity="/ap/activity/{number}",
    shared_inbox=None,
    starter_type="Article",
    group_terms=_discourse_group,
    reply_terms=_discourse_reply,
)


def _mastodon_note(uri: str) -> Document:
    return {
        "summary": None,
        "url": uri,
        "sensitive": False,
        "atomUri": uri,
        "conversation": "tag:kites.example,2026-05-06:objectId=401:objectType=Conversation",
        "attachment": [],
    }


MASTODON: Final = Habits(
    software="mastodon",
    takes=takers.microblog,
    person="/users/{name}",
    reply="/users/ines/statuses/{number}",
    activity="/users/ines#acts/{number}",
    reply_terms=_mastodon_note,
)


def _gotosocial_note(uri: str) -> Document:
    return {
        "url": uri,
        "sensitive": False,
        "summary": "",
        "interactionPolicy": {"canReply": {"automaticApproval": PUBLIC}},
    }


GOTOSOCIAL: Final = Habits(
    software="gotosocial",
    takes=takers.microblog,
    person="/users/{name}",
    reply="/users/ines/statuses/{number}",
    activity="/users/ines/acts/{number}",
    shared_inbox=None,
    reply_terms=_gotosocial_note,
)


def _misskey_note(_uri: str) -> Document:
    return {
        "summary": None,
        "_misskey_summary": None,
        "source": {"content": "as written", "mediaType": "text/x.misskeymarkdown"},
        "sensitive": False,
        "attachment": [],
    }


MISSKEY: Final = Habits(
    software="misskey",
    takes=takers.microblog,
    person="/users/{name}",
    reply="/notes/{number}",
    activity="/acts/{number}",
    reply_terms=_misskey_note,
)


def _akkoma_note(_uri: str) -> Document:
    return {
        "source": {"content": "as written", "mediaType": "text/plain"},
        "context": "https://moss.example/contexts/aa",
        "conversation": "https://moss.example/contexts/aa",
        "sensitive": None,
        "summary": "",
        "emoji": {},
        "repliesCount": 0,
        "attachment": [],
    }


AKKOMA: Final = Habits(
    software="akkoma",
    takes=takers.microblog,
    person="/users/{name}",
    reply="/objects/{number}",
    activity="/activities/{number}",
    reply_terms=_akkoma_note,
)
