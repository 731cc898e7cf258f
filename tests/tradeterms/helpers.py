"""Terms and facts for the tests of rules and of the night."""

from datetime import date

from tests import make


def agreed(kind, account=None, starts=date(2026, 1, 1), ends=date(2026, 12, 31), **params):
    agreement = make.agreement(account or make.account(), starts=starts, ends=ends)
    return make.term(agreement, kind, **params)


def account_of(term):
    return term.agreement.account


def said(finding, *names):
    return [getattr(finding, name) for name in names]


def lines(term, *received, day=date(2026, 10, 5), **kw):
    for units in received:
        make.order_line(account_of(term), day, received=units, **kw)
