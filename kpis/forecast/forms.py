"""Forms of forecasts: events."""

from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from kam.choosing import OneNamed
from kam.forms import FigureField, ScopedForm
from kpis.forecast import services
from kpis.models import ForecastEvent, Product


class EventForm(ScopedForm):
    """An event: of an account, of one product or all of them; how sales change, or how many units a week."""

    fixed = ("account",)

    account = OneNamed(Account.objects.all(), route="accounts:names", label=_("Account: number or name"))
    product = OneNamed(
        Product.objects.all(),
        route="kpis:product-names",
        label=_("Product: number or name"),
        required=False,
        help_text=_("Leave it empty where all products of the account are concerned."),
    )
    uplift = FigureField(
        label=_("Sales change by, %"),
        required=False,
        max_digits=9,
        decimal_places=2,
        help_text=_("30 for a promotion that sells 30 % more, -100 for a product that is not sold any more."),
    )

    class Meta:
        model = ForecastEvent
        fields = ["account", "product", "kind", "name", "starts", "ends", "uplift", "units"]
        help_texts = {
            "ends": _("Leave it empty where there is no end."),
            "units": _("For a product without history, in the place of a change."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["uplift"].rate = True

    def clean_uplift(self):
        typed = self.cleaned_data["uplift"]
        return typed if typed is None else typed / 100

    def create(self, **values):
        return services.create_event(**values)

    def change(self, **values):
        return services.change_event(self.instance, **values)
