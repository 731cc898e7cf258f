"""Stock-outs: the list, one of them with everything it was judged on, and the right cause."""

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, Exists, OuterRef, Value
from django.db.models.functions import Concat
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from accounts.models import Alert
from accounts.timeline import tell
from kam.audit import entries_of
from kam.lists import Column, linked, status
from kam.views.base import MoveView, ScopedDetail, ScopedUpdate
from kam.views.chosen import Act, Chosen
from kam.views.lists import InList, ScopedList
from kam.workflow import moves
from kpis import access
from kpis.models import MeasureValue, StockOut, StockOutLetter
from kpis.stockouts import services, showing, words
from kpis.stockouts.filters import StockOutFilter
from kpis.stockouts.forms import CauseForm
from kpis.stockouts.workflow import STOCKOUT
from kpis.views.tabs import SUPPLY, links

Audience = StockOutLetter.Audience
COLUMNS = (
    Column("product", gettext_lazy("Product"), lambda s: s.product.name, sort=("product__sort_name", "-first_week"),
           beside=lambda s: s.product.code),
    Column("code", gettext_lazy("Number"), lambda s: s.product.code, "code", shown=False, always=True),
    Column("account", gettext_lazy("Account"), lambda s: s.account.name,
           cell=linked(lambda s: s.account.name, lambda s: s.account.get_absolute_url()),
           sort=("account__sort_name", "-first_week")),
    Column("standing", gettext_lazy("Standing"), lambda s: s.get_standing_display(), desk=True,
           cell=status(lambda s: showing.STANDINGS[s.standing], lambda s: s.get_standing_display())),
    Column("weeks", gettext_lazy("Weeks"), showing.span_text, sort=("first_week", "pk"), first="desc", desk=True),
    Column("first_week", gettext_lazy("First week"), lambda s: s.first_week, "day", shown=False, always=True),
    Column("last_week", gettext_lazy("Last week"), lambda s: s.last_week, "day", shown=False, always=True),
    Column("count", gettext_lazy("Number of weeks"), lambda s: s.weeks, "count", shown=False, desk=True),
    Column("kind", gettext_lazy("Kind"), lambda s: s.get_kind_display(), shown=False, desk=True),
    Column("expected", gettext_lazy("Units expected"), lambda s: s.expected, "figure", shown=False, desk=True),
    Column("sold", gettext_lazy("Units sold"), lambda s: s.sold, "figure", shown=False, desk=True),
    Column("lost", gettext_lazy("Units lost"), lambda s: s.lost_units, "figure", sort=("lost_units", "pk"),
           first="desc", desk=True),
    Column("value", gettext_lazy("Value lost"), lambda s: s.lost_value, "money", sort=("lost_value", "pk"),
           first="desc", currency=lambda s: s.currency),
    Column("cause", gettext_lazy("Cause"), lambda s: s.get_cause_display(), sort=("cause", "pk")),
    Column("side", gettext_lazy("Responsible"), showing.side_word, desk=True,
           cell=status(lambda s: showing.SIDES[s.side], showing.side_word)),
    Column("why", gettext_lazy("Why"), words.why_of, shown=False, desk=True),
    Column("letters", gettext_lazy("Letters"), lambda s: s.letters_count, "count", shown=False, desk=True),
)  # fmt: skip
HISTORY = 30
# The right cause is said by a form of its own.
MOVES = {name: step for name, step in STOCKOUT.items() if name != "correct"}


def begin(audience):
    """What `Act.do` is to be: begin letters about the chosen stock-outs, and lead to them."""

    def act(request, rows):
        begun = services.create_letters(by=request.user, episodes=rows, audience=audience)
        said = ngettext("%(n)s letter was begun.", "%(n)s letters were begun.", len(begun))
        messages.success(request, said % {"n": len(begun)})
        return redirect(begun[0] if len(begun) == 1 else "kpis:letter-list")

    return act


class StockOutList(Chosen, ScopedList):
    """Which products accounts were out of, what it cost and why; without a filter those that the facts show."""

    model, title, columns, default_sort = StockOut, gettext_lazy("Stock-outs"), COLUMNS, "-weeks"
    filterset_class, leads = StockOutFilter, True
    acts = {
        "account": Act(gettext_lazy("Write to accounts"), "send", access.may_write_letter, begin(Audience.ACCOUNT)),
        "internal": Act(gettext_lazy("Internal notes"), "note", access.may_write_letter, begin(Audience.INTERNAL)),
    }

    def get_queryset(self):
        rows = super().get_queryset().select_related("account", "product").annotate(letters_count=Count("letters"))
        return rows if self.request.GET.get("standing") else rows.standing()

    def get_context_data(self, **kwargs):
        text = _("The night looks for products that an account lists and sells, and could not sell; none was found.")
        return super().get_context_data(**kwargs) | {
            "tabs": [
                self.tab(pgettext_lazy("stock-outs", "All"), ""),
                self.tab(_("Out of stock now"), "standing=open"),
                self.tab(_("Our doing"), "side=us"),
                self.tab(_("Cause not known"), "side=unknown"),
            ],
            "tools": links(self.request, SUPPLY),
            "empty": {"icon": "circle-check", "title": _("No stock-outs"), "text": text},
        }


class StockOutDetail(InList, ScopedDetail):
    """One episode: its weeks, why, the lines it was judged on, stores, letters, what happened to it."""

    template_name = "kpis/stockout.html"
    queryset = StockOut.objects.select_related("account", "product", "merged_into__product")
    listed_by, list_url = StockOutList, "kpis:stockout-list"

    def get_queryset(self):
        """With whether there is an unresolved alert about it, and in which weeks news of the account is missing.

        Both are of the same class of data.
        """
        name = Concat(Value("stockout:"), "account_id", Value(":"), "product_id", output_field=CharField())
        about = Alert.objects.unresolved().filter(fingerprint=OuterRef("alert_name"))
        late = MeasureValue.objects.filter(account=OuterRef("account"), measure="sell_through_units", late=True)
        rows = super().get_queryset().annotate(alert_name=name, late_weeks=ArraySubquery(late.values("week")))
        return rows.annotate(has_alert=Exists(about))

    def get_context_data(self, **kwargs):
        user, row = self.request.user, self.object
        weeks, lines = showing.timeline(row)
        return super().get_context_data(
            weeks=weeks,
            chart=showing.chart(weeks),
            lines=showing.order_rows(row, lines),
            stores=showing.stores(row),
            steps=words.steps(row.path),
            span=showing.span_text(row),
            standing=showing.STANDINGS[row.standing],
            side=(*showing.SIDES[row.side], showing.side_word(row)),
            letters=row.letters.select_related("author", "sent_by"),
            alerts_url=f"{reverse('accounts:alert-list')}?account={row.account_id}",
            moves=moves(row, MOVES, user),
            moves_base=reverse("kpis:stockout-move", args=[row.pk, "x"]).removesuffix("x/"),
            may_explain=access.may_explain(user, row) and row.standing != StockOut.Standing.WITHDRAWN,
            may_write=access.may_write_letter(user, row) and row.standing != StockOut.Standing.WITHDRAWN,
            history=tell(entries_of(row)[:HISTORY]),
            **kwargs,
        )


class StockOutMove(MoveView):
    model, steps = StockOut, MOVES
    queryset = StockOut.objects.select_related("account", "product")


class CauseEdit(ScopedUpdate):
    """Say why a product was really out of stock."""

    model, form_class, title = StockOut, CauseForm, gettext_lazy("Correct the cause")
    queryset = StockOut.objects.select_related("account", "product")

    def may(self, user, row):
        return access.may_explain(user, row)
