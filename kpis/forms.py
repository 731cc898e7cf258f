from django.utils.translation import gettext_lazy as _

from kam.forms import FigureField, ScopedForm
from kam.measures import all_measures
from kam.templatetags.formats import headed
from kpis import services, showing
from kpis.imports.toml import FOLDER
from kpis.models import Target


def own_mappings():
    """Our mapping files, by name; the default of each kind comes by itself."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return [("", _("As the feed says, else the default of the kind"))] + [
        (name, name) for name in names if not name.startswith("default_")
    ]


class TargetForm(ScopedForm):
    """What one account shall reach of one measure in one year; account, measure and year stand in the address.

    Rates are typed in percent and stored as fractions.
    """

    value = FigureField(label=_("Target"), max_digits=18, decimal_places=4, localize=True)

    class Meta:
        model = Target
        fields = ["value"]

    def __init__(self, *args, named, **kwargs):
        super().__init__(*args, **kwargs)
        self.named = named
        measure, field = all_measures()[named["measure"]], self.fields["value"]
        field.rate = measure.unit == "percent"
        field.label = headed(field.label, showing.full_unit(measure, named["account"].currency))

    def clean_value(self):
        value = self.cleaned_data["value"]
        return value / 100 if self.fields["value"].rate else value

    def create(self, **values):
        return services.set_target(**self.named, **values)

    def change(self, **values):
        return services.change_target(self.instance, **values)
