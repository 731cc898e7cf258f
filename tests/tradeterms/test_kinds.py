from decimal import Decimal as D

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from tradeterms import kinds
from tradeterms.calc import Tier
from tradeterms.models import Term

TIERS = [{"from": "100000.00", "rate": "0.0100"}, {"from": "250000.00", "rate": "0.0200"}]
GOOD = {
    "volume_rebate": {"mode": "retrospective", "tiers": TIERS},
    "minimum_purchase": {"amount": "250000.00", "penalty_rate": "0.0200"},
    "payment_term": {"days": 30, "grace_days": 0, "interest_rate": "0.0912"},
    "data_reporting": {"weekday": 1, "fee_per_week": "500.00"},
    "delivery_otif": {"minimum": "0.9500", "penalty_rate": "0.0100", "early_days": 0, "late_days": 0, "count": "units"},
}
WORDS = {
    "volume_rebate": "Rebate of 1.0 % / 2.0 % on all net purchases from € 100 k / € 250 k, back to the first unit.",
    "minimum_purchase": "Buy at least € 250 k net; on what is missing 2.0 % are due.",
    "payment_term": "Pay invoices within 30 days of invoice date. Late amounts bear 9.12 % interest a year.",
    "data_reporting": "Deliver the sell-through of each week by Tuesday of the next; each missing week costs € 500.00.",
    "delivery_otif": "Deliver 95.0 % of units on time and in full, else 1.0 % of the value that failed.",
}
WRONG = [
    ("volume_rebate", {"mode": "sometimes"}, {"mode"}),
    ("volume_rebate", {"tiers": []}, {"tiers"}),
    ("volume_rebate", {"tiers": list(reversed(TIERS))}, {"tiers"}),
    ("volume_rebate", {"tiers": [TIERS[0], TIERS[0]]}, {"tiers"}),
    ("volume_rebate", {"tiers": [{"from": "1.00"}]}, {"tiers"}),
    ("volume_rebate", {"tiers": [{"from": "1.00", "rate": "1.5"}]}, {"tiers"}),
    ("minimum_purchase", {"amount": "0.00"}, {"amount"}),
    ("minimum_purchase", {"amount": "-1", "penalty_rate": "2"}, {"amount", "penalty_rate"}),
    ("minimum_purchase", {"amount": "1.005"}, {"amount"}),
    ("minimum_purchase", {"amount": 250000.5}, {"amount"}),
    ("minimum_purchase", {"amount": "NaN"}, {"amount"}),
    ("payment_term", {"days": -1}, {"days"}),
    ("payment_term", {"days": True}, {"days"}),
    ("payment_term", {"days": None, "colour": "red"}, {"days", "colour"}),
    ("payment_term", {"interest_rate": "much"}, {"interest_rate"}),
    ("data_reporting", {"weekday": 7}, {"weekday"}),
    ("delivery_otif", {"minimum": "0"}, {"minimum"}),
    ("delivery_otif", {"count": "boxes", "late_days": 61}, {"count", "late_days"}),
]


@pytest.mark.parametrize("kind", GOOD)
def test_parameters_survive_the_way_there_and_back(kind):
    assert kinds.parse(kind, GOOD[kind]).as_params() == GOOD[kind]


@pytest.mark.parametrize("kind", WORDS)
def test_a_term_says_what_was_agreed(kind):
    said = kinds.parse(kind, GOOD[kind]).sentence("EUR")
    assert said.replace("\N{NO-BREAK SPACE}", " ") == WORDS[kind]


@pytest.mark.parametrize(("kind", "change", "fields"), WRONG)
def test_every_wrong_parameter_is_named(kind, change, fields):
    with pytest.raises(ValidationError) as caught:
        kinds.parse(kind, GOOD[kind] | change)
    assert set(caught.value.message_dict) == fields


def test_there_is_a_class_for_every_kind():
    assert list(kinds.KINDS) == Term.Kind.values == list(GOOD)


def test_parameters_that_are_no_object_are_refused():
    with pytest.raises(ValidationError, match="object with names"):
        kinds.parse("payment_term", [30])


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValidationError, match="no kind of term"):
        kinds.parse("free_beer", {})


def test_tiers_are_read_as_numbers():
    assert kinds.parse("volume_rebate", GOOD["volume_rebate"]).tiers[0] == Tier(D("100000"), D("0.01"))


def test_money_is_written_the_readers_way():
    with override("de"):
        said = kinds.parse("minimum_purchase", GOOD["minimum_purchase"]).sentence("EUR")
    assert "250\N{NO-BREAK SPACE}T\N{NO-BREAK SPACE}€" in said


def test_uneven_amounts_and_rates_are_written_exactly():
    params = {"amount": "250000.50", "penalty_rate": "0.0225"}
    said = kinds.parse("minimum_purchase", params).sentence("EUR").replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Buy at least € 250,000.50 net; on what is missing 2.25 % are due."


def test_the_same_rate_is_always_written_with_the_same_decimals():
    read = [kinds.parse("minimum_purchase", {"amount": "1", "penalty_rate": text}) for text in ("0.02", "0.020000")]
    assert [found.as_params() for found in read] == [{"amount": "1.00", "penalty_rate": "0.0200"}] * 2
