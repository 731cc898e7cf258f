"""What the search finds of plans: by account, and by year."""

from django.db.models import Q
from django.utils.translation import gettext as _

from kam.search import Hit, begins, group
from kam.text import sort_key
from plans.models import Plan


def find(user, words):
    """The group of plans that `user` sees: a word of four digits is a year, the others name the account."""
    found = Q()
    for word in words:
        is_year = len(word) == 4 and word.isascii() and word.isdigit()
        found &= Q(year=int(word)) if is_year else begins("account__sort_name", sort_key(word))
    plans = Plan.objects.visible_to(user).current().filter(found).select_related("account")
    yield group(_("Plans"), "map", plans.order_by("-year", "account__sort_name", "pk"), _hit)


def _hit(plan):
    return Hit(f"{plan.account.name} {plan.year}", plan.get_state_display(), plan.get_absolute_url())
