"""Proof that what was signed is what is stored: hashes, chains, the audit log and the frozen rows agree."""

from itertools import groupby

from kam.models import Entry
from plans import signing
from plans.models import Signature


def signatures():
    """Every signature, chain by chain, as (Signature, list of faults); a fault is an English phrase."""
    rows = Signature.objects.select_related("plan", "plan__account", "plan__author")
    ordered = rows.order_by("plan__account", "plan__year", "pk")
    for _chain, links in groupby(ordered.iterator(chunk_size=200), key=lambda s: (s.plan.account_id, s.plan.year)):
        previous = ""
        for signature in links:
            yield signature, list(_faults(signature, previous))
            previous = signature.content_hash


def _faults(signature, previous):
    if signature.previous_hash != previous:
        yield "the chain is broken before it"
    if signature.content_hash != signing.chained(signature.previous_hash, signature.snapshot):
        yield "the snapshot does not have the recorded hash"
    entry = Entry.objects.filter(model="plans.plan", object_id=str(signature.plan_id), verb="sign").first()
    if entry is None or (entry.actor_id, entry.reason) != (signature.signer_id, signature.comment):
        yield "the audit log tells of another signature"
    if agreed(signature.snapshot) != agreed(signing.snapshot_of(signature.plan)):
        yield "the plan differs from what was signed"


def agreed(snapshot):
    """What was agreed: the snapshot without what may change later, names of people and figures of the night."""
    return {"plan": snapshot["plan"], "goals": [_agreed_goal(goal) for goal in snapshot["goals"]]}


def _agreed_goal(goal):
    measures = [{k: v for k, v in row.items() if k not in ("actual", "as_of")} for row in goal["measures"]]
    work = [{k: v for k, v in row.items() if k != "owner"} for row in goal["initiatives"]]
    return {"title": goal["title"], "measures": measures, "initiatives": work}
