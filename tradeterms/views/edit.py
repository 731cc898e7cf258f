"""Writing agreements and terms: drafts are edited, revised, thrown away and put in force."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from kam.views.base import MoveView, Reported, Scoped, ScopedCreate, ScopedUpdate, refuse
from kam.views.undo import said_removed
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


class Act(Reported, Scoped, View):
    """POST: one service on a visible row; a refusal becomes a sentence on the page it came from."""

    http_method_names = ["post"]

    def post(self, request, pk):
        self.object = get_object_or_404(self.get_queryset(), pk=pk)
        if not access.may_edit(request.user, self.object):
            return refuse(request)
        self.act(request.user)
        return self.back()


class Revise(Act):
    """A new draft with the same terms, to be changed and put in force later."""

    model = Agreement

    def act(self, user):
        self.object = services.new_revision(self.object, by=user)

    def get_success_url(self):
        return self.object.get_absolute_url()


class AgreementRemove(Act):
    model = Agreement

    def act(self, user):
        said_removed(self.request, services.remove_agreement(self.object, by=user))

    def get_success_url(self):
        return self.object.get_absolute_url() if self.object.pk else reverse("tradeterms:list")


class TermRemove(Act):
    model = Term
    queryset = Term.objects.select_related("agreement__account")

    def act(self, user):
        said_removed(self.request, services.remove_term(self.object, by=user))

    def get_success_url(self):
        return f"{self.object.agreement.get_absolute_url()}#terms"


class AgreementMove(MoveView):
    model, steps = Agreement, AGREEMENT

    def said(self):
        return {"row": _("Agreement %(agreement)s") % {"agreement": self.object}, "state": super().said()["state"]}
