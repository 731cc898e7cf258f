"""Forms of accounts, their places and people."""

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

    def create(self, **values):
        return services.create_account(**values)

    def change(self, **values):
        return services.change_account(self.instance, **values)


class OfAccount(ScopedForm):
    """A form for something of one account, which stands in the address and cannot be chosen."""

    def __init__(self, *args, account, **kwargs):
        super().__init__(*args, **kwargs)
        self.account = self.instance.account = account


class StoreForm(OfAccount):
    """A place of the account."""

    class Meta:
        model = Store
        fields = ["code", "name", "kind", "city", "country"]

    def create(self, **values):
        return services.create_store(account=self.account, **values)

    def change(self, **values):
        return services.change_store(self.instance, **values)


class ContactForm(OfAccount):
    """A person at the account; they report to a colleague, never to themselves."""

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

    def create(self, **values):
        return services.create_contact(account=self.account, **values)

    def change(self, **values):
        return services.change_contact(self.instance, **values)
