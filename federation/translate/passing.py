"""What a community passes on: what somebody said, to the letter, without what none may see."""

from typing import Any, Final

_OLD_SIGNATURE: Final = "signature"
_HIDDEN: Final = frozenset({"bto", "bcc", _OLD_SIGNATURE})


def passed_on(inner: dict[str, Any]) -> dict[str, Any]:
    """Give an activity as others may have it (ACT-20, ACT-18).

    It stays as it came, or its proof would not hold any more (FEP-8b32); but without a Linked
    Data signature of its own, which no proof covers. Where anything else must be left out, the
    proof goes with it: whoever gets it then asks the origin, as they do without one.
    """
    whole = {name: each for name, each in inner.items() if name != _OLD_SIGNATURE}
    shown: dict[str, Any] = _without_hidden(whole)
    if shown != whole:
        shown.pop("proof", None)
    return shown


def _without_hidden(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_hidden(each) for each in value]
    if isinstance(value, dict):
        return {
            name: _without_hidden(each) for name, each in value.items() if name not in _HIDDEN
        }
    return value
