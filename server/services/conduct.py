"""The agency's rules of conduct: moderators write them, and the log keeps each change."""

from typing import Final

from federation.translate.sanitize import plain
from server.context import Context
from server.services.errors import Conflict, Invalid, NotFound
from server.services.reporting import check_moderator
from server.storage import audit, rules
from server.storage.database import Transaction
from server.storage.rules import Rule
from server.storage.sessions import SignedIn

LONGEST_RULE: Final = 300
LONGEST_HINT: Final = 1000
MOST_RULES: Final = 30


async def add(context: Context, member: SignedIn, *, text: str, hint: str) -> None:
    """Add a rule behind the others.

    Raises:
        NotAllowed: "not-a-moderator".
        Invalid: fields text, hint.
    """
    check_moderator(member)
    text, hint = _worded(text, hint)
    async with context.database.transaction("conduct.change") as tx:
        if len(await rules.in_force(tx)) >= MOST_RULES:
            raise Invalid({"text": f"There may be {MOST_RULES} rules: nobody reads more."})
        await rules.add(tx, text=text, hint=hint, now=context.now())
        await _log(tx, context, member, "add-rule", text)


async def change(
    context: Context, member: SignedIn, rule_id: int, *, text: str, hint: str
) -> None:
    """Word a rule anew; reports that name it show the new words.

    Raises:
        As `add`.
        NotFound: "no-such-rule".
    """
    check_moderator(member)
    text, hint = _worded(text, hint)
    async with context.database.transaction("conduct.change") as tx:
        before = await _find(tx, rule_id)
        if await rules.change(tx, rule_id, text=text, hint=hint):
            await _log(tx, context, member, "change-rule", f"{before.text} → {text}")


async def remove(context: Context, member: SignedIn, rule_id: int) -> None:
    """Remove a rule; reports that name it go on naming it.

    Raises:
        NotAllowed: "not-a-moderator".
        NotFound: "no-such-rule".
    """
    check_moderator(member)
    async with context.database.transaction("conduct.change") as tx:
        before = await _find(tx, rule_id)
        await rules.remove(tx, rule_id, now=context.now())
        await _log(tx, context, member, "remove-rule", before.text)


async def move_up(context: Context, member: SignedIn, rule_id: int) -> None:
    """Let a rule stand before the one above it.

    Raises:
        As `remove`.
        Conflict: "first-already".
    """
    check_moderator(member)
    async with context.database.transaction("conduct.change") as tx:
        rule = await _find(tx, rule_id)
        if not await rules.move_up(tx, rule_id):
            raise Conflict("first-already", "It is the first one already.")
        await _log(tx, context, member, "move-rule", rule.text)


async def _find(tx: Transaction, rule_id: int) -> Rule:
    found = (await rules.by_id(tx, [rule_id])).get(rule_id)
    if found is None or found.removed_at is not None:
        raise NotFound("no-such-rule", "There is no such rule.")
    return found


def _worded(text: str, hint: str) -> tuple[str, str]:
    text, hint = plain(text, limit=LONGEST_RULE + 1), plain(hint, limit=LONGEST_HINT + 1)
    wrong = {}
    if not text:
        wrong["text"] = "Write what the rule is."
    if len(text) > LONGEST_RULE:
        wrong["text"] = f"A rule may have {LONGEST_RULE} characters."
    if len(hint) > LONGEST_HINT:
        wrong["hint"] = f"What explains it may have {LONGEST_HINT} characters."
    if wrong:
        raise Invalid(wrong)
    return text, hint


async def _log(
    tx: Transaction, context: Context, member: SignedIn, act: str, reason: str
) -> None:
    await audit.append(
        tx,
        actor=member.member.actor.uri,
        act=act,
        about=context.home.agency,
        reason=reason,
        now=context.now(),
    )
