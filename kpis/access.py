"""Who may do what on the KPI floor."""

from accounts.access import KEEPERS
from kam.measures import all_measures
from kam.roles import Role, may_read
from kpis.models.batch import IMPORTERS

HOUSE_KEEPERS = frozenset({Role.ANALYST, Role.ADMIN, Role.API_CLIENT})
FORECASTERS = frozenset({*KEEPERS, Role.ANALYST})
KEEPERS_OF_SUPPLY = frozenset({Role.DIRECTOR, Role.ANALYST, Role.API_CLIENT})
EXPLAINERS = frozenset({*KEEPERS, Role.ANALYST})
KEEPERS_OF_CATALOGUE = frozenset({Role.ANALYST, Role.ADMIN, Role.TEAM_LEAD, Role.DIRECTOR, Role.API_CLIENT})


def may_keep_catalogue(user, row=None):
    """Products and categories are common to the house: analysts, administrators, leaders and systems keep them."""
    return user.is_active and user.role in KEEPERS_OF_CATALOGUE


def may_keep_feeds(user):
    """Say which files are expected: whoever imports."""
    return may_import(user)


def may_keep_house_feeds(user):
    """Files about all accounts are the business of analysts, administrators and systems."""
    return user.is_active and user.role in HOUSE_KEEPERS


def may_keep_feed(user, feed):
    """A feed of an account one sees, or of the whole house for those who keep these."""
    return may_keep_house_feeds(user) if feed.account_id is None else may_keep_feeds(user)


def may_import(user):
    """Analysts, whoever looks after accounts, administrators, and systems; into accounts they see."""
    return user.is_active and user.role in IMPORTERS


def may_set_target(user, row=None):
    """Whoever looks after the account and its leaders."""
    return user.is_active and user.role in KEEPERS


def may_forecast(user, row=None):
    """Say what will be sold: whoever looks after the account, its leaders, analysts, and systems."""
    return user.is_active and user.role in FORECASTERS


def may_acknowledge_change(user, notice=None):
    """Members of the function that a notice of a changed forecast is addressed to."""
    return user.is_active and user.role == Role.FUNCTION


def may_limit_supply(user, row=None):
    """How much there is of a product, and who was promised some of it, is said for the whole house."""
    return user.is_active and user.role in KEEPERS_OF_SUPPLY


def may_explain(user, row=None):
    """Say why an account was out of stock: whoever looks after it, its leaders, analysts, and systems."""
    return user.is_active and user.role in EXPLAINERS


def may_write_letter(user, row=None):
    """Letters to an account are written by whoever looks after it and its leaders."""
    return user.is_active and user.role in KEEPERS


def readable_measures(user):
    """The registered measures whose class of data the user's role reads, by code, in order of registration."""
    return {code: m for code, m in all_measures().items() if may_read(user, m.data_class)}
