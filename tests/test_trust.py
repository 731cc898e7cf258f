"""docs/trust.md tells the truth: every promise that was asked for is there, and every test it names."""

import ast

import pytest

from tests import trust

REQUIRED = [f"F{n}" for n in (*range(1, 5), *range(7, 11), *range(13, 16), *range(23, 26))]
REQUIRED += [f"A{n}" for n in (*range(1, 15), 18, *range(24, 29), *range(34, 39), *range(41, 45))]
PROMISES = trust.promises()


def test_every_promise_that_was_asked_for_is_held_by_a_test():
    assert [name for name in REQUIRED if not PROMISES.get(name)] == []


@pytest.mark.parametrize("test", sorted({test for tests in PROMISES.values() for test in tests}))
def test_the_tests_that_the_page_names_are_there(test):
    name, _, function = test.partition("::")
    path = trust.PAGE.parent.parent / name
    defined = {node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}
    assert any(one.startswith("test_") for one in defined)
    assert not function or function in defined
