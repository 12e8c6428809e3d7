"""JSON-LD contexts: never fetched, never applied; here is how to tell a dishonest one."""

from typing import Final

#: What these words mean is settled; a context that says otherwise wants to be read twice.
_SETTLED: Final = frozenset(
    {"id", "type", "actor", "object", "target", "origin", "instrument", "result", "to", "cc"}
    | {"bto", "bcc", "audience", "attributedTo", "inReplyTo", "context", "content", "name"}
    | {"contentMap", "summary", "published", "updated", "tag", "attachment", "url", "href"}
    | {"items", "orderedItems", "first", "next", "inbox", "outbox", "followers", "following"}
    | {"preferredUsername", "endpoints", "sharedInbox", "publicKey", "owner", "publicKeyPem"}
    | {"assertionMethod", "controller", "publicKeyMultibase", "proof", "proofPurpose"}
    | {"verificationMethod", "proofValue", "cryptosuite", "signature"}
)
#: Keywords that change how everything else in the document is read.
_SWEEPING: Final = frozenset({"@base", "@vocab", "@import", "@propagate", "@nest", "@included"})
_MEANINGS: Final = {"id": "@id", "type": "@type"}
_NAMESPACES: Final = (
    "as:",
    "https://www.w3.org/ns/activitystreams#",
    "sec:",
    "security:",
    "https://w3id.org/security#",
    "ldp:",
    "http://www.w3.org/ns/ldp#",
)


def redefines_terms(context: object) -> bool:
    """Say whether an inline context gives settled words another meaning (LDS-04).

    Such a document is not for signed use. Reading it as plain JSON stays safe, because no
    context is ever applied there. References to contexts are names only, and never fetched.

    Args:
        context: the value of "@context": a reference, an object, or a list of both.
    """
    waiting = [context]
    while waiting:
        match waiting.pop():
            case dict() as terms:
                if any(_is_dishonest(term, meaning) for term, meaning in terms.items()):
                    return True
                # Terms may bring contexts of their own along.
                waiting.extend(value for value in terms.values() if isinstance(value, dict))
                waiting.extend(value for value in terms.values() if isinstance(value, list))
            case list() as several:
                waiting.extend(several)
            case _:
                pass
    return False


def _is_dishonest(term: str, meaning: object) -> bool:
    if term in _SWEEPING:
        return True
    target = meaning.get("@id", term) if isinstance(meaning, dict) else meaning
    if term in _SETTLED:
        return not isinstance(target, str) or target not in _allowed(term)
    if not isinstance(target, str):
        return False
    # Another name for "@id" or "@type" lets one object have two of them.
    return term not in {"@id", "@type"} and target in {"@id", "@type", "@graph", "@reverse"}


def _allowed(term: str) -> frozenset[str]:
    if term in _MEANINGS:
        return frozenset({_MEANINGS[term]})
    return frozenset({term, *(namespace + term for namespace in _NAMESPACES)})
