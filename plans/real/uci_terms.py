"""Agreements with three customers of the UCI data, and what two nights must find: by hand, and computed once more."""

from datetime import date
from decimal import Decimal as D

from plans.real import agreements, plain_terms, steps
from plans.real.agreements import Agreed, Clause
from plans.real.cases import Case, each

DECEMBER, JANUARY = date(2010, 12, 1), date(2011, 1, 1)
FEBRUARY, MARCH = date(2011, 2, 28), date(2011, 3, 31)


def _tiers(*pairs):
    return [{"from": start, "rate": rate} for start, rate in pairs]


AGREED = (
    Agreed(
        "14646",
        DECEMBER,
        MARCH,
        "GBP",
        (
            Clause("4.1", "volume_rebate", "we_owe", {
                "mode": "retrospective",
                "tiers": _tiers(("25000.00", "0.0100"), ("50000.00", "0.0200"), ("75000.00", "0.0300")),
            }),
            Clause("5.1", "minimum_purchase", "they_owe", {"amount": "90000.00", "penalty_rate": "0.0200"}),
            Clause("6.1", "data_reporting", "they_owe", {"weekday": 1, "fee_per_week": "250.00"}),
        ),
    ),
    Agreed(
        "18102",
        DECEMBER,
        date(2011, 11, 30),
        "GBP",
        (
            Clause("4.1", "volume_rebate", "we_owe", {
                "mode": "incremental",
                "tiers": _tiers(("20000.00", "0.0100"), ("40000.00", "0.0250"), ("80000.00", "0.0400")),
            }),
            Clause("5.1", "minimum_purchase", "they_owe", {"amount": "140000.00", "penalty_rate": "0.0150"}),
        ),
    ),
    Agreed(
        "17450",
        JANUARY,
        date(2011, 6, 30),
        "GBP",
        (
            Clause("4.1", "volume_rebate", "we_owe", {
                "mode": "retrospective",
                "tiers": _tiers(("10000.00", "0.0050"), ("32000.00", "0.0150")),
            }),
            Clause("5.1", "minimum_purchase", "they_owe", {"amount": "50000.00", "penalty_rate": "0.0200"}),
            Clause("6.1", "data_reporting", "they_owe", {"weekday": 4, "fee_per_week": "100.00"}),
        ),
    ),
)  # fmt: skip

