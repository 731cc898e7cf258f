"""The house: floors, small rooms, no second door to a state. Read from the code itself."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.urls import get_resolver

from accounts.models import Account, ByAccount

ROOT = Path(__file__).resolve().parent.parent
FLOORS = settings.FLOORS
WIRING = {"kam/settings.py", "kam/urls.py", "kam/nightly.py", "kam/handover.py", "kam/search.py"}
CODE = sorted(p for f in FLOORS for p in (ROOT / f).rglob("*.py") if "migrations" not in p.parts)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def name(path):
    return str(path.relative_to(ROOT))


def imported(tree):
    """First part of every module a file imports, inside functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name.split(".")[0] for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def dotted_strings(tree):
    """String constants that name a module of a floor, such as "plans.night.plan_measures"."""
    pattern = re.compile(rf"^({'|'.join(FLOORS)})\.[a-z_]+(\.[A-Za-z_]+)+$")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.match(node.value):
            yield node.value.split(".")[0]


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_module_names_a_higher_floor(path):
    floor = path.relative_to(ROOT).parts[0]
    higher = set(FLOORS[FLOORS.index(floor) + 1 :])
    tree = ast.parse(path.read_text())
    assert set(imported(tree)) & higher == set()
    if name(path) not in WIRING:
        assert set(dotted_strings(tree)) & higher == set()


def test_no_foreign_key_points_to_a_higher_floor():
    upward = [
        f"{m._meta.label}.{f.name}"
        for m in apps.get_models()
        if m._meta.app_label in FLOORS
        for f in m._meta.concrete_fields
        if f.is_relation and f.related_model._meta.app_label in FLOORS
        if FLOORS.index(f.related_model._meta.app_label) > FLOORS.index(m._meta.app_label)
    ]
    assert upward == []


def test_no_template_names_a_template_or_page_of_a_higher_floor():
    upward = []
    for path in TEMPLATES:
        place = path.relative_to(ROOT / "templates").parts[0]
        if place not in FLOORS:
            continue
        higher = FLOORS[FLOORS.index(place) + 1 :]
        naming = r"(?:include|extends|url|address_of|page_address)\s+[\"']([a-z]+)[/:]"
        for found in re.findall(naming, path.read_text()):
            if found in higher:
                upward.append(f"{name(path)}: {found}")
    assert upward == []


def test_everything_below_an_account_has_the_access_rule():
    without = []
    for model in apps.get_models():
        if model._meta.app_label not in FLOORS or model is Account:
            continue
        points = {f.related_model for f in model._meta.concrete_fields if f.is_relation}
        scoped = issubclass(model, ByAccount) or hasattr(model.objects, "visible_to")
        if points & {Account, *ByAccount.__subclasses__()} and not scoped:
            without.append(model._meta.label)
    # Lines are read with their notice only; the other is bookkeeping of the night, never shown.
    assert without == ["kpis.NoticeLine", "kpis.Touched"]


def test_account_paths_lead_to_an_account():
    for model in ByAccount.__subclasses__():
        target = model
        for part in model.account_path.split("__"):
            field = target._meta.get_field(part)
            assert not field.null, model
            target = field.related_model
        assert target is Account, model


@pytest.mark.parametrize("path", [p for p in CODE if p.name != "workflow.py"], ids=name)
def test_a_state_is_written_by_its_workflow_only(path):
    """Workflow rows (those with a table of moves) change state through `move`; bookkeeping rows are named here."""
    if name(path) in {"kam/night.py"}:
        return
    guarded = {"plan", "agreement", "finding"}
    written = []
    for node in ast.walk(ast.parse(path.read_text())):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == "state":
                owner = target.value.id if isinstance(target.value, ast.Name) else ""
                if owner in guarded:
                    written.append(node.lineno)
    assert written == []


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", CODE, ids=name)
def test_rooms_are_small(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions(ast.parse(text))}
    assert {k: v for k, v in long.items() if v > 60} == {}


def test_functions_are_short_on_the_whole():
    lengths = sorted(f.end_lineno - f.lineno + 1 for p in CODE for f in functions(ast.parse(p.read_text())))
    assert lengths[len(lengths) // 2] <= 7
    assert lengths[int(len(lengths) * 0.95)] <= 34


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_templates_hold_no_inline_script_style_or_handler(path):
    text = path.read_text()
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son[a-z]+=", text) == []


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_constraint_speaks_to_people_or_is_named():
    silent = [
        c.name for m in apps.get_models() if m._meta.app_label in FLOORS for c in m._meta.constraints if not c.name
    ]
    assert silent == []


def test_every_page_has_a_name():
    nameless = [str(p.pattern) for p in get_resolver().url_patterns if hasattr(p, "name") and not p.name]
    assert nameless == []


def test_only_the_two_registries_exist():
    registries = {"kam/panels.py", "kam/measures.py"}
    found = {name(p) for p in CODE if re.search(r"^_[a-z]+ = (\{\}|\[\])$", p.read_text(), re.M)}
    assert found == registries
