"""Where in a file a fault stands whose rows are not its lines: in segments of EDI, entries of a report, wide tables."""

import json

import polars as pl

from kpis.imports.families import JSON
from kpis.imports.reader import LINE, Message, Source, column
from kpis.imports.wide import Wide

POSITION = "position"


class Places:
    """Positions by line, gathered batch by batch, and the elements behind the columns; nothing for plain tables."""

    def __init__(self, source: Source, wide: Wide | None = None):
        self.wide = wide
        self.message: Message | None = source.message
        self.at = column(source.names.index(POSITION)) if self.message else ""
        self.parts: list[pl.DataFrame] = []

    def add(self, text: pl.DataFrame) -> None:
        """Keep the positions of a batch of rows."""
        if self.message:
            self.parts.append(text.select(LINE, pl.col(self.at).cast(pl.UInt32).alias(POSITION)))

    def told(self, errors: pl.DataFrame) -> pl.DataFrame:
        """The same faults; their params also say `at` (segment or entry), `position` and, where known, `element`."""
        if self.wide:
            return self.wide.told(errors)
        if not self.message or not errors.height:
            return errors
        known = pl.concat(self.parts).filter(pl.col(LINE).is_in(errors.get_column(LINE).implode()))
        positions = dict(known.select(LINE, POSITION).iter_rows())
        rows = errors.select(LINE, "column", "params").iter_rows()
        params = [self._params(positions.get(line), name, params) for line, name, params in rows]
        return errors.with_columns(pl.Series("params", params, dtype=pl.String))

    def _params(self, position, name, params):
        said = {"at": "entry" if self.message.family == JSON else "segment", POSITION: position}
        if element := self.message.columns.get(name):
            said["element"] = element
        return json.dumps(json.loads(params) | said)
