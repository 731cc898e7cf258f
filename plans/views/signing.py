"""Signing: the queue, what changed since the last signature, the decision; and what was signed."""

from datetime import UTC, datetime

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView

from kam.views.base import Reported, Scoped, ScopedDetail, refuse
from plans import access, checks, compare, services, signing
from plans.forms import SignForm
from plans.models import Plan, Signature
from plans.showing import look
from plans.snapshots import Frozen

SHOWS = ("matters", "all", "full")
QUEUE, STRIP = 20, 4


def confirmed_at(request):
    """When this person last re-authenticated in this session, or None. Signing in does not count."""
    records = [r for r in get_authentication_records(request, request.user) if r.get("reauthenticated")]
    return datetime.fromtimestamp(records[-1]["at"], UTC) if records else None


class SignOff(Reported, Scoped, FormView):
    """GET shows the difference and the decision, POST signs exactly what was shown."""

    queryset = Plan.objects.select_related("account", "author")
    form_class = SignForm
    http_method_names = ["get", "post", "head", "options"]
    template_name = "plans/signoff.html"

    def dispatch(self, request, *args, **kwargs):
        self.request = request
        self.plan = get_object_or_404(self.get_queryset(), pk=kwargs["pk"])
        if request.method == "GET" and (signature := Signature.objects.filter(plan=self.plan).first()):
            return HttpResponseRedirect(signature.get_absolute_url())
        return super().dispatch(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        if not access.may_sign(request.user, self.plan):
            return refuse(request)
        return super().post(request, *args, **kwargs)

    @cached_property
    def content(self):
        return signing.content(self.plan)

    def get_initial(self):
        return {"version": self.plan.version, "seen_hash": self.content.content_hash}

    def form_valid(self, form):
        try:
            self.sign(form.cleaned_data)
        except services.NotConfirmed as refusal:
            form.add_error("password", refusal.message)
            return self.form_invalid(form)
        messages.success(self.request, _("“%(row)s” is signed.") % {"row": self.plan})
        return HttpResponseRedirect(self.signed.signature.get_absolute_url())

    def sign(self, given):
        """Sign what was seen; raises NotConfirmed when it is not certain who signs."""
        if given["password"] and not ratelimit.consume(self.request, action="reauthenticate", user=self.request.user):
            raise services.NotConfirmed(_("Too many attempts. Wait a minute."))
        self.signed = services.sign(
            self.plan,
            by=self.request.user,
            version=given["version"],
            seen_hash=given["seen_hash"],
            password=given["password"],
            confirmed_at=confirmed_at(self.request),
            comment=given["note"],
        )
        if given["password"]:
            reauthenticate_by_password(self.request)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def conflict(self, refusal):
        """Show the plan as it is now, and ask again; what was typed stays, but for the password."""
        self.plan.refresh_from_db()
        self.__dict__.pop("content", None)
        form = SignForm(initial=self.get_initial() | {"note": self.request.POST.get("note", "")})
        context = self.get_context_data(form=form, changed_meanwhile=refusal.message)
        return self.render_to_response(context, status=409)

    def get_success_url(self):
        return reverse("plans:signoff", args=[self.plan.pk])

    def get_context_data(self, **kwargs):
        content = self.content
        last = signing.chain(self.plan).select_related("plan").order_by("-pk").first()
        found = compare.compare(last.snapshot if last else None, content.snapshot)
        show = self.request.GET.get("show")
        context = {
            "plan": self.plan,
            "look": look(self.plan),
            "last": last,
            "difference": found,
            "targets": _targets(found, self.show(show, last)),
            "show": self.show(show, last),
            "strip": _strip(found, last),
            "frozen": Frozen(content.snapshot),
            "situation": _situation(found, content.snapshot),
            "content_hash": content.content_hash,
            "queue": list(Plan.objects.to_sign(self.request.user).select_related("account")[:QUEUE]),
        }
        return super().get_context_data(**context | self.decision() | kwargs)

    def show(self, asked, last):
        """What matters by default; everything for a first plan, because all of it is new."""
        return asked if asked in SHOWS else ("matters" if last else "full")

    def decision(self):
        """Who may do what now, and why not."""
        user = self.request.user
        fresh = confirmed_at(self.request)
        return {
            "may_sign": self.plan.state == Plan.State.SUBMITTED and access.may_sign(user, self.plan),
            "is_author": self.plan.author_id == user.pk,
            "missing": checks.missing(self.plan),
            "confirmed": fresh if fresh and timezone.now() - fresh <= services.FRESH else None,
        }


def _strip(found, last):
    """The first targets as a strip of figures, each with the signed one beside it."""
    told = [target for target in found.targets if target.change.new is not None][:STRIP]
    return [
        {
            "name": target.label,
            "unit": target.unit,
            "text": target.new,
            "note": _("v%(n)s %(old)s · %(change)s")
            % {"n": last.plan.revision, "old": target.old, "change": target.difference}
            if last
            else "",
        }
        for target in told
    ]


def _situation(found, snapshot):
    """(pieces, or nothing when unchanged; (heading, text)) of each section of words."""
    pieces = [found.changed_words.get(name) for name in compare.WORDS]
    return list(zip(pieces, Frozen(snapshot).words, strict=True))


def _targets(found, show):
    return {"matters": found.beyond, "all": found.changed, "full": found.targets}[show]


class Signed(ScopedDetail):
    """What was signed, from the snapshot and nothing else."""

    queryset = Signature.objects.select_related("signer", "plan")
    template_name = "plans/signed.html"
    context_object_name = "signature"

    def get_context_data(self, **kwargs):
        signature = self.object
        genuine = signature.content_hash == signing.chained(signature.previous_hash, signature.snapshot)
        frozen = Frozen(signature.snapshot)
        return super().get_context_data(
            plan=signature.plan, frozen=frozen, genuine=genuine, look=look(signature.plan), **kwargs
        )
