"""The accepted rows of a file from its check until they are stored: in memory while they are few, else on disk.

What lies on disk is taken up in parts that fit into memory, so that a file needs the same memory whatever its size.
Rows of one key are in one part, so that what holds for a whole file, such as which rows come twice, is found in it.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import count, pairwise
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

import polars as pl

from kpis.imports.kinds import DATES, Kind
from kpis.imports.reader import LINE, LINES
from kpis.imports.tables import TABLES

MOST = 1_000_000
PART = 400_000
SUFFIX = ".part"
# Where a row is cut off: the day of its key, and within a day one of so many heaps, by the rest of its key.
CUT, HEAPS = "?cut", 1024
GROUP = 20_000


class Kept:
    """Frames of rows: `append` them, `settle` them once, then look at them, or take them; many lie in `folder`."""

    def __init__(self, kind: Kind, folder: Path | None = None):
        self.kind, self.near = kind, folder
        self.frames: list[pl.DataFrame] = []
        self.held = 0
        self.folder: Path | None = None
        self.files: list[Path] = []
        self.numbers = count(1)
        self.cuts: list[pl.DataFrame] = []

    def append(self, frame: pl.DataFrame) -> None:
        """Keep more rows of a file; where they become many, on disk. Rows of master data stay in memory."""
        self.frames.append(frame)
        self.held += frame.height
        if self.kind.name in TABLES and self.held > (PART if self.folder else MOST):
            self._lay_down()

    def settle(self, work: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
        """Put what `work` makes of each part in its place."""
        if self.folder is None:
            frame = pl.concat(self.frames)
            self.frames.clear()
            self.frames.append(work(frame))
            return
        self._lay_down()
        lain, self.files = self.files, []
        for first, last in self._ranges():
            of_range = pl.scan_parquet(lain).filter(pl.col(CUT).is_between(first, last)).drop(CUT).collect()
            self._write(work(of_range.sort(pl.col(LINE) & LINES, LINE)))
        for file in lain:
            file.unlink()

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Every part once; at least one, which may be empty."""
        yield from self.frames
        yield from map(pl.read_parquet, self.files)

    def taken(self) -> Iterator[pl.DataFrame]:
        """The same, but nothing of them is kept."""
        yield from self._let_go()
        while self.files:
            file = self.files.pop(0)
            yield pl.read_parquet(file)
            file.unlink()

    @property
    def is_cut(self) -> bool:
        """Whether there is more than one part."""
        return len(self.files) > 1

    @property
    def whole(self) -> pl.DataFrame:
        """All rows in one frame."""
        return pl.concat(self)

    @whole.setter
    def whole(self, frame):
        self.frames, self.files = [frame], []

    def _lay_down(self):
        """Write what is held, in the order of the cuts, so that a part is found without reading all."""
        if not self.folder:
            self.folder = Path(mkdtemp(dir=self.near, suffix=SUFFIX))
            finalize(self, rmtree, self.folder, ignore_errors=True)
        for frame in gathered(self._let_go(), PART):
            frame = frame.with_columns(_cut(self.kind, frame).alias(CUT)).sort(CUT)
            self.cuts.append(frame.group_by(CUT).len())
            self._write(frame)
        self.held = 0

    def _let_go(self):
        while self.frames:
            yield self.frames.pop(0)

    def _write(self, frame):
        path = self.folder / str(next(self.numbers))
        frame.write_parquet(path, compression="lz4", row_group_size=GROUP)
        self.files.append(path)

    def _ranges(self):
        """(first, last) cuts of about PART rows each; a day is in one of them, unless it has more rows alone."""
        cuts = pl.concat(self.cuts).group_by(CUT).agg(pl.col("len").sum()).sort(CUT)
        day = pl.col(CUT) // HEAPS
        unit = pl.when(pl.col("len").sum().over(day) > PART).then(CUT).otherwise(day * HEAPS)
        units = cuts.group_by(unit.alias("unit"), maintain_order=True).agg(pl.col("len").sum())
        firsts, rows = [], PART
        for first, more in units.iter_rows():
            if rows + more > PART:
                firsts.append(first)
                rows = 0
            rows += more
        return [(first, after - 1) for first, after in pairwise([*firsts, cuts[CUT][-1] + 1])]


def gathered(frames: Iterable[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames of so many or some more, but for the last."""
    some = []
    for frame in frames:
        some.append(frame)
        if sum(frame.height for frame in some) >= rows:
            yield pl.concat(some)
            some.clear()
    if some:
        yield pl.concat(some)


def _cut(kind, frame):
    """Where each row is cut off; rows of one key at the same place."""
    key = [name for name in kind.key if name in frame.columns and name not in ("occurrence", "despatch")]
    day = next((name for name in key if kind.field(name).type in DATES), None)
    rest = frame.select(pl.col(name).cast(pl.String) for name in key if name != day)
    heap = rest.hash_rows(seed=0) % HEAPS
    return heap.cast(pl.Int64) + (frame.get_column(day).cast(pl.Int64) * HEAPS if day else 0)


def sweep(folder: Path) -> None:
    """Take away what a killed process left beside a file."""
    for path in folder.glob(f"*{SUFFIX}"):
        if path.is_dir():
            rmtree(path)
