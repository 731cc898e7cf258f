"""Why somebody sees an account: the access rule (`AccountQuerySet.visible_to`) told for one person and one account.

The parts of the rule are asked one by one: memberships and teams of the person and of those they stand in for. A test
holds that there is a ground exactly where the rule lets somebody in.
"""

from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, Team
from kam.models import Deputy, User
from kam.roles import MEMBERS, READS, STANDS_IN, TEAM_SCOPED, DataClass, Role
from kam.templatetags import formats


class Ground(NamedTuple):
    """One reason to see an account: `by` is the Membership or Team, None for auditors; `deputy` the row by which
    the person stands in for whose reason it is, None for their own.
    """

    by: Membership | Team | None
    deputy: Deputy | None = None


def grounds(user, account):
    """Everything by which `user` sees `account` today; empty exactly when they do not see it."""
    if not user.is_active:
        return []
    if user.role == Role.AUDITOR:
        return [Ground(None)]
    own = [Ground(by) for by in _links(user, account)]
    rows = Deputy.objects.held_by(user).select_related("person") if user.role in STANDS_IN else ()
    return own + [Ground(by, row) for row in rows for by in _links(row.person, account)]


def _links(person, account):
    """What ties this person's own role to the account."""
    if person.role in MEMBERS:
        above = Membership.objects.filter(user=person, account__in=account.lineage)
        return list(above.select_related("account").order_by("account__lineage__len"))
    if person.role in TEAM_SCOPED:
        works_in = list(person.team_memberships.values_list("team", flat=True))
        return list(responsible_teams(account).filter(lineage__overlap=works_in))
    return []


def responsible_teams(account):
    """The teams to which the account is assigned, or whose scope rule catches it."""
    return Team.objects.filter(Q(pk=account.team_id) | Q(pk__in=Team.objects.whose_scope_catches(account.country)))


def who_sees(account):
    """Everybody who sees `account` today, by name."""
    lineages = responsible_teams(account).order_by().values_list("lineage", flat=True)
    teams = {pk for lineage in lineages for pk in lineage}
    by_role = Q(role=Role.AUDITOR)
    by_role |= Q(role__in=MEMBERS, memberships__account__in=account.lineage)
    by_role |= Q(role__in=TEAM_SCOPED, team_memberships__team__in=teams)
    own = set(User.objects.filter(by_role, is_active=True))
    rows = Deputy.objects.now().filter(person__in=own, deputy__is_active=True).select_related("person", "deputy")
    deputies = {row.deputy for row in rows if row.person.role in STANDS_IN.get(row.deputy.role, ())}
    return sorted(own | deputies, key=lambda person: (person.sort_name, person.pk))


def in_words(ground, account, *, naming=True):
    """The ground as a sentence; without `naming` no account is named, for readers who see none."""
    said = _own_words(ground.by, account, naming)
    if ground.deputy is None:
        return said
    until = {"person": ground.deputy.person, "day": formats.day(ground.deputy.ends), "ground": said}
    return _("Deputy of %(person)s until %(day)s: %(ground)s") % until


def _own_words(by, account, naming):
    if by is None:
        return _("Auditors see every account.")
    if isinstance(by, Team):
        return _team_words(by, account)
    if by.account_id == account.pk:
        return _("Looks after this account.")
    if naming:
        return _("Looks after %(account)s, and so after all accounts below it.") % {"account": by.account}
    return _("Looks after an account above this one, and so after all below it.")


def _team_words(team, account):
    if account.team_id == team.pk:
        return _("The account is assigned to “%(team)s”.") % {"team": team}
    return _("“%(team)s” looks after: %(scope)s.") % {"team": team, "scope": team.scope_in_words}


def why_not(user):
    """What a person of this role would need to see an account, as a sentence."""
    if not user.is_active:
        return _("%(person)s is deactivated.") % {"person": user}
    if user.role in MEMBERS:
        needs = _("Sees accounts they look after and those below. They look after neither this one nor one above it.")
    elif user.role in TEAM_SCOPED:
        needs = _("Sees the accounts of their teams. Neither assignment nor a scope rule of these teams reaches it.")
    else:
        needs = _("This role sees no account.")
    return needs


def classes_read(role):
    """Labels of the classes of data that a role reads, and of those it does not."""
    reads = READS.get(role, frozenset())
    labels = [(c in reads, c.label) for c in DataClass]
    return [label for may, label in labels if may], [label for may, label in labels if not may]
