from accounts import access, changes, people_api, services
from accounts.filters import AccountFilter, AlertFilter, ContactFilter, MembershipFilter, StoreFilter
from accounts.inbox_api import NotificationViewSet
from accounts.models import Account, Alert, Contact, Membership, Store
from accounts.serializers import (
    AccountSerializer,
    AlertSerializer,
    ContactSerializer,
    MembershipSerializer,
    StoreSerializer,
)
from accounts.workflow import ALERT
from kam.api.base import EditableViewSet, MoveMixin, ScopedViewSet


class Editable(EditableViewSet):
    """Rows that are kept: facts and other rows stand on them."""

    scope = "accounts"
    http_method_names = ["get", "post", "patch", "head", "options"]

    def may_create(self, user):
        return access.may_edit(user)

    def may_change(self, user, row):
        return access.may_edit(user, row)


class AccountViewSet(Editable):
    """Customers and sellers."""

    queryset = Account.objects.all()
    serializer_class = AccountSerializer
    filterset_class = AccountFilter
    order = ("sort_name", "pk")
    sortable = {"name": "sort_name", "code": "code", "country": "country", "tier": "tier", "updated_at": "updated_at"}

    def may_create(self, user):
        return access.may_create_account(user)

    def may_bulk(self, user):
        return access.may_edit(user)

    def create_row(self, by, data):
        return services.create_account(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_account(row, by=by, version=version, **data)


class StoreViewSet(Editable):
    """Outlets, warehouses and webshops of accounts."""

    queryset = Store.objects.all()
    serializer_class = StoreSerializer
    filterset_class = StoreFilter
    order = ("account_id", "code")
    sortable = {"code": "code", "name": "name", "country": "country"}

    def create_row(self, by, data):
        return services.create_store(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_store(row, by=by, version=version, **data)


class ContactViewSet(Editable):
    """People at accounts."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    sortable = {"name": "name", "power": "power", "updated_at": "updated_at"}

    def create_row(self, by, data):
        return services.create_contact(by=by, **data)

    def change_row(self, row, by, version, data):
        return services.change_contact(row, by=by, version=version, **data)

    def remove_row(self, row, by):
        services.remove_contact(row, by=by)


class MembershipViewSet(EditableViewSet):
    """Who looks after which account."""

    queryset = Membership.objects.all()
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter
    scope = "accounts"
    http_method_names = ["get", "post", "delete", "head", "options"]

    def may_create(self, user):
        return access.may_assign(user)

    def may_change(self, user, row):
        return access.may_assign(user, row)

    def create_row(self, by, data):
        return services.add_member(by=by, **data)

    def remove_row(self, row, by):
        services.remove_member(row, by=by)


class AlertViewSet(MoveMixin, ScopedViewSet):
    """What needs attention; acknowledge or resolve by a move."""

    queryset = Alert.objects.all()
    serializer_class = AlertSerializer
    filterset_class = AlertFilter
    scope, order = "accounts", ("-raised_on", "-pk")
    sortable = {"raised_on": "raised_on", "at_stake": "at_stake", "act_by": "act_by"}
    steps = ALERT


ROUTES = [
    ("accounts", AccountViewSet),
    ("stores", StoreViewSet),
    ("memberships", MembershipViewSet),
    ("contacts", ContactViewSet),
    ("alerts", AlertViewSet),
    *changes.ROUTES,
    ("notifications", NotificationViewSet),
    *people_api.ROUTES,
]
