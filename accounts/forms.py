from django import forms

from accounts import access, services
from accounts.models import Account, Contact, Store
from kam.forms import ScopedForm


class AccountForm(ScopedForm):
    """Only leaders see the fields that say where the account stands and who looks after it.

    A place, team or owner that the leader does not see is not offered and so stays as it is.
    """

    class Meta:
        model = Account
        fields = [
            "name",
            "code",
            "kind",
            "direction",
            "state",
            "tier",
            "country",
            "currency",
            "languages",
            "parent",
            "team",
            "owner",
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in services.ASSIGNMENT:
            if not access.may_assign(self.user, self.instance) or self._beyond_sight(name):
                del self.fields[name]
        if self.instance.pk and "parent" in self.fields:
            places = self.fields["parent"].queryset
            self.fields["parent"].queryset = places.exclude(lineage__contains=[self.instance.pk])

    def _beyond_sight(self, name):
        current = getattr(self.instance, f"{name}_id")
        return current is not None and not self.fields[name].queryset.filter(pk=current).exists()

    def save_with(self, by):
        data = {k: v for k, v in self.cleaned_data.items() if k != "version"}
        if self.instance.pk is None:
            return services.create_account(by=by, **data)
        return services.change_account(self.instance, by=by, version=self.seen_version(), **data)


class OfAccount(ScopedForm):
    """A form for something of one account, which stands in the address and cannot be chosen."""

    create = change = None

    def __init__(self, *args, account, **kwargs):
        super().__init__(*args, **kwargs)
        self.account = self.instance.account = account

    def save_with(self, by):
        data = {k: v for k, v in self.cleaned_data.items() if k != "version"}
        if self.instance.pk is None:
            return type(self).create(by=by, account=self.account, **data)
        return type(self).change(self.instance, by=by, version=self.seen_version(), **data)


class StoreForm(OfAccount):
    """A place of the account."""

    create, change = staticmethod(services.create_store), staticmethod(services.change_store)

    class Meta:
        model = Store
        fields = ["code", "name", "kind", "city", "country"]


class ContactForm(OfAccount):
    """A person at the account; they report to a colleague, never to themselves."""

    create, change = staticmethod(services.create_contact), staticmethod(services.change_contact)

    class Meta:
        model = Contact
        fields = [
            "name",
            "title",
            "buying_role",
            "attitude",
            "power",
            "email",
            "phone",
            "reports_to",
            "our_owner",
        ]
        widgets = {
            "attitude": forms.NumberInput(attrs={"min": -2, "max": 2}),
            "power": forms.NumberInput(attrs={"min": 1, "max": 5}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        colleagues = self.fields["reports_to"].queryset.filter(account=self.account)
        self.fields["reports_to"].queryset = colleagues.exclude(pk=self.instance.pk)
