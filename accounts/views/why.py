"""Why do I see this account, and why does somebody else, or why not."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from accounts import access
from accounts.models import Account
from accounts.people import SEES_ALL, people_of
from accounts.views.head import OnAccount
from accounts.why import classes_read, grounds, in_words, who_sees, why_not
from kam.models import User
from kam.roles import LEADERS, Role
from kam.templatetags.formats import DASH
from kam.views.base import refuse


class Why(OnAccount, TemplateView):
    """What lets the reader see this account; for leaders and auditors also who else sees it."""

    template_name = "accounts/why.html"

    def get_context_data(self, **kwargs):
        reader, account = self.request.user, self.account
        reads, does_not_read = classes_read(reader.role)
        may_see_others = reader.role in LEADERS or reader.role == Role.AUDITOR
        return super().get_context_data(
            grounds=[in_words(ground, account) for ground in grounds(reader, account)],
            reads=reads,
            does_not_read=does_not_read,
            others=who_sees(account) if may_see_others else None,
            **kwargs,
        )


class AskForm(forms.Form):
    """A person, and an account by its number."""

    person = forms.ModelChoiceField(User.objects.none(), label=_("Person"), empty_label=DASH)
    number = forms.CharField(label=_("Number of the account"), max_length=40)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people_of(user)

    def clean_number(self):
        account = Account.objects.filter(code=self.cleaned_data["number"].strip()).first()
        if account is None:
            raise forms.ValidationError(_("There is no account with this number."))
        return account


class Ask(FormView):
    """Why somebody sees an account or not, for administrators, who learn nothing of the account itself."""

    template_name = "people/ask.html"
    form_class = AskForm
    http_method_names = ["get", "head", "options"]

    def dispatch(self, request, *args, **kwargs):
        if request.user.role not in SEES_ALL or not access.may_look_at_people(request.user):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        asked = {"data": self.request.GET} if "number" in self.request.GET else {}
        return super().get_form_kwargs() | {"user": self.request.user} | asked

    def get_context_data(self, **kwargs):
        context = super().get_context_data(part="why", **kwargs)
        form = context["form"]
        if not (form.is_bound and form.is_valid()):
            return context
        person, account = form.cleaned_data["person"], form.cleaned_data["number"]
        found = [in_words(ground, account, naming=False) for ground in grounds(person, account)]
        reads, does_not_read = classes_read(person.role)
        return context | {
            "asked": person,
            "grounds": found,
            "why_not": "" if found else why_not(person),
            "reads": reads,
            "does_not_read": does_not_read,
        }
