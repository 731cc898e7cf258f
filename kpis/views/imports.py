"""Files in: one file with how far it is and everything that is wrong with it, its report, a new one."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.generic import FormView, View

from kam.downloads import csv_response, streamed, xlsx_response
from kam.filters import number_or_name
from kam.keyset import Keyset
from kam.views.base import Scoped, ScopedDetail, refuse
from kam.views.suggestions import Suggestions
from kam.workflow import moves
from kpis import access, services
from kpis.import_forms import UploadForm
from kpis.imports import asking
from kpis.imports.messages import said
from kpis.imports.report import faults, has_rows, report, table
from kpis.imports.result import reason_of
from kpis.imports.undo import can_be_undone
from kpis.models import Feed, ImportBatch, ImportError
from kpis.models.batch import Kind
from kpis.showing import BATCH_LEVELS
from kpis.views.import_weeks import weeks_of
from kpis.workflow import IMPORT

State = ImportBatch.State
TOLD = (State.APPLIED, State.CHECKED, State.DUPLICATE, State.REJECTED)
# The step of the way from a file to stored facts that each state is.
STAGES = {State.MAPPING: 2, State.APPLIED: 5, State.DUPLICATE: 5, State.UNDONE: 5}
MOST_IN_A_WORKBOOK = 20_000
NOUNS = {**dict(Kind.choices), "charges": gettext_lazy("Charges")}


class ImportDetail(ScopedDetail):
    """One file: state, counts, warnings, and every bad cell; asked again by itself while the file is being read."""

    model = ImportBatch
    template_name = "kpis/import_detail.html"
    page_size = 100

    def get_queryset(self):
        return super().get_queryset().select_related("feed__account", "by", "duplicate_of", "corrects")

    def get(self, request, *args, **kwargs):
        """Whoever waits here for a file to be looked at goes on to its columns."""
        answer = super().get(request, *args, **kwargs)
        if request.htmx and self.object.state == State.MAPPING and access.may_import(request.user):
            url = reverse("kpis:import-columns", args=[self.object.pk])
            return HttpResponse(headers={"HX-Redirect": url})
        return answer

    def get_template_names(self):
        return ["kpis/_import_state.html"] if self.request.htmx else [self.template_name]

    def get_context_data(self, **kwargs):
        batch, parts = self.object, _parts(self.object)
        found = ImportError.objects.visible_to(self.request.user).filter(batch=batch)
        page = Keyset(("line", "pk"), self.page_size).page(found, self.request)
        for fault in page.rows:
            fault.reason = reason_of(fault)
        return super().get_context_data(
            level=BATCH_LEVELS[batch.state],
            busy=batch.state in ImportBatch.OPEN,
            told=batch.state in TOLD,
            workbook_offered=batch.rejected <= MOST_IN_A_WORKBOOK,
            again_url=self._again(batch),
            offered=dict(moves(batch, IMPORT, self.request.user)),
            share=_share(batch),
            corrects_url=batch.corrects.get_absolute_url() if batch.corrects else "",
            correctable=batch.rejected and batch.state in (State.REJECTED, State.APPLIED) and has_rows(batch),
            stage=STAGES.get(batch.state, 3),
            mapped=_mapped(batch),
            page=page,
            problem=said(batch.problem),
            warnings=[said(warning) for warning in batch.warnings],
            parts=parts,
            shares=[(part["kind"], part["count"]) for part in parts],
            created=[(NOUNS.get(name, name), count) for name, count in batch.created.items() if count],
            may_import=access.may_import(self.request.user),
            **self._weeks(batch),
            **kwargs,
        )

    def _weeks(self, batch):
        """What the file does by week, and whether that can be taken back."""
        weeks, count = weeks_of(batch, self.request.user)
        undoable = access.may_import(self.request.user) and can_be_undone(batch)
        return {"weeks": weeks, "week_count": count, "undoable": undoable}

    def _again(self, batch):
        """Where a file that was refused is handed in corrected; empty where there is nothing to correct."""
        refused = batch.state in (State.REJECTED, State.UNUSABLE) and access.may_import(self.request.user)
        return f"{reverse('kpis:import-new')}?again={batch.pk}" if refused else ""


def _mapped(batch):
    """By which mapping a file is read, in words."""
    words = {asking.FORM: _("mapped on a page"), asking.REMEMBERED: _("mapped as before"), asking.ASK: ""}
    return words.get(batch.mapping, _("mapping %(name)s") % {"name": batch.mapping})


def _share(batch):
    """How much of the rows is read, from 0 to 1; None where nobody knows."""
    return min(batch.rows_read / batch.rows_total, 1) if batch.rows_total else None


def _parts(batch):
    """The rows of the file by what became of them, for one bar and its legend."""
    ignored = sum(batch.ignored.values())
    told = sum(batch.changes.get(name, 0) for name in ("new", "changed", "unchanged"))
    counts = (
        ("new", _("Accepted"), 0 if told else batch.accepted),
        ("new", _("New"), batch.changes.get("new", 0)),
        ("changed", _("Changed"), batch.changes.get("changed", 0)),
        ("same", _("Unchanged"), batch.changes.get("unchanged", 0)),
        ("same", _("Ignored"), ignored),
        ("bad", _("Rejected"), batch.rejected),
    )
    return [{"kind": kind, "label": label, "count": count} for kind, label, count in counts]


class ImportFile(Scoped, View):
    """The file as it was handed in, byte for byte; the audit log says who took it."""

    model = ImportBatch

    def get(self, request, pk):
        batch = get_object_or_404(self.get_queryset(), pk=pk)
        try:
            file = services.hand_out(batch, by=request.user)
        except FileNotFoundError as error:
            raise Http404 from error
        kind, headers = "application/octet-stream", {"X-Content-Type-Options": "nosniff"}
        return FileResponse(file, as_attachment=True, filename=batch.file_name, content_type=kind, headers=headers)


class ImportReport(Scoped, View):
    """Every fault as CSV or XLSX: the bad rows as they stood in the file; without the file, what stood in the cell."""

    model = ImportBatch

    def get(self, request, pk, kind):
        batch = get_object_or_404(self.get_queryset(), pk=pk)
        name = f"import-{batch.pk}.{kind}"
        if kind == "csv" and has_rows(batch):
            return streamed(name, report(batch))
        if kind == "csv":
            return csv_response(name, *_faults(batch))
        if batch.rejected > MOST_IN_A_WORKBOOK:
            raise Http404
        if not has_rows(batch):
            return xlsx_response(name, batch.file_name, *_faults(batch))
        rows = table(batch)
        return xlsx_response(name, batch.file_name, next(rows), rows)


def _faults(batch):
    """Header and rows of the faults alone."""
    return [pgettext("file", "Line"), _("Column"), pgettext("cell", "Value"), _("Reason")], faults(batch)


class FeedNames(Suggestions):
    """Feeds that may be meant by the beginning of a code or a part of a name."""

    model = Feed

    def found(self, rows, text):
        return rows.filter(number_or_name(text)).order_by("name", "pk")


class ImportNew(FormView):
    """Hand in a file; it is read by a worker, and its page shows how far it is."""

    template_name = "kpis/import_new.html"
    form_class = UploadForm

    def dispatch(self, request, *args, **kwargs):
        if not access.may_import(request.user):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def get_initial(self):
        """What the address names: a feed, or a batch whose corrected file is handed in."""
        feed, again = self._named(Feed, "feed"), self._named(ImportBatch, "again")
        if again:
            return {name: getattr(again, name) for name in ("kind", "feed", "mapping", "dry_run")} | {"again": again}
        return {"feed": feed, "kind": feed.kind, "dry_run": True} if feed else {"dry_run": True}

    def _named(self, model, name):
        pk = self.request.GET.get(name, "")
        return model.objects.visible_to(self.request.user).filter(pk=pk).first() if pk.isdecimal() else None

    def get_context_data(self, **kwargs):
        return super().get_context_data(most=settings.IMPORT_MAX_BYTES, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form):
        try:
            batch = form.save_with(self.request.user)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        return HttpResponseRedirect(batch.get_absolute_url())

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)
