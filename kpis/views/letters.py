"""Letters about stock-outs: the list, one as paper, its words, the same as a file."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from kam.lists import Column, linked, status
from kam.views.base import MoveView, Reported, ScopedDetail, ScopedUpdate, refuse
from kam.views.chosen import Act, Chosen
from kam.views.lists import ScopedList
from kam.views.undo import ScopedRemove
from kam.workflow import moves
from kpis import access
from kpis.models import StockOut, StockOutLetter
from kpis.stockouts import letters, papers, services
from kpis.stockouts.filters import LetterFilter
from kpis.stockouts.forms import LetterForm, WordsForm
from kpis.stockouts.workflow import LETTER
from kpis.views.tabs import SUPPLY, links

State = StockOutLetter.State
STATES = {State.DRAFT: ("info", "pencil"), State.SENT: ("good", "")}
COLUMNS = (
    Column("subject", gettext_lazy("Subject"), lambda r: r.subject, sort=("subject", "pk")),
    Column("account", gettext_lazy("Account"), lambda r: r.account.name,
           cell=linked(lambda r: r.account.name, lambda r: r.account.get_absolute_url()),
           sort=("account__sort_name", "-pk")),
    Column("audience", gettext_lazy("For"), lambda r: r.get_audience_display(), desk=True),
    Column("state", gettext_lazy("State"), lambda r: r.get_state_display(),
           cell=status(lambda r: STATES[r.state], lambda r: r.get_state_display())),
    Column("language", gettext_lazy("Language"), lambda r: r.get_language_display(), desk=True),
    Column("author", gettext_lazy("Written by"), lambda r: r.author.name, desk=True),
    Column("written", gettext_lazy("Written"), lambda r: r.created_at, "moment", sort=("pk",), first="desc", desk=True),
    Column("sent", gettext_lazy("Sent"), lambda r: r.sent_at, "moment", desk=True),
    Column("sent_by", gettext_lazy("Sent by"), lambda r: r.sent_by and r.sent_by.name, shown=False, desk=True),
)  # fmt: skip


def paper(letter, kind):
    """A letter as a download: `docx` or `html`."""
    return download(f"letter-{letter.pk}.{kind}", papers.MAKERS[kind](letter), papers.MIMES[kind])


def download(name, content, mime):
    return HttpResponse(content, mime, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def papers_of(request, rows):
    """The chosen letters as Word files; several in one archive."""
    if len(rows) == 1:
        return paper(rows[0], "docx")
    return download("letters.zip", papers.as_zip(rows), "application/zip")


class LetterList(Chosen, ScopedList):
    """What we wrote to accounts, and to ourselves, about stock-outs."""

    model, title, columns, default_sort = StockOutLetter, gettext_lazy("Letters"), COLUMNS, "-written"
    filterset_class = LetterFilter
    acts = {"docx": Act(gettext_lazy("Download as Word"), "download", lambda user: True, papers_of)}

    def get_queryset(self):
        return super().get_queryset().select_related("account", "author", "sent_by")

    def get_context_data(self, **kwargs):
        text = _("Choose stock-outs in their list, or open one: KAM proposes the words, and sends nothing.")
        empty = {"icon": "mail", "title": _("Letters will appear here"), "text": text}
        return super().get_context_data(**kwargs) | {"tools": links(self.request, SUPPLY), "empty": empty}


class LetterCreate(Reported, FormView):
    """Begin a letter about an episode: for whom, in which language, about which others."""

    http_method_names = ["get", "post", "head", "options"]
    form_class, template_name = LetterForm, "kit/form_page.html"

    @cached_property
    def episode(self):
        seen = StockOut.objects.visible_to(self.request.user).select_related("account", "product")
        return get_object_or_404(seen, pk=self.kwargs["pk"])

    def dispatch(self, request, *args, **kwargs):
        if not access.may_write_letter(request.user, self.episode):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"episode": self.episode}

    def get_context_data(self, **kwargs):
        url = self.episode.get_absolute_url()
        return super().get_context_data(title=_("New letter"), object=self.episode, cancel_url=url, **kwargs)

    def get_success_url(self):
        return self.success_url or self.episode.get_absolute_url()

    def form_valid(self, form):
        self.success_url = form.save_with(self.request.user).get_absolute_url()
        return super().form_valid(form)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


class LetterDetail(ScopedDetail):
    """A letter as it would be sent."""

    template_name = "kpis/letter.html"
    queryset = StockOutLetter.objects.select_related("account", "author", "sent_by")

    def get_context_data(self, **kwargs):
        row, user = self.object, self.request.user
        is_draft = row.state == State.DRAFT
        return super().get_context_data(
            letter=row,
            tables=letters.tables(row),
            state=STATES[row.state],
            episodes=row.episodes.select_related("product"),
            may_write=is_draft and access.may_write_letter(user, row),
            moves=moves(row, LETTER, user),
            moves_base=reverse("kpis:letter-move", args=[row.pk, "x"]).removesuffix("x/"),
            **kwargs,
        )


class LetterEdit(ScopedUpdate):
    """The words of a draft."""

    model, form_class, title = StockOutLetter, WordsForm, gettext_lazy("Edit letter")

    def may(self, user, row):
        return access.may_write_letter(user, row)


class LetterMove(MoveView):
    model, steps = StockOutLetter, LETTER
    queryset = StockOutLetter.objects.select_related("account")


class LetterRemove(ScopedRemove):
    """POST: throw a draft away."""

    model = StockOutLetter

    def may(self, user, row):
        return access.may_write_letter(user, row)

    def remove(self, row, by):
        return services.remove_letter(row, by=by)

    def url_after(self, row):
        return reverse("kpis:letter-list")


class LetterFile(ScopedDetail):
    """The letter as a file to send: Word or HTML."""

    queryset = StockOutLetter.objects.select_related("account")

    def get(self, request, *args, **kwargs):
        return paper(self.get_object(), kwargs["kind"])
