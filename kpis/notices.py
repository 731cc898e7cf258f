"""What people are told about their imports: done, or not."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.notifications import Notice
from kpis.models import ImportBatch

SENTENCES = {
    "import_done": _("Your file “%(file)s” is imported: %(rows)s rows."),
    "import_failed": _("Your file “%(file)s” was not imported. Nothing was changed."),
}
KINDS = {"import_done": _("Import done"), "import_failed": _("Import failed")}
ICONS = {"import_done": "circle-check", "import_failed": "circle-x"}


def _rule(code):
    """Whoever gave the file is told, though it is their own deed: it may have taken an hour."""

    def rule(entries):
        found = ImportBatch.objects.filter(pk__in=[e.object_id for e in entries])
        batches = {str(batch.pk): batch for batch in found}
        for entry in entries:
            if batch := batches.get(entry.object_id):
                params = {"file": batch.file_name, "rows": batch.accepted}
                url = reverse("kpis:import-detail", args=[batch.pk])
                yield Notice(entry, batch.by_id, code, params, url, by_machine=True)

    return rule


NOTICES = {
    "kpis.importbatch:imported": _rule("import_done"),
    "kpis.importbatch:rejected": _rule("import_failed"),
    "kpis.importbatch:unusable": _rule("import_failed"),
}
