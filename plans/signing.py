"""What exactly is signed: the plan as canonical JSON and its hash, chained over an account and year."""

import hashlib
import json
from dataclasses import dataclass

from kam.audit import plain
from kam.leases import take_turns
from plans.models import Plan, Signature


@dataclass(frozen=True)
class Content:
    """What a director sees and signs: the frozen words and figures, the hash before them, and their own."""

    snapshot: dict
    previous_hash: str

    @property
    def content_hash(self):
        return chained(self.previous_hash, self.snapshot)


def canonical(snapshot):
    """The one text of a snapshot: keys sorted, no blanks, decimals and dates as text, so any machine agrees."""
    return json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(previous_hash, snapshot):
    """SHA-256, in hex, of the previous hash, a line feed, and the canonical text."""
    return hashlib.sha256(f"{previous_hash}\n{canonical(snapshot)}".encode()).hexdigest()


def content(plan):
    """The Content that a signature of `plan` would hold now."""
    last = chain(plan).order_by("-pk").first()
    return Content(snapshot_of(plan), last.content_hash if last else "")


def chain(plan):
    """The signatures of the plan's account and year."""
    return Signature.objects.filter(plan__account=plan.account_id, plan__year=plan.year)


def snapshot_of(plan):
    """The plan as a JSON value: words, goals, initiatives and measures with their actuals, in order."""
    plan = Plan.objects.select_related("account", "author").get(pk=plan.pk)
    goals = plan.goals.order_by("position", "pk").prefetch_related("initiatives__owner", "measures")
    return {
        "account": _picked(plan.account, "code", "name", "currency"),
        "author": _picked(plan.author, "email", "name"),
        "plan": _picked(plan, "year", "revision", "where_we_stand", "what_they_want", "white_space"),
        "goals": [_goal(goal) for goal in goals],
    }


def _goal(goal):
    initiatives = sorted(goal.initiatives.all(), key=lambda row: (row.position, row.pk))
    measures = sorted(goal.measures.all(), key=lambda row: row.pk)
    return {
        "title": goal.title,
        "initiatives": [_initiative(row) for row in initiatives],
        "measures": [_picked(row, "measure", "base", "target", "weight", "actual", "as_of") for row in measures],
    }


def _initiative(row):
    owner = _picked(row.owner, "email", "name") if row.owner else None
    return _picked(row, "title", "due_on", "budget") | {"owner": owner}


def _picked(row, *names):
    return {name: plain(getattr(row, name)) for name in names}


def record(plan, by, comment):
    """Write the signature of a plan whose row the caller holds; the chain grows by one link at a time."""
    frozen = content(plan)
    return Signature.objects.create(
        plan=plan,
        signer=by,
        snapshot=frozen.snapshot,
        content_hash=frozen.content_hash,
        previous_hash=frozen.previous_hash,
        comment=comment,
    )


def serialise(plan):
    """Wait until nobody else signs for the plan's account and year; held until the transaction ends."""
    take_turns(f"plans:signature:{plan.account_id}:{plan.year}")
