from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from accounts import access
from accounts.forms import AccountForm
from accounts.models import Account
from accounts.timeline import entries_of_account, tell
from accounts.views.head import OnAccount
from kam.keyset import Keyset
from kam.panels import shown
from kam.views.base import ScopedCreate, ScopedUpdate


class AccountDetail(OnAccount, TemplateView):
    """The cockpit: what every floor has to say about one account first; the page asks for the rest by itself."""

    template_name = "accounts/detail.html"
    tab = "overview"
    later = (False,)

    def get_context_data(self, **kwargs):
        columns = {
            f"{column}_panels": shown("account", column, self.request, later=self.later, account=self.account)
            for column in ("top", "main", "side", "bottom")
        }
        return super().get_context_data(**columns, whole=True in self.later, **kwargs)


class AccountWhole(AccountDetail):
    """The cockpit with all that it shows; to the page that asks for what is missing, only that."""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.later = (True,) if request.htmx else (False, True)
        self.has_head = not request.htmx

    def get_template_names(self):
        return ["accounts/later.html" if self.request.htmx else "accounts/detail.html"]


class Timeline(OnAccount, TemplateView):
    """Everything that happened to the account and what hangs off it."""

    template_name = "accounts/timeline.html"
    tab = "timeline"
    page_size = 50

    def get_context_data(self, **kwargs):
        entries = entries_of_account(self.account, self.request.user)
        page = Keyset(("-at", "-pk"), self.page_size).page(entries, self.request)
        return super().get_context_data(page=page, events=tell(page.rows), **kwargs)


class AccountCreate(ScopedCreate):
    model, form_class, title = Account, AccountForm, gettext_lazy("New account")

    def may(self, user, row):
        return access.may_create_account(user)


class AccountUpdate(ScopedUpdate):
    model, form_class, title = Account, AccountForm, gettext_lazy("Edit account")

    def may(self, user, row):
        return access.may_edit(user, row)
