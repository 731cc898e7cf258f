"""What changed between two snapshots of a plan: targets with tolerance, initiatives, words."""

import difflib
import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kam.templatetags import formats
from plans import calc, figures
from plans.snapshots import dated

WORDS = ("where_we_stand", "what_they_want", "white_space")


@dataclass(frozen=True)
class Target:
    """One measure in both snapshots; texts are ready to show."""

    code: str
    goal: str
    unit: str
    change: calc.Change

    @property
    def label(self):
        return figures.label(self.code)

    @property
    def verdict(self):
        return self.change.verdict

    @property
    def old(self):
        return figures.number(self.code, self.change.old)

    @property
    def new(self):
        return figures.number(self.code, self.change.new)

    @property
    def difference(self):
        return figures.difference(self.code, self.change.difference)

    @property
    def share(self):
        if self.change.share is None or figures.is_rate(self.code):
            return formats.DASH
        return f"{formats.number(self.change.share * 100, 1, sign=True)}{formats.NBSP}%"

    @property
    def tolerance(self):
        if figures.is_rate(self.code):
            return f"±{formats.number(calc.CHANGE_RATE * 100, 1)}{formats.NBSP}{_('pp')}"
        return f"±{formats.number(calc.CHANGE_SHARE * 100)}{formats.NBSP}%"


@dataclass(frozen=True)
class Work:
    """One initiative in both snapshots; None where it does not exist."""

    title: str
    old: dict | None
    new: dict | None

    @property
    def is_changed(self):
        return self.old != self.new


@dataclass(frozen=True)
class Difference:
    """Everything that may differ. `words` maps a section to its (kind, text) pieces: same, old or new."""

    targets: list
    work: list
    words: dict

    @property
    def beyond(self):
        return [t for t in self.targets if t.verdict == calc.BEYOND]

    @property
    def changed(self):
        return [t for t in self.targets if t.verdict != calc.UNCHANGED]

    @property
    def changed_work(self):
        return [w for w in self.work if w.is_changed]

    @property
    def changed_words(self):
        return {name: pieces for name, pieces in self.words.items() if any(kind != "same" for kind, _text in pieces)}

    @property
    def count(self):
        return len(self.changed) + len(self.changed_work) + len(self.changed_words)


def compare(old, new):
    """The Difference from snapshot `old` (None before anything was signed) to snapshot `new`."""
    currency = new["account"]["currency"]
    return Difference(
        targets=_targets(_measures(old), _measures(new), currency),
        work=_work(_initiatives(old), _initiatives(new)),
        words={name: pieces((old or {"plan": {}})["plan"].get(name, ""), new["plan"][name]) for name in WORDS},
    )


def _measures(snapshot):
    """(measure, how many of it before) → (goal, target): goals may be renamed, measures keep their place."""
    found, seen = {}, {}
    for goal in snapshot["goals"] if snapshot else ():
        for row in goal["measures"]:
            nth = seen[row["measure"]] = seen.get(row["measure"], -1) + 1
            found[row["measure"], nth] = (goal["title"], formats.as_decimal(row["target"]))
    return found


def _initiatives(snapshot):
    """(title, how many of it before) → initiative."""
    found, seen = {}, {}
    for row in (row for goal in (snapshot["goals"] if snapshot else ()) for row in goal["initiatives"]):
        nth = seen[row["title"]] = seen.get(row["title"], -1) + 1
        found[row["title"], nth] = dated(row)
    return found


def _targets(old, new, currency):
    found = []
    for key in [*new, *(k for k in old if k not in new)]:
        code = key[0]
        goal = (new.get(key) or old[key])[0]
        targets = (side.get(key, (None, None))[1] for side in (old, new))
        change = calc.change(*targets, rate=figures.is_rate(code))
        found.append(Target(code, goal, figures.unit(code, currency), change))
    return found


def _work(old, new):
    return [Work(key[0], old.get(key), new.get(key)) for key in {**new, **old}]


def pieces(old, new):
    """The words of `new` with what went and what came, as (same | old | new, text)."""
    before, after = _split(old), _split(new)
    found = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", "".join(before[a:b])))
            continue
        found += [(name, "".join(part)) for name, part in (("old", before[a:b]), ("new", after[c:d])) if part]
    return found


def _split(text):
    """Numbers, words, blanks and marks apart; every Chinese character is a word."""
    return re.findall(r"\d+(?:[.,]\d+)*|\s+|[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+|[^\w\s]", text)
