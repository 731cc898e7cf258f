"""Roles and the data classes they may read (docs/architecture.md, Access)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person is in the house; everybody has exactly one."""

    ACCOUNT_MANAGER = "account_manager", _("Account manager")
    TEAM_LEAD = "team_lead", _("Team lead")
    DIRECTOR = "director", _("Director")
    ANALYST = "analyst", _("Performance analyst")
    FINANCE = "finance", _("Finance")
    FUNCTION = "function_member", _("Function member")
    FIELD = "field", _("Field")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Administrator")
    API_CLIENT = "api_client", _("API client")


class DataClass(models.TextChoices):
    """What data is about; a role reads some classes and not others."""

    GENERAL = "general", _("General")
    RELATIONSHIP = "relationship", _("Relationship")
    TERMS = "terms", _("Terms")
    KPI = "kpi", _("KPI")
    FINANCE = "finance", _("Finance")
    SERVICE = "service", _("Service")


ALL = frozenset(DataClass)
G, R, T, K, F, S = DataClass

READS = {
    Role.ACCOUNT_MANAGER: ALL,
    Role.TEAM_LEAD: ALL,
    Role.DIRECTOR: ALL,
    Role.ANALYST: frozenset({G, K, S}),
    Role.FINANCE: frozenset({G, T, F}),
    Role.FUNCTION: frozenset(),
    Role.FIELD: frozenset({G}),
    Role.AUDITOR: ALL,
    Role.ADMIN: frozenset(),
    Role.API_CLIENT: ALL,
}

LEADERS = frozenset({Role.TEAM_LEAD, Role.DIRECTOR})
MEMBERS = frozenset({Role.ACCOUNT_MANAGER, Role.FIELD})
TEAM_SCOPED = frozenset({Role.TEAM_LEAD, Role.DIRECTOR, Role.ANALYST, Role.FINANCE, Role.API_CLIENT})
# Who looks at other people in the administration, all of them or those of their teams.
LOOK_AT_PEOPLE = frozenset({*LEADERS, Role.ADMIN, Role.AUDITOR})

# Whose deputy a role may be: its own kind, and those below it. Nobody reads more classes of data for it.
STANDS_IN = {
    Role.ACCOUNT_MANAGER: frozenset({Role.ACCOUNT_MANAGER, Role.FIELD}),
    Role.TEAM_LEAD: frozenset({Role.TEAM_LEAD, Role.ACCOUNT_MANAGER, Role.FIELD}),
    Role.DIRECTOR: frozenset({Role.DIRECTOR, Role.TEAM_LEAD, Role.ACCOUNT_MANAGER, Role.FIELD}),
    Role.ANALYST: frozenset({Role.ANALYST}),
    Role.FINANCE: frozenset({Role.FINANCE}),
    Role.FIELD: frozenset({Role.FIELD}),
}


def may_read(user, data_class):
    """True when the user's role reads this class of data at all; which rows is `visible_to`'s question."""
    return data_class in READS.get(user.role, frozenset())


def of_read_classes(field, user):
    """The condition that `field` is a class of data that the user's role reads; empty for roles that read them all."""
    reads = READS.get(user.role, frozenset())
    return models.Q() if reads == ALL else models.Q(**{f"{field}__in": reads})
