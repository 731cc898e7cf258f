"""Fair shares: whole units of what is short, by promise, turn and what each wants. No database, no clock."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Claim:
    """What somebody wants, in whole units, of which `minimum` was promised; a lower `priority` is served first."""

    who: Hashable
    asked: int
    minimum: int = 0
    priority: int = 5


def shares(cap: int, claims: Iterable[Claim]) -> dict:
    """Whole units for each claimant: together the cap, or all that is asked where that is less.

    First what was promised, at most what is asked: where even that is too much, in proportion to the promises of each
    turn. Then what is still wanted, turn by turn, in proportion. Nobody gets more than they ask; of the same turn and
    without promises nobody who asks for more gets less.
    """
    claims = sorted(claims, key=lambda claim: claim.priority)
    given = dict.fromkeys((claim.who for claim in claims), 0)
    left = max(cap, 0)
    for wanted in (_promised, _asked):
        for _priority, turn in groupby(claims, key=lambda claim: claim.priority):
            wants = {claim.who: wanted(claim) - given[claim.who] for claim in turn}
            found = in_proportion(min(left, sum(wants.values())), wants)
            for who, units in found.items():
                given[who] += units
            left -= sum(found.values())
    return given


def _promised(claim):
    return min(claim.minimum, claim.asked)


def _asked(claim):
    return claim.asked


def in_proportion(amount: int, wants: Mapping) -> dict:
    """Whole parts of an amount in proportion to what is wanted, which together is no less: largest remainders first.

    Of equal remainders the larger want is served first, then the order of the mapping: parts add up exactly, and are
    the same every time.
    """
    total = sum(wants.values())
    if not total:
        return dict.fromkeys(wants, 0)
    parts = {who: amount * want // total for who, want in wants.items()}
    rest = amount - sum(parts.values())
    remainders = sorted(wants, key=lambda who: (-(amount * wants[who] % total), -wants[who]))
    for who in remainders[:rest]:
        parts[who] += 1
    return parts
