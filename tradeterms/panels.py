"""What the terms floor shows on the account page."""

from decimal import Decimal

from django.urls import reverse

from kam.lists import shared_unit
from kam.panels import panel
from kam.roles import DataClass, may_read
from kam.templatetags import formats
from tradeterms import access, showing
from tradeterms.models import Agreement, Term

SHOWN = 6


@panel("account", "tradeterms/panels/account.html", order=30, later=True)
def compliance(request, account):
    """The terms of the agreements that bind, and where each stands; drafts and what has ended by name only."""
    user = request.user
    if not may_read(user, DataClass.TERMS):
        return None
    agreements = list(Agreement.objects.visible_to(user).filter(account=account).latest()[:SHOWN])
    if not agreements and not access.may_create_agreement(user):
        return None
    for agreement in agreements:
        agreement.sign = showing.agreement_sign(agreement)
    terms = _terms([a for a in agreements if a.state == Agreement.State.IN_FORCE], user)
    unit = shared_unit(a.currency for a in agreements)
    return {
        "account": account,
        "agreements": agreements,
        "terms": terms,
        "unit": formats.money_unit(unit) if unit else "",
        "shared": unit,
        "at_stake": sum((t.at_stake or Decimal(0) for t in terms), Decimal(0)) if unit else None,
        "as_of": max((t.telling.as_of for t in terms if t.telling), default=None),
        "create_url": f"{reverse('tradeterms:create')}?account={account.pk}",
    }


def _terms(agreements, user):
    if not agreements:
        return []
    by_id = {a.pk: a for a in agreements}
    terms = list(Term.objects.filter(agreement__in=by_id).order_by("agreement", "side", "clause", "pk"))
    for term in terms:
        term.agreement = by_id[term.agreement_id]
    return showing.dress_terms(terms, showing.findings_of(terms, user))
