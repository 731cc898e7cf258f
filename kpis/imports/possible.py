"""Whether a mapping that is well written can be: its fields are those of its kind, its sources can be had."""

from django.utils.translation import gettext as _

from kpis.imports.kinds import DATES, ORDERS, Type
from kpis.imports.mapping import Mapping


def check(table, mapping: Mapping, whole: bool) -> None:
    """Fail the table of TOML that a mapping was made from, naming the key. Raises MappingError."""
    _check_unfolded(table, mapping)
    _check_fields(table, mapping)
    if whole:
        _check_required(table, mapping)
    _check_rows(table, mapping)
    _check_sources(table, mapping)


def _check_fields(table, mapping):
    """Every name is a field of the kind, and no field is given twice."""
    for part in ("columns", "constants", "assumed"):
        for name in getattr(mapping, part):
            _check_field(table, mapping, f"{part}.{name}", name)
    names = [*mapping.columns, *mapping.constants, *mapping.assumed, *set(mapping.helpers)]
    for name in names:
        if names.count(name) > 1:
            table.fail(name, _("is given more than once"))


def _check_field(table, mapping, key, name):
    if mapping.kind.field(name) is None:
        table.fail(key, _("is not a field of %(kind)s") % {"kind": mapping.kind.name})


def _check_required(table, mapping):
    for name in _needed(mapping):
        table.fail(f"columns.{name}", _("is required"))


def _needed(mapping):
    """Required fields that are not given; rows that are stored already need only their key."""
    kind = mapping.kind
    wanted = [field for field in kind.fields if field.required]
    required = [field.name for field in wanted if not mapping.updates or field.name in kind.key]
    required += ["shipped"] if "despatch" in mapping.given else []
    return [name for name in required if name not in mapping.given and kind.field(name).refers != "account"]


def _check_rows(table, mapping):
    """Only numbers are added up; only order lines are updated, as other facts come whole."""
    for name in mapping.sums:
        field = mapping.kind.field(name)
        if field is None or field.type is not Type.DECIMAL:
            table.fail("sums", _("must be fields that are numbers"))
    if mapping.updates and mapping.kind is not ORDERS:
        table.fail("updates", _("is for order lines only"))


def _check_unfolded(table, mapping):
    """Headers name weeks or days; what stands below them is another field; and there are headers."""
    unfold = mapping.unfold
    if unfold is None:
        return
    _check_field(table, mapping, "unfold.into", unfold.into)
    for name, _word in unfold.cells:
        _check_field(table, mapping, "unfold.cells", name)
    if mapping.kind.field(unfold.into).type not in DATES:
        table.fail("unfold.into", _("must be a field that is a week or a day"))
    if not mapping.format.header or mapping.format.message:
        table.fail("unfold", _("needs a table with a header"))


def _check_sources(table, mapping):
    """A number or date that was computed is for a field only; without a header, columns are positions."""
    typed = {column.name for column in mapping.derived if column.is_typed}
    for source in _text_sources(mapping):
        if source in typed:
            table.fail(source, _("is computed after the rules, and only a field can take it"))
    if mapping.format.header:
        return
    known = set(mapping.helpers)
    for name, column in mapping.columns.items():
        if isinstance(column.source, str) and column.source not in known:
            table.fail(f"columns.{name}", _("must be a position, because the file has no header"))


def _text_sources(mapping):
    for lookup in mapping.lookups:
        yield from (ours for ours, _theirs in lookup.on)
    for rule in mapping.rules:
        yield from (condition.source for condition in rule.when)
    for derived in mapping.derived:
        yield from (source for source in derived.asked if source != derived.name)
    for create in mapping.create:
        yield from (source for _name, source in create.sources)
