"""People and reports as moderators see them from clients: Admin::Account and Admin::Report."""

from collections.abc import Mapping, Sequence

from schemas.mastodon.admin import AdminAccount, AdminReport
from schemas.mastodon.instance import Rule as RuleEntity
from schemas.records import Surface
from server.context import Context
from server.handlers.mastodon.account_entities import accounts, role_of
from server.handlers.mastodon.status_entities import Made, Reader, of_entries
from server.services import sharing
from server.storage import moderated, rules, statuses
from server.storage.database import Transaction
from server.storage.moderated import Moderated
from server.storage.reports import Report
from server.storage.rules import Rule


async def admin_accounts(
    tx: Transaction, context: Context, of: Sequence[Moderated]
) -> dict[int, AdminAccount]:
    """Make each as moderators see it, by id."""
    shown = await accounts(tx, context, [each.actor for each in of])
    return {
        each.actor.id: AdminAccount(
            id=str(each.actor.id),
            username=each.actor.name,
            domain=None if each.actor.local else each.actor.host,
            created_at=each.actor.published_at,
            locale=each.language,
            role=role_of(each.role) if each.role is not None else None,
            suspended=each.actor.suspended_at is not None,
            account=shown[each.actor.id],
            invited_by_account_id=str(each.invited_by) if each.invited_by else None,
        )
        for each in of
    }


async def admin_reports(
    tx: Transaction, context: Context, reader: Reader, of: Sequence[Report]
) -> list[AdminReport]:
    """Make reports with all that they name; as many statements for one as for many."""
    people = await _people(tx, context, of)
    scope = sharing.scope(context, reader.principal, Surface.API)
    found = await statuses.entries(tx, scope, [each for report in of for each in report.posts])
    made = await of_entries(tx, context, reader, list(found.values()))
    known = await rules.by_id(tx, {each for report in of for each in report.rule_ids})
    return [_report(each, people, made, known, context.agency_id) for each in of]


async def _people(
    tx: Transaction, context: Context, of: Sequence[Report]
) -> dict[int, AdminAccount]:
    ids = {context.agency_id}
    for each in of:
        named = (each.reporter_id, each.target_id, each.assigned_to, each.closed_by)
        ids |= {number for number in named if number is not None}
    found = await moderated.by_id(tx, ids)
    return await admin_accounts(tx, context, list(found.values()))


def _report(
    of: Report,
    people: Mapping[int, AdminAccount],
    made: Mapping[int, Made],
    known: Mapping[int, Rule],
    agency_id: int,
) -> AdminReport:
    # Whoever is not known any more is shown as the agency: no client takes nobody.
    nobody = people[agency_id]
    return AdminReport(
        id=str(of.id),
        action_taken=of.closed_at is not None,
        action_taken_at=of.closed_at,
        category=of.category,
        comment=of.comment,
        forwarded=of.forwarded,
        created_at=of.opened_at,
        updated_at=of.changed_at or of.closed_at or of.opened_at,
        account=people.get(of.reporter_id or 0, nobody),
        target_account=people.get(of.target_id or 0, nobody),
        assigned_account=people.get(of.assigned_to or 0),
        action_taken_by_account=people.get(of.closed_by or 0),
        statuses=tuple(made[each].status for each in of.posts if each in made),
        rules=tuple(_rule(known[each]) for each in of.rule_ids if each in known),
    )


def _rule(of: Rule) -> RuleEntity:
    return RuleEntity(id=str(of.id), text=of.text, hint=of.hint)
