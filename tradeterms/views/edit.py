"""Writing agreements and terms: drafts are edited, revised, thrown away and put in force."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kam.views.base import MoveView, ScopedAct, ScopedCreate, ScopedUpdate
from kam.views.undo import ScopedRemove
from tradeterms import access, services
from tradeterms.forms import FORMS, AgreementForm
from tradeterms.models import Agreement, Term
from tradeterms.workflow import AGREEMENT


class AgreementCreate(ScopedCreate):
    model, form_class, title = Agreement, AgreementForm, gettext_lazy("New agreement")

    def may(self, user, row):
        return access.may_create_agreement(user)

    def get_initial(self):
        account = self.request.GET.get("account", "")
        return {"account": account} if account.isdecimal() else {}

    def get_cancel_url(self):
        return reverse("tradeterms:list")


class AgreementUpdate(ScopedUpdate):
    model, form_class, title = Agreement, AgreementForm, gettext_lazy("Edit agreement")

    def may(self, user, row):
        return access.may_edit(user, row)


class OnDraft:
    """Mix-in of term pages: the agreement above, and the form of the term's kind."""

    template_name = "tradeterms/term_form.html"

    def get_form_class(self):
        return FORMS[self.kind]

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"agreement": self.agreement}

    def may(self, user, row):
        return access.may_edit(user, self.agreement)

    def get_context_data(self, **kwargs):
        return super().get_context_data(agreement=self.agreement, **kwargs)

    def get_cancel_url(self):
        return self.agreement.get_absolute_url()

    def get_success_url(self):
        return f"{self.agreement.get_absolute_url()}#terms"

    @property
    def title(self):
        return Term.Kind(self.kind).label


class TermCreate(OnDraft, ScopedCreate):
    model = Term

    @cached_property
    def agreement(self):
        return get_object_or_404(Agreement.objects.visible_to(self.request.user), pk=self.kwargs["pk"])

    def get_object(self):
        self.kind = self.kwargs["kind"]
        if self.agreement and self.kind not in FORMS:
            raise Http404


class TermUpdate(OnDraft, ScopedUpdate):
    model = Term
    queryset = Term.objects.select_related("agreement__account")

    def get_object(self):
        term = super().get_object()
        self.agreement, self.kind = term.agreement, term.kind
        return term


class Revise(ScopedAct):
    """POST: a new draft with the same terms, to be changed and put in force later."""

    model = Agreement

    def may(self, user, row):
        return access.may_edit(user, row)

    def act(self, row, by):
        self.object = services.new_revision(row, by=by)


class AgreementRemove(ScopedRemove):
    """POST: throw a draft away with its terms."""

    model = Agreement

    def may(self, user, row):
        return access.may_edit(user, row)

    def remove(self, row, by):
        return services.remove_agreement(row, by=by)

    def url_after(self, row):
        return reverse("tradeterms:list")


class TermRemove(ScopedRemove):
    """POST: take a term out of a draft."""

    queryset = Term.objects.select_related("agreement__account")

    def may(self, user, row):
        return access.may_edit(user, row.agreement)

    def remove(self, row, by):
        return services.remove_term(row, by=by)

    def url_after(self, row):
        return f"{row.agreement.get_absolute_url()}#terms"


class AgreementMove(MoveView):
    model, steps = Agreement, AGREEMENT

    def said(self):
        return {"row": _("Agreement %(agreement)s") % {"agreement": self.object}, "state": super().said()["state"]}
