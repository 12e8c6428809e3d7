"""What each verified activity does here: the dispatch table."""

from schemas.wire.vocabulary import ActivityType
from server.inbox import (
    announce,
    ban,
    choose,
    create,
    delete,
    flag,
    follow,
    govern,
    like,
    move,
    quote,
    undo,
    update,
    vote,
)
from server.services.arrived import Verb

HANDLERS: dict[ActivityType, Verb] = {
    ActivityType.CREATE: create.on_create,
    ActivityType.UPDATE: update.on_update,
    ActivityType.DELETE: delete.on_delete,
    ActivityType.FOLLOW: follow.on_follow,
    ActivityType.ACCEPT: follow.on_verdict,
    ActivityType.REJECT: follow.on_verdict,
    ActivityType.ANNOUNCE: announce.on_announce,
    ActivityType.LIKE: like.on_like,
    ActivityType.EMOJI_REACT: like.on_react,
    ActivityType.EMOJI_REACTION: like.on_react,
    ActivityType.QUOTE_REQUEST: quote.on_quote_request,
    ActivityType.CHOOSE_ANSWER: choose.on_choose,
    ActivityType.UNDO: undo.on_undo,
    ActivityType.ADD: govern.on_add,
    ActivityType.REMOVE: govern.on_remove,
    ActivityType.LOCK: govern.on_lock,
    ActivityType.BLOCK: ban.on_block,
    ActivityType.FLAG: flag.on_flag,
    ActivityType.RESOLVE: flag.on_resolve,
    ActivityType.POLL_VOTE: vote.on_poll_vote,
    ActivityType.MOVE: move.on_move,
}
