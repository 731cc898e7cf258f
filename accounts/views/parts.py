"""Stores and contacts of one account."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import access, services
from accounts.filters import ContactListFilter, StoreListFilter
from accounts.forms import ContactForm, StoreForm
from accounts.models import Account, Contact, Membership, Store
from accounts.views.head import OnAccount
from kam.lists import Column
from kam.roles import DataClass, may_read
from kam.templatetags import formats
from kam.views.base import ScopedCreate, ScopedUpdate
from kam.views.lists import ScopedList
from kam.views.undo import ScopedRemove

STORES = (
    Column("name", _("Name"), lambda s: s.name, sort=("name",), beside=lambda s: s.code),
    Column("code", _("Number"), lambda s: s.code, sort=("code",), shown=False, always=True),
    Column("kind", _("Kind"), lambda s: s.get_kind_display(), sort=("kind", "code")),
    Column("city", _("City"), lambda s: s.city, sort=("city", "code"), desk=True),
    Column("country", _("Country"), lambda s: s.country, desk=True),
)


class StoreList(OnAccount, ScopedList):
    """The places of one account; their names lead to the form for those who may edit."""

    model, title, columns, default_sort = Store, _("Stores"), STORES, "code"
    filterset_class, find = StoreListFilter, "q"
    template_name = "accounts/stores.html"
    tab = "stores"

    def get_queryset(self):
        return super().get_queryset().filter(account=self.account)

    def row_url(self, row):
        return reverse("accounts:store-update", args=[row.pk]) if access.may_edit(self.request.user, row) else ""


CONTACTS = (
    Column("name", _("Name"), lambda c: c.name, sort=("name",)),
    Column("title", _("Position"), lambda c: c.title, sort=("title", "name")),
    Column("role", _("Role in buying"), lambda c: c.get_buying_role_display(), sort=("buying_role", "name"), desk=True),
    Column("attitude", _("Attitude"), lambda c: c.attitude, "figure", sort=("attitude", "name"), first="desc",
           cell=lambda c: formats.number(c.attitude, sign=True)),
    Column("power", _("Power"), lambda c: c.power, "figure", sort=("power", "name"), first="desc"),
    Column("owner", _("Our relationship owner"), lambda c: c.our_owner and c.our_owner.name, desk=True),
    Column("above", _("Reports to"), lambda c: c.reports_to and c.reports_to.name, shown=False, desk=True),
    Column("email", _("E-mail"), lambda c: c.email, shown=False, always=True, desk=True),
    Column("phone", _("Phone"), lambda c: c.phone, shown=False, always=True, desk=True),
)  # fmt: skip


class ContactList(OnAccount, ScopedList):
    """People on both sides: who buys there, and who of us looks after the account."""

    model, title, columns, default_sort = Contact, _("People"), CONTACTS, "-power"
    filterset_class, find = ContactListFilter, "q"
    template_name = "accounts/contacts.html"
    tab = "people"

    def get_queryset(self):
        if not may_read(self.request.user, DataClass.RELATIONSHIP):
            raise Http404
        people = super().get_queryset().filter(account=self.account)
        return people.select_related("our_owner", "reports_to")

    def row_url(self, row):
        return reverse("accounts:contact-update", args=[row.pk]) if access.may_edit(self.request.user, row) else ""

    def get_context_data(self, **kwargs):
        members = Membership.objects.visible_to(self.request.user).filter(account=self.account)
        return super().get_context_data(
            members=members.select_related("user").order_by("user__sort_name"),
            may_assign=access.may_assign(self.request.user),
            **kwargs,
        )


class CreateOnAccount(ScopedCreate):
    """Add something to the account in the address."""

    def get_object(self):
        self.account = get_object_or_404(Account.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    def may(self, user, row):
        return access.may_edit(user)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"account": self.account}

    def get_cancel_url(self):
        return self.account.get_absolute_url()


class UpdateOnAccount(ScopedUpdate):
    def may(self, user, row):
        return access.may_edit(user, row)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"account": self.object.account}


class StoreCreate(CreateOnAccount):
    model, form_class, title = Store, StoreForm, _("New store")


class StoreUpdate(UpdateOnAccount):
    model, form_class, title = Store, StoreForm, _("Edit store")


class ContactCreate(CreateOnAccount):
    model, form_class, title = Contact, ContactForm, _("New contact")

    def may(self, user, row):
        return super().may(user, row) and may_read(user, DataClass.RELATIONSHIP)


class ContactUpdate(UpdateOnAccount):
    model, form_class, title = Contact, ContactForm, _("Edit contact")
    template_name = "accounts/contact_form.html"

    def get_success_url(self):
        return reverse("accounts:contacts", args=[self.object.account_id])


class ContactRemove(ScopedRemove):
    """POST: forget a person at an account."""

    model = Contact

    def may(self, user, row):
        return access.may_edit(user, row)

    def remove(self, row, by):
        return services.remove_contact(row, by=by)

    def url_after(self, row):
        return reverse("accounts:contacts", args=[row.account_id])
