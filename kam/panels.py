"""Panels: what a higher floor shows on a page of a lower one, without the lower floor knowing it.

There are two slots, "account" and "home", each with the columns top, main, side and bottom. What stands further down a
page may come later: the page asks for all of it at once when somebody gets there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

SLOTS = ("account", "home")
_panels = []


@dataclass(frozen=True)
class Panel:
    """One registered panel: where it is shown, and what builds it."""

    slot: str
    template: str
    order: int
    column: str
    later: bool
    build: Callable


class Shown(NamedTuple):
    """A panel that has something to show: its template and what the template is given."""

    template: str
    context: dict


def panel(slot, template, *, order, column="main", later=False):
    """Register `build(request, **subject) -> dict | None` for a slot; None means there is nothing to show.

    Panels that come `later` stand below the others of their column.
    """
    if slot not in SLOTS:
        raise ValueError(f"no slot {slot!r}; there are {SLOTS}")

    def register(build):
        _panels.append(Panel(slot, template, order, column, later, build))
        return build

    return register


def shown(slot, column, request, *, later=(False, True), **subject):
    """The panels of a slot and column that have something to show, in order: those whose `later` is among the given."""
    here = [p for p in _panels if p.slot == slot and p.column == column and p.later in later]
    chosen = sorted(here, key=lambda p: (p.later, p.order))
    built = ((p, p.build(request, **subject)) for p in chosen)
    return [Shown(p.template, context) for p, context in built if context is not None]
