"""What people do with a file that was handed in: store it, correct it, call it off, take it back, map it anew."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from kam.views.base import ScopedAct
from kpis import access, services
from kpis.columns import services as columns
from kpis.models import ImportBatch


class ImportAct(ScopedAct):
    """Base: files are handled by those who import."""

    model = ImportBatch

    def may(self, user, row):
        return access.may_import(user)


class ImportChecked(ImportAct):
    """POST: import a file that was checked and found good."""

    def act(self, row, by):
        self.object = services.import_checked(row, by=by)
        messages.success(self.request, _("“%(file)s” is being imported.") % {"file": row.file_name})


class ImportCorrected(ImportAct):
    """POST: the corrected report of a file with bad rows."""

    def act(self, row, by):
        file = self.request.FILES.get("file")
        if file is None:
            messages.error(self.request, _("Choose the corrected report."))
            return
        try:
            self.object = services.correct(row, by=by, file=file)
        except ValidationError as error:
            messages.error(self.request, " ".join(error.messages))


class ImportCancelled(ImportAct):
    """POST: take a file back before it is stored."""

    def act(self, row, by):
        services.cancel_import(row, by=by)
        messages.success(self.request, _("“%(file)s” will not be imported.") % {"file": row.file_name})


class ImportUndone(ImportAct):
    """POST: take back what a file stored, with a reason that stays in its history."""

    def act(self, row, by):
        services.undo_import(row, by=by, reason=self.request.POST.get("reason", ""))
        messages.success(self.request, _("“%(file)s” is undone: what it stored is gone.") % {"file": row.file_name})


class ImportLook(ImportAct):
    """POST: have a file looked at again, cut as it says, and map its columns anew."""

    def act(self, row, by):
        said = {name: self.request.POST.get(name, "")[:60] for name in ("encoding", "delimiter", "sheet")}
        columns.look_again(row, by=by, **said)
