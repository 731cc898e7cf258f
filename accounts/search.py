"""What the search finds of accounts: accounts, their stores and their people."""

from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Account, Contact, Store
from kam.search import Hit, group, named


def find(user, words):
    """Groups of accounts, people and stores that `user` sees."""
    accounts = Account.objects.visible_to(user).filter(named(words)).order_by("sort_name", "pk")
    every = f"{reverse('accounts:list')}?{urlencode({'q': ' '.join(words)})}"
    yield group(_("Accounts"), "building-store", accounts, _account, every)
    people = Contact.objects.visible_to(user).filter(_words_in("name", words)).select_related("account")
    yield group(_("People"), "users", people.order_by("name", "pk"), _contact)
    stores = Store.objects.visible_to(user).filter(_store(words)).select_related("account")
    yield group(_("Stores"), "building-warehouse", stores.order_by("account", "code"), _place)


def _words_in(name, words):
    found = Q()
    for word in words:
        found &= Q(**{f"{name}__istartswith": word}) | Q(**{f"{name}__icontains": f" {word}"})
    return found


def _store(words):
    return Q(code__istartswith=words[0]) if len(words) == 1 and words[0].isdigit() else _words_in("name", words)


def _account(account):
    return Hit(account.name, account.code, account.get_absolute_url())


def _contact(contact):
    return Hit(contact.name, contact.account.name, contact.get_absolute_url())


def _place(store):
    return Hit(store.name, f"{store.code} · {store.account.name}", store.get_absolute_url())
