"""What the search finds of plans: by account, and by year."""

from functools import reduce

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account
from kam.search import Hit, group
from kam.words import named
from plans.models import Plan


def find(user, words):
    """The group of plans that `user` sees: a word of four digits is a year, the others name the account."""
    years = [int(word) for word in words if _is_year(word)]
    names = [word for word in words if not _is_year(word)]
    found = reduce(Q.__and__, (Q(year=year) for year in years), Q())
    found &= Q(account__in=Account.objects.filter(named(names))) if names else Q()
    plans = Plan.objects.visible_to(user).current().filter(found).select_related("account")
    yield group(_("Plans"), "map", plans.order_by("-year", "account__sort_name", "pk"), _hit)


def _is_year(word):
    return len(word) == 4 and word.isascii() and word.isdigit()


def _hit(plan):
    return Hit(f"{plan.account.name} {plan.year}", plan.get_state_display(), plan.get_absolute_url())
