"""Admin::Account, Report, DomainAllow and DomainBlock: what moderators see from clients."""

from typing import Literal

from schemas.mastodon.accounts import Account, Role
from schemas.mastodon.entity import Moment, Numbered
from schemas.mastodon.instance import Rule
from schemas.mastodon.statuses import Status

Category = Literal["spam", "legal", "violation", "other"]


class AdminAccount(Numbered):
    """A person as moderators see them; what we do not keep of anybody is null."""

    username: str
    domain: str | None
    created_at: Moment
    email: None = None
    ip: None = None
    ips: tuple[()] = ()
    locale: str | None
    invite_request: None = None
    role: Role | None
    confirmed: bool = True
    approved: bool = True
    disabled: bool = False
    silenced: bool = False
    suspended: bool
    sensitized: bool = False
    account: Account
    created_by_application_id: None = None
    invited_by_account_id: str | None


class AdminReport(Numbered):
    action_taken: bool
    action_taken_at: Moment | None
    category: Category
    comment: str
    forwarded: bool
    created_at: Moment
    updated_at: Moment
    account: AdminAccount
    target_account: AdminAccount
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: tuple[Status, ...]
    rules: tuple[Rule, ...]
    collections: tuple[()] = ()


class AdminDomainAllow(Numbered):
    """An agency that was admitted."""

    domain: str
    created_at: Moment


class AdminDomainBlock(Numbered):
    """An agency that was blocked: nothing crosses any more, whatever the words say."""

    domain: str
    digest: str
    created_at: Moment
    severity: Literal["suspend"] = "suspend"
    reject_media: bool = True
    reject_reports: bool = True
    private_comment: str | None = None
    public_comment: str | None
    obfuscate: bool = False
