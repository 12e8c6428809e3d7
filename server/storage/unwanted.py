"""Conditions in SQL: who is left out of what a member reads, and of what they are told."""


def at_domain(host: str, domain: str) -> str:
    """Give a condition in SQL: a host is of a domain, or of one below it."""
    return (
        f"({host} = {domain} OR right({host}, length({domain}) + 1) = '.' || {domain} "
        f"OR split_part({host}, ':', 1) = {domain})"
    )


def unblocked(member: str, *, people: str) -> str:
    """Give a condition in SQL: a member blocked none of these actors, nor their domains.

    Both are SQL: whose it is, and ids joined by commas.
    """
    return (
        "NOT EXISTS (SELECT FROM personal_blocks sb "
        f"WHERE sb.member_id = {member}::bigint AND sb.actor_id IN ({people})) "
        "AND NOT EXISTS (SELECT FROM personal_domain_blocks sd JOIN actors sa "
        f"ON {at_domain('sa.host', 'sd.domain')} AND NOT sa.local "
        f"WHERE sd.member_id = {member}::bigint AND sa.id IN ({people}))"
    )


def wanted(member: str, *, people: str) -> str:
    """Give a condition in SQL: as `unblocked`, and none of them is muted."""
    return (
        "NOT EXISTS (SELECT FROM mutes sm "
        f"WHERE sm.member_id = {member}::bigint AND sm.actor_id IN ({people})) "
        f"AND {unblocked(member, people=people)}"
    )


def heard(member: str, *, person: str) -> str:
    """Give a condition in SQL: a member wants to be notified of what somebody did."""
    return (
        "NOT EXISTS (SELECT FROM mutes sm WHERE sm.notifications "
        f"AND sm.member_id = {member} AND sm.actor_id = {person}) "
        f"AND {unblocked(member, people=person)}"
    )
