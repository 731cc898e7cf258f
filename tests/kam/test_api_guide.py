"""The guide is true: its examples run, and what pages write can be written over the API."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from kam.urls import router
from tests import make, policy
from tests.kpis import stockouts

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"```sh\n(.*?)```\n\n```json\n(.*?)```", GUIDE.read_text("utf-8"), re.S)


def shape(value):
    """Names and types of an answer; of a list its first item, of what differs from case to case nothing."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items() if name not in ("team", "owner", "after", "next")}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
@pytest.mark.django_db(transaction=True)
def test_the_examples_run_and_answer_like_that(live_site, tmp_path):
    lead = make.user(Role.TEAM_LEAD)
    account = make.account(team=make.team(lead), tier="A", name="Nordmarkt")
    stock_out = stockouts.found(account)
    _token, text = issue_token(user=lead, name="t", scopes=SCOPES, days=1, by=None)
    rows = {"ACCOUNT": str(account.pk), "STOCK_OUT": str(stock_out.pk)}
    env = {"PATH": os.environ["PATH"], "KAM": live_site.url, "TOKEN": text} | rows
    for command, printed in EXAMPLES:
        shell, asked = ["sh", "-ec", command], {"capture_output": True, "text": True, "check": True, "timeout": 60}
        done = subprocess.run(shell, cwd=tmp_path, env=env, **asked)
        got, told = json.loads(done.stdout), json.loads(printed)
        assert shape(got) == shape(told), command
        assert got.get("status") == told.get("status")
        env |= {name.upper(): str(got[name]) for name in ("id", "version", "cursor") if name in got}
    assert len(EXAMPLES) == 10


# The twin of each page that writes, by the name of the page: noun and action.
TWINS = {
    "accounts:create": "accounts create",
    "accounts:update": "accounts change",
    "accounts:store-create": "stores create",
    "accounts:store-update": "stores change",
    "accounts:contact-create": "contacts create",
    "accounts:contact-update": "contacts change",
    "accounts:contact-remove": "contacts remove",
    "accounts:member-create": "memberships create",
    "accounts:member-remove": "memberships remove",
    "accounts:alert-move": "alerts move",
    "kpis:target": "targets create",
    "kpis:target-remove": "targets remove",
    "kpis:import-new": "batches create",
    "kpis:import-checked": "batches import_checked",
    "kpis:feed-columns": "column-mappings change",
    "kpis:feed-columns-forgotten": "column-mappings remove",
    "kpis:import-columns": "batches say_columns",
    "kpis:import-corrected": "batches corrections",
    "kpis:import-look": "batches look",
    "kpis:import-cancelled": "batches cancel",
    "kpis:import-undone": "batches undo",
    "kpis:feed-week-accepted": "feeds accept",
    "kpis:feed-week-watched": "feeds watch",
    "kpis:forecast-edit": "forecast-overrides bulk",
    "kpis:override-remove": "forecast-overrides remove",
    "kpis:event-create": "forecast-events create",
    "kpis:event-update": "forecast-events change",
    "kpis:event-remove": "forecast-events remove",
    "kpis:cap-create": "supply-caps create",
    "kpis:cap-update": "supply-caps change",
    "kpis:cap-remove": "supply-caps remove",
    "kpis:commitment-create": "supply-commitments create",
    "kpis:commitment-update": "supply-commitments change",
    "kpis:commitment-remove": "supply-commitments remove",
    "kpis:product-create": "products create",
    "kpis:product-update": "products change",
    "kpis:category-create": "categories create",
    "kpis:category-update": "categories change",
    "kpis:category-remove": "categories remove",
    "kpis:feed-create": "feeds create",
    "kpis:feed-update": "feeds change",
    "kpis:feed-remove": "feeds remove",
    "kpis:stockout-correct": "stock-outs move",
    "kpis:stockout-move": "stock-outs move",
    "plans:create": "plans create",
    "plans:edit": "plans change",
    "plans:move": "plans move",
    "plans:revise": "plans revise",
    "plans:signoff": "plans move",
    "plans:goal-create": "goals create",
    "plans:goal-edit": "goals change",
    "plans:goal-remove": "goals remove",
    "plans:initiative-create": "initiatives create",
    "plans:initiative-edit": "initiatives change",
    "plans:initiative-remove": "initiatives remove",
    "plans:measure-create": "plan-measures create",
    "plans:measure-edit": "plan-measures change",
    "plans:measure-remove": "plan-measures remove",
    "tradeterms:create": "agreements create",
    "tradeterms:update": "agreements change",
    "tradeterms:revise": "agreements revise",
    "tradeterms:remove": "agreements remove",
    "tradeterms:move": "agreements move",
    "tradeterms:term-create": "terms create",
    "tradeterms:term-update": "terms change",
    "tradeterms:term-remove": "terms remove",
    "tradeterms:finding-move": "findings move",
    "view-save": "saved-views create",
    "view-remove": "saved-views remove",
    "undo": "removals undo",
}
# What is for people on pages, and why. Administration has its own nouns and its own tests.
PAGES_ONLY = {
    "set_language": "a page speaks a language, a program says Accept-Language",
    "night-rerun": "somebody watches a night that is run again",
    **dict.fromkeys(
        ("kpis:letter-create", "kpis:letter-edit", "kpis:letter-move", "kpis:letter-remove"),
        "a person writes a letter and says that they sent it",
    ),
}
ELSEWHERE = ("administration:", "account_", "mfa_", "sso_", "me-", "inbox:")


def writing_pages():
    """The names of pages that change something, as the policy of the access tests says."""
    names = {n for n, page in policy.PAGES.items() if page.get("do")} | {
        "view-remove",
        "undo",
        "view-save",
        "set_language",
    }
    names |= {n for n in policy.OTHERS if n.endswith(("create", "new"))} | {"night-rerun"}
    return {n for n in names if not n.startswith(ELSEWHERE)}


def test_every_page_that_writes_has_a_twin_or_a_reason():
    assert writing_pages() == set(TWINS) | set(PAGES_ONLY)


def test_every_twin_is_there():
    served = {prefix: viewset for prefix, viewset, _name in router.registry}
    handlers = {"change": "partial_update", "remove": "destroy"}
    missing = []
    for twin in TWINS.values():
        prefix, action = twin.split()
        viewset, name = served[prefix], handlers.get(action, action)
        verb = {"partial_update": "patch", "destroy": "delete"}.get(name, "post")
        if verb not in viewset.http_method_names or not callable(getattr(viewset, name, None)):
            missing.append(twin)
    assert missing == []
