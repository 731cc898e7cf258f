"""The form by which a file is handed in."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kam.choosing import OneNamed
from kpis import services
from kpis.forms import own_mappings
from kpis.models import Feed, ImportBatch
from kpis.models.batch import Kind


class Files(forms.FileField):
    """Any number of files; the value is a list."""

    class Input(forms.ClearableFileInput):
        allow_multiple_selected = True

    widget = Input

    def clean(self, data, initial=None):
        several = data if isinstance(data, list | tuple) else [data]
        return [super(Files, self).clean(one, initial) for one in several if one]


class UploadForm(forms.Form):
    """A file to import, how it is to be read, and whether to store it; `again` is the batch it corrects.

    Who says nothing of the mapping is asked for the columns where none fits.
    """

    advanced = ("mapping", "mapping_file", "beside")
    # One of them is needed, so neither stands as optional.
    either = ("feed", "kind")

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
    kind = forms.ChoiceField(
        label=_("What is in the file"), choices=[("", _("As the feed says")), *Kind.choices], required=False
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
    dry_run = forms.BooleanField(
        label=_("Check only, store nothing"),
        required=False,
        help_text=_("You see what would change, and store it with one more click."),
    )

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
        if not kind and not feed and "feed" not in self.errors:
            self.add_error("kind", _("Say what is in the file, or which feed brings it."))
        return data | {"kind": kind or (feed.kind if feed else "")}

    def save_with(self, by):
        data = dict(self.cleaned_data)
        text, again = data.pop("mapping_file"), data.pop("again")
        if again and text is None and not data["mapping"]:
            text = services.mapping_of_before(again)
        return services.upload(by=by, text=text, by_form=True, **data)

    def plain(self):
        """The bound fields that everybody needs."""
        return [field for field in self.visible_fields() if field.name not in self.advanced]

    def further(self):
        """The bound fields of who brings a mapping along."""
        return [self[name] for name in self.advanced]

    @property
    def opens(self):
        """Whether something was said in the fields that stand folded."""
        return any(field.errors or field.value() for field in self.further())
