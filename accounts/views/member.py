"""Who looks after an account: decided by its leaders, on its people tab."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from accounts import access, services
from accounts.models import Membership
from accounts.people_forms import MemberForm
from accounts.views.parts import CreateOnAccount
from kam.views.undo import ScopedRemove


class MemberCreate(CreateOnAccount):
    model, form_class, title = Membership, MemberForm, gettext_lazy("Who looks after this account")

    def may(self, user, row):
        return access.may_assign(user)

    def get_cancel_url(self):
        return reverse("accounts:contacts", args=[self.account.pk])


class MemberRemove(ScopedRemove):
    """POST: take the account away from somebody."""

    model = Membership

    def may(self, user, row):
        return access.may_assign(user, row)

    def remove(self, row, by):
        return services.remove_member(row, by=by)

    def url_after(self, row):
        return row.get_absolute_url()
