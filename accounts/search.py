"""What the search finds of accounts: accounts, their stores and their people."""

from urllib.parse import urlencode

from django.db.models import Value
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Contact, Store
from kam.search import Hit, group
from kam.words import named


def find(user, words):
    """Groups of accounts, people and stores that `user` sees."""
    text = " ".join(words)
    accounts = Account.objects.visible_to(user).found_by(text).order_by("sort_name", "pk")
    every = f"{reverse('accounts:list')}?{urlencode({'q': text})}"
    yield group(_("Accounts"), "building-store", accounts, _account, every)
    people = Contact.objects.visible_to(user).filter(named(words, number=Value(""))).select_related("account")
    yield group(_("People"), "users", people.order_by("name", "pk"), _contact)
    stores = Store.objects.visible_to(user).filter(named(words)).select_related("account")
    yield group(_("Stores"), "building-warehouse", stores.order_by("name", "code", "pk"), _place)


def _account(account):
    return Hit(account.name, account.code, account.get_absolute_url())


def _contact(contact):
    return Hit(contact.name, contact.account.name, contact.get_absolute_url())


def _place(store):
    return Hit(store.name, f"{store.code} · {store.account.name}", store.get_absolute_url())
