from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kam.choosing import OneNamed
from kam.forms import FigureField, ScopedForm
from kam.measures import all_measures
from kam.templatetags.formats import headed
from kpis import services, showing
from kpis.imports.toml import FOLDER
from kpis.models import Feed, ImportBatch, Target
from kpis.models.batch import Kind


def own_mappings():
    """Our mapping files, by name; the default of each kind comes by itself."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return [("", _("As the feed says, else the default of the kind"))] + [
        (name, name) for name in names if not name.startswith("default_")
    ]


class Files(forms.FileField):
    """Any number of files; the value is a list."""

    class Input(forms.ClearableFileInput):
        allow_multiple_selected = True

    widget = Input

    def clean(self, data, initial=None):
        several = data if isinstance(data, list | tuple) else [data]
        return [super(Files, self).clean(one, initial) for one in several if one]


class UploadForm(forms.Form):
    """A file to import, how it is to be read, and whether to store it; `again` is the batch it corrects."""

    kind = forms.ChoiceField(label=_("What is in the file"), choices=Kind.choices)
    file = forms.FileField(
        label=_("File"),
        allow_empty_file=True,
        help_text=_(
            "Excel (XLSX, XLS), text (CSV, TSV), EDIFACT, X12 or an Amazon vendor report (JSON). "
            "Drop it here or choose it; nothing is stored unchecked."
        ),
    )
    feed = OneNamed(
        Feed.objects.all(),
        route="kpis:feed-names",
        label=_("Feed: code or name"),
        required=False,
        help_text=_("The account's regular file; brings its mapping and its account along."),
    )
    mapping = forms.ChoiceField(label=_("Mapping"), choices=own_mappings, required=False)
    mapping_file = forms.FileField(
        label=_("Mapping of your own"), required=False, help_text=_("A TOML file; wins over the choice above.")
    )
    beside = Files(
        label=_("Files it joins"),
        required=False,
        help_text=_("Where the mapping looks something up in a second file, such as the heads of orders."),
    )
    again = forms.ModelChoiceField(queryset=ImportBatch.objects.none(), required=False, widget=forms.HiddenInput)
    dry_run = forms.BooleanField(label=_("Check only, store nothing"), required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["feed"].queryset = Feed.objects.visible_to(user)
        self.fields["again"].queryset = ImportBatch.objects.visible_to(user)

    def clean_mapping_file(self):
        """The text of the mapping, None without one."""
        file = self.cleaned_data["mapping_file"]
        try:
            return file.read(1 << 20).decode("utf-8") if file else None
        except UnicodeDecodeError as error:
            raise ValidationError(_("A mapping is text in UTF-8.")) from error

    def clean(self):
        data = super().clean()
        feed, kind = data.get("feed"), data.get("kind")
        if feed and kind and feed.kind != kind:
            self.add_error("feed", _("This feed brings %(kind)s.") % {"kind": feed.get_kind_display()})
        return data

    def save_with(self, by):
        data = dict(self.cleaned_data)
        text, again = data.pop("mapping_file"), data.pop("again")
        if again and text is None and not data["mapping"]:
            text = services.mapping_of_before(again)
        return services.upload(by=by, text=text, **data)


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
