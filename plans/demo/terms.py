"""What was agreed: one agreement in force with every account, last year's, and a draft for the next."""

from datetime import timedelta
from decimal import Decimal

from kam.audit import log_many, snapshot
from plans.demo import stories
from tradeterms.models import Agreement, Term

FEES = {"EUR": "500.00", "GBP": "450.00", "CNY": "4000.00"}
WITH_OTIF = ("AT-260", *stories.RELIABLE)
WITH_MINIMUM = ("CN-110", "AT-260", "DE-240")
INCREMENTAL = ("DE-120", "UK-120", "DE-220", "UK-210", "CN-120")
DRAFTS = ("DE-240", "UK-220", "CN-210")


def build(accounts, facts):
    """Insert agreements with their terms; amounts follow from what the account buys."""
    start, end = facts.days.contract_year
    current = [_agreement(accounts[c.code], start, end, "in_force") for c in facts.cast.trading]
    before = [_agreement(accounts[c.code], *_year_before(start), "ended") for c in facts.cast.trading if c.tier == "A"]
    drafts = [_agreement(accounts[code], *_year_after(end), "draft") for code in DRAFTS if code in accounts]
    made = Agreement.objects.bulk_create([*before, *current, *drafts])
    log_many(made, "created", by=None, after=snapshot)
    clients = {accounts[c.code].pk: c for c in facts.cast.trading}
    Term.objects.bulk_create(t for a in made for t in _terms(a, clients[a.account_id], facts))


def _year_before(start):
    return start.replace(year=start.year - 1), start - timedelta(days=1)


def _year_after(end):
    return end + timedelta(days=1), end.replace(year=end.year + 1)


def _agreement(account, start, end, state):
    signed = None if state == "draft" else start - timedelta(days=34)
    return Agreement(
        account=account,
        number=f"A{start:%y}-{account.code}",
        title=_title(account, start, end),
        state=state,
        starts=start,
        ends=end,
        currency=account.currency,
        signed_by_us=signed,
        signed_by_them=signed and signed + timedelta(days=9),
    )


def _title(account, start, end):
    years = f"{start.year}" if start.year == end.year else f"{start.year}/{end:%y}"
    return f"{years} 年度供货协议" if account.country == "CN" else f"Annual agreement {years}"


def _terms(agreement, client, facts):
    """The clauses of one agreement, numbered in their order."""
    found = [*_they_owe(agreement, client, facts), *_we_owe(agreement, client, facts)]
    for place, (kind, side, params) in enumerate(found, 1):
        yield Term(agreement=agreement, clause=f"{3 + place}.1", kind=kind, side=side, params=params)


def _they_owe(agreement, client, facts):
    rate = "0.0912" if client.currency == "EUR" else "0.1175" if client.currency == "GBP" else "0.0525"
    yield "payment_term", "they_owe", {"days": client.term_days, "grace_days": 3, "interest_rate": rate}
    if client.sells_with_us:
        return
    if client.reports and client.tier != "C":
        params = {"weekday": client.weekday, "fee_per_week": FEES[client.currency]}
        yield "data_reporting", "they_owe", params
    if client.kind in ("wholesaler", "distributor") or client.code in WITH_MINIMUM:
        amount = _expected(agreement, client, facts) * Decimal("1.15" if client.story == stories.DRIFTING else "0.85")
        yield "minimum_purchase", "they_owe", {"amount": _text(amount), "penalty_rate": "0.0200"}


def _we_owe(agreement, client, facts):
    if client.sells_with_us:
        return
    mode = "incremental" if client.code in INCREMENTAL else "retrospective"
    yield "volume_rebate", "we_owe", {"mode": mode, "tiers": _tiers(agreement, client, facts)}
    if client.code in WITH_OTIF:
        counted = "lines" if client.kind == "webshop" else "units"
        yield (
            "delivery_otif",
            "we_owe",
            {"minimum": "0.9500", "penalty_rate": "0.0300", "early_days": 1, "late_days": 0, "count": counted},
        )


def _so_far(agreement, client, facts):
    """What the account bought in the period; for a draft, what it bought in the one before."""
    start, end = (agreement.starts, agreement.ends) if agreement.state != "draft" else facts.days.contract_year
    return facts.invoiced_between(client.code, start, end)


def _expected(agreement, client, facts):
    """The purchases of a whole period, at the pace so far."""
    start, end = (agreement.starts, agreement.ends) if agreement.state != "draft" else facts.days.contract_year
    known = (min(end, facts.days.yesterday) - max(start, facts.days.weeks[0])).days + 1
    return _so_far(agreement, client, facts) * ((end - start).days + 1) / known


def _tiers(agreement, client, facts):
    """Three tiers, the second reached and the third well ahead; the story account stands just below the third."""
    base = _so_far(agreement, client, facts)
    steps = [_round(base * Decimal(share)) for share in ("0.55", "0.80", "1.25")]
    if client.story == stories.NEXT_TIER and agreement.state == "in_force":
        steps[2] = facts.tier
    return [
        {"from": _text(step), "rate": rate} for step, rate in zip(steps, ("0.0150", "0.0225", "0.0300"), strict=True)
    ]


def _round(value):
    """To two leading digits."""
    return Decimal(round(value, 2 - len(str(int(value)))))


def _text(value):
    return format(_round(value) if value % 1000 else Decimal(value), ".2f")
