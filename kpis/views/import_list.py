"""The list of files that were handed in."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.lists import Column, status
from kam.views.lists import ScopedList
from kpis import access, filters
from kpis.models import ImportBatch
from kpis.showing import BATCH_LEVELS
from kpis.views.tabs import FILES, tabs

COLUMNS = (
    Column("file", gettext_lazy("File"), lambda b: b.file_name),
    Column("state", gettext_lazy("State"), lambda b: b.get_state_display(),
           cell=status(lambda b: BATCH_LEVELS[b.state], lambda b: b.get_state_display())),
    Column("kind", gettext_lazy("Kind"), lambda b: b.get_kind_display(), desk=True),
    Column("feed", gettext_lazy("Feed"), lambda b: b.feed and b.feed.name, desk=True),
    Column("rows", gettext_lazy("Rows"), lambda b: b.rows, "figure"),
    Column("rejected", gettext_lazy("Rejected"), lambda b: b.rejected, "count", desk=True),
    Column("units", gettext_lazy("Units"), lambda b: b.units, "figure", desk=True),
    Column("value", gettext_lazy("Value"), lambda b: b.value, "figure", decimals=2, desk=True),
    Column("by", gettext_lazy("By"), lambda b: b.by.name if b.by else str(_("System")), desk=True),
    Column("received", gettext_lazy("Received"), lambda b: b.received_at, "moment", sort=("received_at", "pk"),
           first="desc", desk=True),
    Column("sha256", gettext_lazy("SHA-256"), lambda b: b.sha256, "code", shown=False, desk=True),
)  # fmt: skip


class ImportList(ScopedList):
    """Every file that was handed in, the latest first."""

    model, title, columns, default_sort = ImportBatch, gettext_lazy("Imports"), COLUMNS, "-received"
    filterset_class = filters.BatchFilter

    def get_queryset(self):
        return super().get_queryset().select_related("feed", "by")

    def get_context_data(self, **kwargs):
        may_import = access.may_import(self.request.user)
        new = {"label": _("Import a file"), "url": reverse("kpis:import-new"), "icon": "upload", "primary": True}
        return super().get_context_data(**kwargs) | {
            "tools": [new] if may_import else [],
            "tabs": tabs(self.request, FILES),
            "empty": self.empty(may_import),
        }

    def empty(self, may_import):
        """What the page says before there is any file."""
        found = {"icon": "upload", "title": _("Imported files will appear here")}
        if not may_import:
            return found | {"text": _("No file has been imported for the accounts you see.")}
        text = _("Hand in a file of accounts, products, invoices, orders, sell-through or open items.")
        url = reverse("kpis:import-new")
        return found | {"text": text, "action": _("Import a file"), "url": url, "icon_action": "upload"}
