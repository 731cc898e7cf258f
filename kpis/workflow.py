"""Which moves people make with a file that was handed in; what workers do with it stands in `imports/services.py`."""

from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.errors import Conflict
from kam.workflow import Step
from kpis.access import may_import
from kpis.imports import asking, store
from kpis.models import ImportBatch

State = ImportBatch.State


def _may(user, batch):
    return may_import(user)


def folder_of_kept(batch) -> Path:
    """The folder of a file that is still kept. Raises Conflict."""
    path = store.data_of(batch.stored_name)
    if path is None:
        raise Conflict(_("The file is not kept any more; hand it in again."))
    return path.parent


def _ended(batch, by, note):
    """Whoever reads it notices that it is no longer theirs, and takes back what was not committed."""
    batch.lease_until, batch.finished_at, batch.phase = None, timezone.now(), ""


def _said(batch, by, note):
    """What was said of its columns is tried first; what to store is said after that."""
    batch.mapping, batch.content, batch.problem, batch.dry_run = asking.FORM, "", None, True


def _anew(batch, by, note):
    """Nothing was stored of it, so what was found with its old mapping goes."""
    batch.mapping, batch.by_form, batch.content, batch.problem = asking.ASK, True, "", None
    batch.rows = batch.accepted = batch.rejected = 0
    batch.ignored, batch.created, batch.changes, batch.warnings = {}, {}, {}, []
    batch.units = batch.value = batch.finished_at = None
    batch.errors.all().delete()
    batch.weeks.all().delete()


IMPORT = {
    "cancel": Step(
        (State.WAITING, State.READING, State.MAPPING),
        State.CANCELLED,
        _may,
        gettext_lazy("Do not import it"),
        effect=_ended,
        icon="x",
    ),
    "map": Step(
        (State.MAPPING,), State.WAITING, _may, gettext_lazy("Start the dry run"), effect=_said, icon="player-play"
    ),
    "look": Step(
        (State.MAPPING, State.CHECKED, State.REJECTED, State.UNUSABLE),
        State.WAITING,
        _may,
        gettext_lazy("Map the columns"),
        rule=folder_of_kept,
        effect=_anew,
        icon="table",
    ),
}
