"""A company of the size somebody asks for, to see how KAM is with as many accounts and as long a history as theirs.

It is the company of the benches; here are what is asked for and the two people who can sign in to it.
"""

import secrets
from datetime import date
from math import ceil

from django.db import transaction
from django.db.models import Max

from accounts.models import Account
from kam.models import User
from plans.bench import company
from plans.bench.company import Size
from plans.bench.facts import Told
from plans.demo.people import write_logins

LOGINS = "scale-logins.json"
# Of the weeks of an account that began with the first, what the average account has; of these one row in 40 is missing.
REPORTED = (1 + 3 / 4 + 2 / 4 + 1 / 4) / 4 * 39 / 40


class Impossible(ValueError):
    """So many rows do not fit; the message is a sentence for whoever asked."""


def size_for(*, accounts: int, stores: int, products: int, weeks: int, rows: int) -> Size:
    """The size that has about so many rows of sell-through; `stores` are those of one account. Raises Impossible."""
    weeks = ceil(weeks / 4) * 4  # histories begin with one of four quarters
    each = accounts * stores * weeks * REPORTED
    listed = max(1, round(rows / each))
    if listed > products:
        raise Impossible(
            f"{accounts:,} accounts with {stores:,} stores, {products:,} products and {weeks:,} weeks have at most "
            f"{each * products:,.0f} rows: ask for fewer rows, or for more of something else."
        )
    return Size(accounts, stores, products, listed, weeks, _first_free())


def _first_free():
    """The number after those of a company that is here already; groups begin with a multiple of ten."""
    last = Account.objects.filter(code__startswith="B-").aggregate(last=Max("code"))["last"]
    return (int(last[2:]) // 10 + 1) * 10 if last else 0


def fill(size: Size, day: date, told: Told | None = None) -> dict[str, int]:
    """Build the company with facts to the end of `day`; rows of facts by table. See `company.build`."""
    return company.build(size, day, told)


@transaction.atomic
def open_doors():
    """Give the director and the first account manager a new password each; the file in which these stand."""
    logins = []
    for person in User.objects.filter(email__in=(company.DIRECTOR, company.MANAGER)):
        password = secrets.token_urlsafe(12)
        person.set_password(password)
        person.save()
        logins.append({"role": str(person.role), "email": person.email, "password": password})
    return write_logins(logins, LOGINS)
