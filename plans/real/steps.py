"""What people do to a KAM: give it files, run its night, read what came out."""

import hashlib
import io
import json
from pathlib import Path

from django.core.management import call_command
from django.db.models import Sum

from accounts.models import Alert
from kam.night import outcome
from kpis.models import AccountWeek, ImportBatch, InvoiceLine, MeasureValue, OrderLine, ProductWeek, SellThrough
from plans.real.cases import Case
from tradeterms.models import Finding

FACTS = (InvoiceLine, SellThrough, OrderLine)
RESULTS = (AccountWeek, ProductWeek, MeasureValue, Finding, Alert)
STAMPS = {"id", "created_at", "updated_at"}


class Unusable(Exception):
    """A file that is missing, or that KAM does not take; the message says which and why."""


def need(folder, *parts):
    """The path of a file or folder of the data. Raises Unusable when it is missing."""
    path = Path(folder).joinpath(*parts)
    if not path.exists():
        raise Unusable(f"{path} is missing")
    return path


def give(kind, path, mapping):
    """Import one file by the command; returns what it prints. Raises Unusable when it is not taken."""
    said, complained = io.StringIO(), io.StringIO()
    try:
        call_command("import_file", kind, str(path), mapping=mapping, stdout=said, stderr=complained)
    except SystemExit as problem:
        raise Unusable(f"{path}: {complained.getvalue().strip()}") from problem
    return json.loads(said.getvalue())


def nightly(day):
    """Run the night of a day by the command."""
    said = io.StringIO()
    try:
        call_command("nightly", date=day, stdout=said)
    except SystemExit:
        yield Case(f"night of {day}: what it says", "nothing wrong", said.getvalue().strip().splitlines()[-1])
    yield Case(f"night of {day}", "done", outcome(day))


def stored():
    """Rows of every kind of facts."""
    return {model.__name__: model.objects.count() for model in FACTS}


def the_same_again(kind, paths, mapping):
    """The files once more: nothing changes, and each points to the batch that brought it."""
    before = stored()
    for path in paths:
        first = ImportBatch.objects.stored().get(kind=kind, file_name=path.name).pk
        said = give(kind, path, mapping)
        yield Case(f"{path.name} again", ("duplicate", first), (said["state"], said.get("duplicate_of")))
    yield Case("facts after the same files again", before, stored())


def the_same_night(day):
    """The night of a day once more: it finds what it found."""
    before = results()
    yield from nightly(day)
    yield Case(f"results of the night of {day} again", before, results())


def results():
    """What nights wrote, in order, without surrogate ids and times: {table: number of rows and checksum}."""
    return {model.__name__: _sealed(model) for model in RESULTS}


def _sealed(model):
    names = [field.attname for field in model._meta.concrete_fields if field.name not in STAMPS]
    rows = [str(row) for row in model.objects.order_by(*names).values_list(*names)]
    return f"{len(rows)} {hashlib.sha256(chr(10).join(rows).encode()).hexdigest()[:8]}"


def totals(rows, amount, *by):
    """Sums of an amount by one field, or by several as tuples; rows without the amount are left out."""
    found = rows.filter(**{f"{amount}__isnull": False}).order_by().values_list(*by).annotate(total=Sum(amount))
    return {row[0] if len(by) == 1 else tuple(row[:-1]): row[-1] for row in found}


def weekly(amount):
    """Sums that the night stored of each account and week: {(account, week): amount}."""
    return totals(AccountWeek.objects.all(), amount, "account__code", "week")


def measured(code):
    """Numerator and denominator of a measure: {(account, week): (numerator, denominator)}."""
    rows = MeasureValue.objects.filter(measure=code).values_list("account__code", "week", "numerator", "denominator")
    return {(account, week): (above, below) for account, week, above, below in rows.order_by()}


def amounts(by_week):
    """Weekly sums as a measure that is an amount stores them: over 1."""
    return {key: (value, 1) for key, value in by_week.items()}


def measures_there():
    """Codes of every measure that has a value."""
    return sorted(set(MeasureValue.objects.order_by().values_list("measure", flat=True)))


def alerts():
    """What stands open in the morning: (account, code, severity, money at stake), in this order."""
    rows = Alert.objects.unresolved().values_list("account__code", "code", "severity", "at_stake")
    return sorted(rows)


def settled(day):
    """What a night resolved because it is no longer so: (account, code), in this order."""
    return sorted(Alert.objects.filter(resolved_on=day).values_list("account__code", "code"))


def findings():
    """What stands in the findings: (account, clause, first day, verdict, expected, observed, money at stake)."""
    names = ("account__code", "term__clause", "period_start", "verdict", "expected", "observed", "at_stake")
    return list(Finding.objects.order_by(*names[:3]).values_list(*names))


def figures(*names):
    """Some of the figures behind each finding: {(account, clause, first day): {name: figure}}."""
    keys = ("account__code", "term__clause", "period_start")
    rows = Finding.objects.order_by(*keys).values_list(*keys, "figures")
    return {tuple(key): {name: found[name] for name in names if name in found} for *key, found in rows}
