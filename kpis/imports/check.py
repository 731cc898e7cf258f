"""Columns of text to typed columns, with every fault of every row: batch by batch, so that text never piles up."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import polars as pl

from kpis.imports import corrections, derive, workbook
from kpis.imports.ahead import ahead
from kpis.imports.corrections import REPORT, Corrections
from kpis.imports.decode import beginning, line_breaks
from kpis.imports.derive import Names, helper
from kpis.imports.fields import CHARGE, CREDIT, Bad, Fields, with_constants
from kpis.imports.kept import Kept
from kpis.imports.kinds import Field, Kind, Type
from kpis.imports.mapping import Mapping
from kpis.imports.places import Places
from kpis.imports.progress import Phase, Progress
from kpis.imports.reader import LINE, Source, batches, open_source
from kpis.imports.result import Result, added, faults, no_faults, sums
from kpis.imports.whole import added_up, duplicates, first_of_each, numbered
from kpis.imports.wide import Wide


def check_file(
    path: Path,
    mapping: Mapping,
    folder: Path | None = None,
    progress: Progress | None = None,
    fixes: Corrections | None = None,
) -> Result:
    """Read and check a whole file, see `checking`.

    Returns a Result whether rows are bad or not. Raises UnusableFile when the file as a whole cannot be used.
    """
    with checking(path, mapping, folder, progress, fixes) as (check, rows):
        kept = Kept(mapping.kind, Path(path).parent)
        for frame in rows:
            kept.append(frame)
        return check.finish(kept)


@contextmanager
def checking(
    path: Path,
    mapping: Mapping,
    folder: Path | None = None,
    progress: Progress | None = None,
    fixes: Corrections | None = None,
) -> Iterator[tuple["Check", Iterator[pl.DataFrame]]]:
    """The check of a file, and its rows without fault, frame by frame.

    Joined files are looked for in `folder`, else beside the file; `progress` is told of rows, `fixes` stand in the
    place of the rows they correct. Raises UnusableFile.
    """
    path = Path(path)
    lookups = derive.load_lookups(mapping, folder or path.parent)
    with open_source(path, mapping.format, _hoped_for(mapping), _writing(mapping)) as source:
        check = Check(mapping, source, lookups)
        if progress:
            progress.begin(Phase.CHECKING, line_breaks(source.file, source.body))
        with closing(fixes.batches(source) if fixes else ahead(batches(source))) as texts:
            yield check, check.accepted(texts, progress)


def _hoped_for(mapping):
    """Names of file columns the mapping uses, by which a delimiter is recognised."""
    named = [column.source for column in mapping.columns.values()]
    named += [source for derived in mapping.derived for source in derived.asked]
    return [name for name in named if isinstance(name, str) and name not in mapping.helpers]


def unfold(path: Path, mapping: Mapping) -> None:
    """Lay the text of a workbook or a message beside it; nothing happens to a text. Raises UnusableFile."""
    if workbook.is_folded(beginning(path)):
        workbook.keep(path, mapping.format, _hoped_for(mapping), _writing(mapping))
    for fixes in corrections.of(path.parent):
        if workbook.is_folded(beginning(fixes)):
            workbook.keep(fixes, REPORT, (), _writing(mapping))


def corrections_of(folder: Path, mapping: Mapping, *, alone: bool = False) -> Corrections | None:
    """The corrected rows that lie beside a file, read as its mapping writes; None without any. Raises UnusableFile."""
    paths = corrections.of(folder)
    return Corrections(paths, _writing(mapping), alone=alone) if paths else None


def _writing(mapping):
    """How the mapping writes numbers and dates, by column; a column that two fields take is written for the first."""
    derived = [(one.source, one.marks) for one in mapping.derived if one.is_typed and one.source is not None]
    own = [(column.source, column.marks) for column in mapping.columns.values()]
    columns = {source: marks for source, marks in reversed(own + derived) if source not in mapping.helpers}
    return workbook.Writing(mapping.marks, tuple(columns.items()))


class Check:
    """One file being checked: take what is `accepted` of its batches of text, then `finish` with what was kept."""

    def __init__(self, mapping: Mapping, source: Source, lookups: list[pl.DataFrame]):
        self.mapping = mapping
        self.source = source
        self.lookups = lookups
        self.names = Names(source)
        self.wide = Wide(mapping, self.names) if mapping.unfold else None
        self.fields = Fields(mapping, self.names)
        self.places = Places(source, self.wide)
        self.rows = self.unassigned = 0
        drops = [lookup.file for lookup in mapping.lookups if lookup.missing == "ignore"]
        drops += [rule.name for rule in mapping.rules if rule.action in ("skip", "ignore")]
        self.ignored = dict.fromkeys(drops, 0)
        self.marked = {rule.name: 0 for rule in mapping.rules if rule.name not in self.ignored}
        self.charges = any(rule.action == "charge" for rule in mapping.rules)
        self.totals = (None, None)
        self.errors = [no_faults()]
        self.masters: dict[str, list] = {create.kind.name: [] for create in mapping.create}

    def accepted(self, texts: Iterable[pl.DataFrame], progress: Progress | None = None) -> Iterator[pl.DataFrame]:
        """The typed rows without fault of batches of text columns."""
        for text in texts:
            for part in self.wide.rows(text) if self.wide else (text,):
                yield self._accepted(part)
            if progress:
                progress.at(progress.rows + text.height)

    def _accepted(self, text):
        self.rows += text.height
        self.places.add(text)
        bad = Bad(self.names, text.height > 0 and text.get_column(LINE)[0] in self.source.bare)
        text = self._joined(text, bad)
        for derived in self.mapping.derived:
            if not derived.is_typed:
                text = text.with_columns(derive.text_of(derived, self.names).alias(helper(derived.name)))
        text = self._ruled(text)
        typed = self._typed(text, bad)
        masters = {c.kind.name: self.fields.master(text, typed, c, bad) for c in self.mapping.create}
        self.errors += bad.tables
        for what, master in masters.items():
            self.masters[what].append(first_of_each(bad.without(master)))
        return bad.without(typed)

    def _joined(self, text, bad):
        for lookup, other in zip(self.mapping.lookups, self.lookups, strict=True):
            text = derive.joined(text, lookup, other, self.names)
            lost = text.get_column(derive.missing_flag(lookup))
            if lookup.missing == "ignore":
                self.ignored[lookup.file] += lost.sum()
                text = text.filter(~lost)
            elif lookup.missing == "error" and lost.any():
                codes = pl.select(pl.when(lost).then(pl.lit("not_found"))).to_series()
                column = self.names.need(lookup.on[0][0], lookup.bring[0][0])
                bad.add(text, column, codes, {"not_found": {"file": lookup.file}})
        return text

    def _ruled(self, text):
        """Without the rows that rules drop; CREDIT and CHARGE are true where rules mark them."""
        marks = {CREDIT: [], CHARGE: []}
        for rule in self.mapping.rules:
            holds = text.select(derive.holds(rule.when, self.names)).to_series()
            if rule.action in ("skip", "ignore"):
                self.ignored[rule.name] += holds.sum()
                text = text.filter(~holds)
            else:
                self.marked[rule.name] += holds.sum()
                text = text.with_columns(holds.alias(f"?{rule.name}?"))
                marks[f"?{rule.action}"].append(f"?{rule.name}?")
        return text.with_columns(pl.any_horizontal(*tests, pl.lit(False)).alias(mark) for mark, tests in marks.items())

    def _typed(self, text, bad):
        """The typed fields of a batch, rows with faults included."""
        read = {field: self.fields.read(text, field, bad) for field in self.mapping.kind.fields}
        typed = {field.name: _lean(values, field) for field, values in read.items() if values is not None}
        if self.charges:
            typed["is_charge"] = text.get_column(CHARGE)
        if self.mapping.unassigned and "account" not in typed:
            typed["account"] = pl.repeat(None, text.height, eager=True, dtype=pl.Categorical)
        frame = pl.DataFrame({LINE: text.get_column(LINE)} | typed)
        _out_of_order(frame, self.mapping.kind, self.fields, bad)
        return frame

    @property
    def is_clean(self) -> bool:
        """Whether no row had a fault so far."""
        return not any(table.height for table in self.errors)

    def finish(self, kept: Kept) -> Result:
        """What came of the whole file, whose rows were kept. Raises UnusableFile when it had none."""
        ragged = self._ragged()
        self.rows += ragged.height
        if not self.rows:
            raise self.names.no_rows()
        self._count_ignored()
        kept.settle(self._whole)
        return Result(
            self.mapping.kind,
            kept,
            self.places.told(pl.concat([*self.errors, ragged])),
            self.rows,
            self.ignored,
            self.marked,
            self._warnings(),
            self._masters(),
            self.totals,
            {name: self.names.shown(column) for name, column in self.fields.columns.items()},
            self.fields.assumed,
            places=self.places,
        )

    def _masters(self):
        """By kind, what the file says of each master that it names."""
        named = {what: first_of_each(pl.concat(parts)) for what, parts in self.masters.items()}
        return {create.kind.name: with_constants(named[create.kind.name], create) for create in self.mapping.create}

    def _whole(self, frame):
        """The rows of a part as they are to be stored; those of one key are together in it."""
        kind = self.mapping.kind
        frame = added_up(numbered(frame, kind), kind, self.mapping.sums)
        frame, repeated = duplicates(frame, kind, self._shown_key())
        self.errors.append(repeated)
        self.totals = added(self.totals, sums(frame, kind))
        if self.mapping.unassigned:
            self.unassigned += frame.get_column("account").null_count()
        return frame

    def _count_ignored(self):
        """Messages of other kinds count as a row each."""
        others = self.source.message.ignored if self.source.message else {}
        self.rows += sum(others.values())
        self.ignored |= others

    def _ragged(self):
        found = self.source.ragged
        params = [f'{{"found": {width}, "expected": {self.source.width}}}' for _, width, _ in found]
        lines = pl.Series([line for line, _, _ in found], dtype=pl.UInt32)
        empty = pl.Series([None] * len(found), dtype=pl.String)
        return faults(lines, "", empty, ["ragged"] * len(found), pl.Series(params, dtype=pl.String))

    def _shown_key(self):
        """The file's own words for the columns of the key."""
        columns = (self.fields.columns.get(name) for name in self.mapping.kind.key)
        return ", ".join(self.names.shown(column) for column in columns if column)

    def _warnings(self):
        warnings = [*self.source.notes]
        if not self.source.message and (unused := self.names.unused()):
            warnings.append(("unknown_columns", {"columns": unused}))
        if self.fields.absent:
            warnings.append(("missing_optional", {"columns": self.fields.absent}))
        if self.unassigned:
            warnings.append(("unassigned", {"count": self.unassigned}))
        return warnings


def _lean(values: pl.Series, field: Field) -> pl.Series:
    """Codes that repeat take a quarter of the memory as categories."""
    repeats = field.refers or field.shape
    return values.cast(pl.Categorical) if repeats and field.type is Type.CODE else values


def _out_of_order(frame, kind: Kind, fields: Fields, bad: Bad):
    for first, second in kind.in_order:
        if first not in frame.columns or second not in frame.columns:
            continue
        early = (frame[second] < frame[first]).fill_null(False)
        if early.any():
            codes = pl.select(pl.when(early).then(pl.lit("date_order"))).to_series()
            shown = frame.select(LINE, pl.col(second).cast(pl.String).alias(fields.columns.get(second, helper(second))))
            other = fields.names.shown(fields.columns.get(first, helper(first)))
            bad.add(shown, shown.columns[1], codes, {"date_order": {"other": other}})