# What the clauses say of net purchases of 14646: 8,591.88 in December, 26,476.68, 22,752.46 and 21,462.40 after it;
# of 18102: 27,834.61, 0.00, 10,535.48 and 6,909.32; of 17450: 18,620.20, −1,132.08 and 13,500.50 since January.
FOUND = {
    FEBRUARY: [
        # 2 % of 57,821.02; the tier from 75,000 is further than a tenth of it away.
        ("14646", "4.1", DECEMBER, "met", D("75000"), D("57821.02"), None),
        # 90 of 121 days; 9,121.13 are missing, of which 2 %.
        ("14646", "5.1", DECEMBER, "at_risk", D("66942.15"), D("57821.02"), D("182.42")),
        # Weeks of 6 to 27 December; of 3 January to 14 February, due on Tuesday the 22nd.
        ("14646", "6.1", DECEMBER, "breached", D(4), D(0), D("1000.00")),
        ("14646", "6.1", JANUARY, "breached", D(7), D(0), D("1750.00")),
        ("17450", "4.1", JANUARY, "met", D("32000"), D("17488.12"), None),
        ("17450", "5.1", JANUARY, "met", D("16298.34"), D("17488.12"), None),
        ("17450", "6.1", JANUARY, "breached", D(7), D(0), D("700.00")),
        # 1,629.91 to the next tier; that slice at 1 % is what it adds.
        ("18102", "4.1", DECEMBER, "opportunity", D("40000"), D("38370.09"), D("16.30")),
        ("18102", "5.1", DECEMBER, "met", D("34520.55"), D("38370.09"), None),
    ],
    MARCH: [
        ("14646", "4.1", DECEMBER, "met", D("75000"), D("79283.42"), None),
        # The last day: 10,716.58 are missing, of which 2 %.
        ("14646", "5.1", DECEMBER, "breached", D("90000"), D("79283.42"), D("214.33")),
        ("14646", "6.1", DECEMBER, "breached", D(4), D(0), D("1000.00")),
        # The week of 28 March ends after the agreement.
        ("14646", "6.1", JANUARY, "breached", D(12), D(0), D("3000.00")),
        # 1,011.38 to the next tier: 1.5 % of 32,000 less 0.5 % of 30,988.62.
        ("17450", "4.1", JANUARY, "opportunity", D("32000"), D("30988.62"), D("325.06")),
        ("17450", "5.1", JANUARY, "met", D("24861.88"), D("30988.62"), None),
        ("17450", "6.1", JANUARY, "breached", D(11), D(0), D("1100.00")),
        ("18102", "4.1", DECEMBER, "met", D("80000"), D("45279.41"), None),
        # 121 of 365 days; 1,131.55 are missing, of which 1.5 %.
        ("18102", "5.1", DECEMBER, "at_risk", D("46410.96"), D("45279.41"), D("16.97")),
    ],
}
REBATES = {
    FEBRUARY: {"14646": "1156.42", "17450": "87.44", "18102": "183.70"},
    # 18102: 1 % of 20,000.00 and 2.5 % of 5,279.41 are 331.98525.
    MARCH: {"14646": "2378.50", "17450": "154.94", "18102": "331.99"},
}
ALERTS = {
    FEBRUARY: [
        ("14646", "term_at_risk_minimum_purchase", "warning", D("182.42")),
        ("14646", "term_breached_data_reporting", "critical", D("1000.00")),
        ("14646", "term_breached_data_reporting", "critical", D("1750.00")),
        ("17450", "term_breached_data_reporting", "critical", D("700.00")),
        ("18102", "tier_ahead_volume_rebate", "notice", D("16.30")),
    ],
    MARCH: [
        ("14646", "term_breached_data_reporting", "critical", D("1000.00")),
        ("14646", "term_breached_data_reporting", "critical", D("3000.00")),
        ("14646", "term_breached_minimum_purchase", "critical", D("214.33")),
        ("17450", "term_breached_data_reporting", "critical", D("1100.00")),
        ("17450", "tier_ahead_volume_rebate", "notice", D("325.06")),
        ("18102", "term_at_risk_minimum_purchase", "warning", D("16.97")),
    ],
}
SETTLED = {
    FEBRUARY: [],
    MARCH: [("14646", "term_at_risk_minimum_purchase"), ("18102", "tier_ahead_volume_rebate")],
}


def agree():
    """Put the agreements in force, as people do."""
    agreements.put_in_force(AGREED)


def check(lines, day):
    """Findings, their figures and the alerts of a night, against what stands above and against plain Python."""
    second = plain_terms.judge_all(AGREED, lines, day)
    yield from each(f"{day}: finding", FOUND[day], steps.findings(), 3)
    yield Case(f"{day}: findings computed once more", [finding.row for finding in second], steps.findings())
    figures = {finding.key: finding.figures for finding in second}
    yield Case(f"{day}: figures behind the findings", figures, steps.figures(*plain_terms.FIGURES))
    earned = {account: found["rebate"] for (account, *_), found in steps.figures("rebate").items() if found}
    yield Case(f"{day}: rebates by hand", REBATES[day], earned)
    yield from each(f"{day}: alert", ALERTS[day], steps.alerts(), 2)
    following = sorted(finding.alert for finding in second if finding.alert)
    yield Case(f"{day}: open alerts that follow", following, steps.alerts())
    yield Case(f"{day}: alerts that settled by themselves", SETTLED[day], steps.settled(day))
