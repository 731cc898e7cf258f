"""What the search finds of trade terms: agreements by number and account."""

from functools import reduce

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Account
from kam.search import Hit, group
from kam.words import named
from tradeterms.models import Agreement


def find(user, words):
    """The group of agreements that `user` sees, in the revision that counts."""
    chosen = reduce(Q.__and__, map(_called, words))
    agreements = Agreement.objects.visible_to(user).latest().filter(chosen).select_related("account")
    yield group(_("Agreements"), "contract", agreements.order_by("-starts", "number"), _hit)


def _called(word):
    """Agreements of which a word begins the number, or the account's number or a word of its name."""
    return Q(number__istartswith=word) | Q(account__in=Account.objects.filter(named([word])))


def _hit(agreement):
    return Hit(agreement.number, f"{agreement.account.name} · {agreement.title}", agreement.get_absolute_url())
