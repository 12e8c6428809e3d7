"""The API for what Mastodon has no words for, each route with what it takes and gives."""

from datetime import timedelta
from typing import Final

from pydantic import BaseModel

from schemas.commonlore.answers import Communities, Post, Thread, Threads, Whereabouts
from schemas.commonlore.asked import (
    CanonicalWanted,
    CommunitiesWanted,
    NewKudos,
    NewReply,
    NewThread,
    Nothing,
    Reasoned,
    ThreadsWanted,
)
from schemas.commonlore.canonical import CanonicalThread
from schemas.records import Surface
from server.handlers import commonlore
from server.handlers.mastodon.commonlore import acting, reading
from server.middleware.declarations import Handler, Limit, Route
from server.routes.client_route import client

_BASE: Final = "/api/commonlore/v1"
_COMMUNITY: Final = rf"{_BASE}/communities/{{id:\d+}}"
_POST: Final = rf"{_BASE}/posts/{{id:\d+}}"
_WRITE: Final = "write:statuses"
_THANK: Final = "write:favourites"


def _read(
    path: str, handler: Handler, scope: str, takes: type[BaseModel], gives: type[BaseModel]
) -> tuple[Route, ...]:
    return client("GET", path, handler, scope, takes=takes, gives=gives)


def _act(
    method: str,
    path: str,
    handler: Handler,
    scope: str,
    takes: type[BaseModel] = Nothing,
) -> tuple[Route, ...]:
    return client(method, path, handler, scope, "member", takes=takes, gives=Post)


COMMONLORE: Final = (
    Route(
        method="GET",
        path=f"{_BASE}/thread",
        handler=commonlore.thread,
        door="api",
        audience="anyone",
        surface=Surface.API,
        limit=Limit(times=300, per=timedelta(minutes=5)),
        takes=CanonicalWanted,
        gives=CanonicalThread,
    ),
    *_read(
        f"{_BASE}/communities",
        reading.list_communities,
        "read:accounts",
        CommunitiesWanted,
        Communities,
    ),
    *_read(
        f"{_COMMUNITY}/threads", reading.list_threads, "read:statuses", ThreadsWanted, Threads
    ),
    *_act("POST", f"{_COMMUNITY}/threads", acting.start_thread, _WRITE, NewThread),
    *_read(
        rf"{_BASE}/threads/{{id:\d+}}", reading.show_thread, "read:statuses", Nothing, Thread
    ),
    *_act("POST", f"{_POST}/answers", acting.answer_question, _WRITE, NewReply),
    *_act("POST", f"{_POST}/comments", acting.comment_on_post, _WRITE, NewReply),
    *_act("POST", f"{_POST}/accept", acting.accept_answer, _WRITE),
    *_act("DELETE", f"{_POST}/accept", acting.reopen_question, _WRITE),
    *_act("POST", f"{_POST}/kudos", acting.give_kudos, _THANK, NewKudos),
    *_act("DELETE", f"{_POST}/kudos", acting.take_back_kudos, _THANK),
    *_act("POST", f"{_POST}/helpful", acting.mark_helpful, _THANK),
    *_act("DELETE", f"{_POST}/helpful", acting.unmark_helpful, _THANK),
    *_act("POST", f"{_POST}/lock", acting.lock_thread, _WRITE, Reasoned),
    *_act("DELETE", f"{_POST}/lock", acting.unlock_thread, _WRITE, Reasoned),
    *_act("POST", f"{_POST}/pin", acting.pin_thread, _WRITE),
    *_act("DELETE", f"{_POST}/pin", acting.unpin_thread, _WRITE),
    *client(
        "GET",
        f"{_POST}/whereabouts",
        reading.show_whereabouts,
        "read:statuses",
        "member",
        takes=Nothing,
        gives=Whereabouts,
    ),
)
