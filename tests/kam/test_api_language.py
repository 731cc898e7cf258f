"""Whoever is refused is told so in their own language: no refusal is worded beside the catalogues."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from kam.api.problems import TITLES

ROOT = Path(__file__).resolve().parents[2]
REFUSALS = {"ValidationError", "Conflict", "Stale", "Denied", "ParseError", "NotFound", "Throttled"}
REFUSALS |= {"PermissionDenied", "AuthenticationFailed", "VersionRequired", "BadCursor", "APIException"}
TRANSLATED = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}


def name(node):
    return getattr(node, "id", getattr(node, "attr", ""))


def sentences(node):
    """Texts of more than a word below a node that no call of gettext stands above."""
    if isinstance(node, ast.Call) and name(node.func) in TRANSLATED:
        return
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and " " in str(node.value).strip(", ")):
        yield ast.unparse(node)
        return
    for child in ast.iter_child_nodes(node):
        yield from sentences(child)


def refusals(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name(node.func) in REFUSALS:
            yield node
        elif isinstance(node, ast.Assign) and "default_detail" in map(name, node.targets):
            yield node.value


@pytest.mark.parametrize("floor", settings.FLOORS)
def test_every_refusal_is_worded_in_the_catalogues(floor):
    files = [path for path in (ROOT / floor).rglob("*.py") if "management" not in path.parts]
    found = {str(path.relative_to(ROOT)): refusals(ast.parse(path.read_text("utf-8"))) for path in files}
    plain = {path: [text for node in nodes for text in sentences(node)] for path, nodes in found.items()}
    assert {path: texts for path, texts in plain.items() if texts} == {}


def test_titles_of_refusals_are_worded_in_the_catalogues():
    with translation.override("de"):
        assert str(TITLES[404]) == "Nicht gefunden"
