"""Page bases: every detail, form and move starts from what the user sees; lists stand in `kam.views.lists`."""

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, View

from kam.errors import Conflict, Stale
from kam.workflow import move


class Scoped:
    """Mix-in: `model` rows the user sees; everything else is 404."""

    model = None
    queryset = None

    def get_queryset(self):
        rows = self.queryset if self.queryset is not None else self.model.objects.all()
        return rows.visible_to(self.request.user)


class ScopedDetail(Scoped, DetailView):
    context_object_name = "object"


class Reported:
    """Mix-in for POST views: refusals become sentences, and the person lands where they came from."""

    def back(self):
        target = self.request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(target, allowed_hosts={self.request.get_host()})
        return HttpResponseRedirect(target if safe else self.get_success_url())

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except Stale as refusal:
            return self.conflict(refusal)
        except Conflict as refusal:
            messages.error(request, refusal.message)
            return self.back()

    def conflict(self, refusal):
        messages.error(self.request, refusal.message)
        return self.back()


class ScopedFormView(Reported, Scoped, FormView):
    """Base of create and edit pages; `may(user, row)` is asked before anything else (403)."""

    http_method_names = ["get", "post", "head", "options"]
    template_name = "kit/form_page.html"
    conflict_template_name = "kit/conflict.html"
    title = ""

    def may(self, user, row):
        raise TypeError(f"{type(self).__name__} must say who may use it")

    def get_object(self):
        return None

    def dispatch(self, request, *args, **kwargs):
        self.kwargs = kwargs
        self.request = request
        self.object = self.get_object()
        if not self.may(request.user, self.object):
            return refuse(request)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        return (
            super().get_form_kwargs() | {"user": self.request.user} | ({"instance": self.object} if self.object else {})
        )

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            title=self.title, object=self.object, cancel_url=self.get_cancel_url(), **kwargs
        )

    def get_cancel_url(self):
        return self.object.get_absolute_url() if hasattr(self.object, "get_absolute_url") else "/"

    def form_valid(self, form):
        try:
            self.object = form.save_with(self.request.user)
        except ValidationError as error:
            for field, found in _by_field(error, form).items():
                form.add_error(field, found)
            return self.form_invalid(form)
        except Stale as refusal:
            return self.conflict_page(form, refusal)
        messages.success(self.request, self.success_message())
        return self.back()

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def success_message(self):
        return _("“%(row)s” is saved.") % {"row": self.object}

    def get_success_url(self):
        return self.object.get_absolute_url()

    def conflict_page(self, form, refusal):
        """Mine beside theirs, field by field; saving again from here overwrites knowingly."""
        current = refusal.current
        form.data = form.data.copy()
        form.data[form.add_prefix("version")] = current.version
        context = self.get_context_data(form=form, differing=_differing(form, current), current=current)
        return render(self.request, self.conflict_template_name, context, status=409)


def _differing(form, current):
    """Label, mine and theirs of every visible field in which the form and the stored row differ."""
    rows = [
        {"label": f.label, "mine": f.value(), "theirs": f.field.prepare_value(getattr(current, f.name, ""))}
        for f in form.visible_fields()
    ]
    return [row for row in rows if str(row["mine"] or "") != str(row["theirs"] or "")]


def _by_field(error, form):
    """Errors of a service by form field; what the form does not show goes to the top of it."""
    found = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    placed = {}
    for name, errors in found.items():
        placed.setdefault(name if name in form.fields else None, []).extend(errors)
    return placed


class ScopedCreate(ScopedFormView):
    """Create a row; subclasses say `may`, `form_class`, `title`."""


class ScopedUpdate(ScopedFormView):
    """Edit a visible row, version-checked."""

    def get_object(self):
        return get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])


class ScopedAct(Reported, Scoped, View):
    """POST: do something about a visible row; `may(user, row)` is asked first (403).

    `act(row, by)` does it. It may return an answer; without one the person goes back to where they came from.
    """

    http_method_names = ["post"]

    def may(self, user, row):
        raise TypeError(f"{type(self).__name__} must say who may do this")

    def act(self, row, by):
        raise TypeError(f"{type(self).__name__} must say which service does this")

    def post(self, request, pk, **kwargs):
        self.object = get_object_or_404(self.get_queryset(), pk=pk)
        if not self.may(request.user, self.object):
            return refuse(request)
        return self.act(self.object, request.user) or self.back()

    def get_success_url(self):
        return self.object.get_absolute_url()


class MoveView(Reported, Scoped, View):
    """POST: one workflow move on a visible row; `steps` is the app's table."""

    http_method_names = ["post"]
    steps = None

    def post(self, request, pk, name, **kwargs):
        self.object = get_object_or_404(self.get_queryset(), pk=pk)
        if name not in self.steps:
            return refuse(request, status=404)
        self.object = move(
            self.object,
            self.steps,
            name,
            by=request.user,
            note=request.POST.get("note", ""),
            version=posted_version(request),
        )
        messages.success(request, _("“%(row)s” is now: %(state)s.") % self.said())
        return self.back()

    def said(self):
        return {"row": self.object, "state": self.object.get_state_display()}

    def get_success_url(self):
        return self.object.get_absolute_url()


def posted_version(request):
    """The version a form was made from, None when it does not say."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def refuse(request, status=403):
    """The page of a refusal: 403 not allowed, 404 not there."""
    return render(request, f"{status}.html", status=status)
