"""What changed between two versions of a text, by words, at a bounded cost."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

ChangeKind = Literal["same", "added", "removed"]

#: Steps that one comparison may take. A text made of one word over and over takes the cube of
#: its length; whoever writes such a text shall not keep the server busy (security.md DOS).
_BUDGET: Final = 1_000_000
_WORDS: Final = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    kind: ChangeKind
    text: str


def changes(before: str, after: str) -> list[Change]:
    """List what stayed, went and came, in reading order.

    By lines first, then by words where lines differ; what would cost too much to compare is
    shown as removed and added whole.
    """
    left = _BUDGET
    found: list[Change] = []
    lines = _lines(before), _lines(after)
    left -= _cost(*lines)
    if left < 0:
        return _joined(_replaced(before, after))
    for old, new in _pieces(*lines):
        words = _WORDS.findall(old), _WORDS.findall(new)
        cost = 0 if old == new else _cost(*words)
        if cost > left:
            found += _replaced(old, new)
            continue
        left -= cost
        for piece, other in [(old, new)] if old == new else _pieces(*words):
            found += (
                [Change(kind="same", text=piece)] if piece == other else _replaced(piece, other)
            )
    return _joined(iter(found))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _cost(before: Sequence[str], after: Sequence[str]) -> int:
    """Estimate how many steps a comparison takes, from above."""
    there = Counter(token for token in after if not token.isspace())
    pairs = sum(there[token] for token in before)
    return (pairs + len(before)) * min(len(before), len(after))


def _pieces(before: list[str], after: list[str]) -> Iterator[tuple[str, str]]:
    is_space: Callable[[str], bool] = str.isspace
    matcher = SequenceMatcher(is_space, before, after, autojunk=False)
    for _tag, start, end, new_start, new_end in matcher.get_opcodes():
        yield "".join(before[start:end]), "".join(after[new_start:new_end])


def _replaced(old: str, new: str) -> Iterator[Change]:
    kept = _shared_end(old, new)
    if removed := old[: len(old) - kept]:
        yield Change(kind="removed", text=removed)
    if added := new[: len(new) - kept]:
        yield Change(kind="added", text=added)
    if kept:
        yield Change(kind="same", text=old[-kept:])


def _shared_end(old: str, new: str) -> int:
    """Count the white space with which both end, such as the end of a line."""
    kept = 0
    for one, other in zip(reversed(old), reversed(new), strict=False):
        if one != other or not one.isspace():
            break
        kept += 1
    return kept


def _joined(found: Iterator[Change]) -> list[Change]:
    """Put neighbours of one kind together."""
    joined: list[Change] = []
    for change in found:
        if joined and joined[-1].kind == change.kind:
            joined[-1] = Change(kind=change.kind, text=joined[-1].text + change.text)
        else:
            joined.append(change)
    return joined
