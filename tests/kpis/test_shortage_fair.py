"""Fair shares of what is short: they add up exactly, nobody gets more than they want, who wants more gets no less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.shortage.fair import Claim, in_proportion, shares

CLAIM = st.builds(
    Claim,
    who=st.uuids(),
    asked=st.integers(0, 10**6),
    minimum=st.integers(0, 10**6),
    priority=st.integers(1, 9),
)
CLAIMS = st.lists(CLAIM, max_size=12, unique_by=lambda claim: claim.who)
EVEN = st.lists(st.integers(0, 10**5), max_size=12)
CAP = st.integers(0, 4 * 10**6)


@pytest.mark.parametrize(("cap", "asked", "expected"), [
    (100, (100, 100), (50, 50)),
    (10, (20, 10, 10), (5, 3, 2)),
    (3, (5, 5, 5, 5), (1, 1, 1, 0)),
    (7, (1, 2, 3), (1, 2, 3)),
    (0, (1, 2), (0, 0)),
    (5, (0, 0), (0, 0)),
])  # fmt: skip
def test_in_proportion_with_the_largest_remainders_first(cap, asked, expected):
    assert tuple(shares(cap, [Claim(n, units) for n, units in enumerate(asked)]).values()) == expected


def test_what_was_promised_comes_first_and_no_more_than_is_wanted():
    given = shares(50, [Claim("a", 100), Claim("b", 20, minimum=30), Claim("c", 80, minimum=10)])
    assert given == {"a": 12, "b": 20, "c": 18}


def test_more_was_promised_than_there_is():
    assert shares(30, [Claim("a", 100, minimum=20), Claim("b", 100, minimum=40)]) == {"a": 10, "b": 20}


def test_a_turn_is_served_in_full_before_the_next():
    given = shares(50, [Claim("late", 40, priority=9), Claim("first", 30, priority=1), Claim("usual", 30)])
    assert given == {"first": 30, "usual": 20, "late": 0}


@given(CAP, CLAIMS)
def test_shares_add_up_to_the_cap_or_to_all_that_is_wanted(cap, claims):
    assert sum(shares(cap, claims).values()) == min(cap, sum(claim.asked for claim in claims))


@given(CAP, CLAIMS)
def test_nobody_gets_more_than_they_want_or_less_than_nothing(cap, claims):
    given = shares(cap, claims)
    assert all(0 <= given[claim.who] <= claim.asked for claim in claims)


@given(CAP, CLAIMS)
def test_promises_are_kept_where_there_is_enough_for_all_of_them(cap, claims):
    promised = {claim.who: min(claim.minimum, claim.asked) for claim in claims}
    if sum(promised.values()) <= cap:
        given = shares(cap, claims)
        assert all(given[who] >= units for who, units in promised.items())


@given(CAP, EVEN)
def test_who_wants_more_gets_no_less(cap, asked):
    given = shares(cap, [Claim(n, units) for n, units in enumerate(asked)])
    ordered = sorted(given, key=lambda n: asked[n])
    assert all(
        given[few] <= given[many] or asked[few] == asked[many] for few, many in zip(ordered, ordered[1:], strict=False)
    )


@given(CAP, EVEN, st.integers(1, 1000))
def test_of_a_larger_cap_nobody_gets_less_but_for_a_rounded_unit(cap, asked, more):
    claims = [Claim(n, units) for n, units in enumerate(asked)]
    small, large = shares(cap, claims), shares(cap + more, claims)
    assert all(large[n] >= small[n] - 1 for n in small)


@given(CAP, CLAIMS, st.randoms())
def test_the_order_of_claims_decides_nothing_but_equal_remainders(cap, claims, chance):
    mixed = list(claims)
    chance.shuffle(mixed)
    one, other = shares(cap, claims), shares(cap, mixed)
    assert all(abs(one[who] - other[who]) <= 2 for who in one)


@given(st.integers(0, 1000), st.dictionaries(st.integers(), st.integers(0, 10**4), max_size=10))
def test_parts_of_an_amount_are_within_one_of_their_quota(amount, wants):
    total = sum(wants.values())
    amount = min(amount, total)
    for who, part in in_proportion(amount, wants).items():
        assert abs(part - (amount * wants[who] / total if total else 0)) < 1
