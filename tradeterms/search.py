"""What the search finds of trade terms: agreements by number and account."""

from django.utils.translation import gettext as _

from kam.search import Hit, group, named
from tradeterms.models import Agreement


def find(user, words):
    """The group of agreements that `user` sees, in the revision that counts."""
    chosen = named(words, name="account__sort_name", code="number")
    agreements = Agreement.objects.visible_to(user).latest().filter(chosen).select_related("account")
    yield group(_("Agreements"), "contract", agreements.order_by("-starts", "number"), _hit)


def _hit(agreement):
    return Hit(agreement.number, f"{agreement.account.name} · {agreement.title}", agreement.get_absolute_url())
