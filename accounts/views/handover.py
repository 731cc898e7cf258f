"""Handing over what a leaver has: choose, look at it, do it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people import people_of
from accounts.people_forms import HandOverForm
from kam.access import may_administer
from kam.errors import Conflict
from kam.views.base import ScopedFormView


class HandOver(ScopedFormView):
    """Nothing moves before the preview is confirmed; then all of it, or nothing."""

    form_class, title = HandOverForm, gettext_lazy("Hand over")
    template_name = "people/hand_over.html"

    def get_object(self):
        self.leaver = get_object_or_404(people_of(self.request.user), pk=self.kwargs["pk"])

    def may(self, user, row):
        return may_administer(user)

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"leaver": self.leaver}

    def get_context_data(self, **kwargs):
        return super().get_context_data(leaver=self.leaver, part="people", **kwargs)

    def get_success_url(self):
        return reverse("administration:person", args=[self.leaver.pk])

    def get_cancel_url(self):
        return self.get_success_url()

    def form_valid(self, form):
        if "confirmed" not in self.request.POST:
            return self.preview(form)
        try:
            moved = form.save_with(self.request.user)
        except Conflict as refusal:
            messages.error(self.request, refusal.message)
            return self.render_to_response(self.get_context_data(form=form), status=409)
        total = sum(share.count for share in moved)
        messages.success(self.request, _("Handed over: %(count)s things.") % {"count": total})
        return self.back()

    def preview(self, form):
        """What would move to whom, and what would stay."""
        form.data = form.data.copy()
        form.data["seen"] = form.counts()
        plan = form.plan()
        left = [share for share, to in plan if to is None and share.part.needed]
        blocked = bool(left and form.cleaned_data["and_deactivate"])
        return self.render_to_response(self.get_context_data(form=form, plan=plan, left=left, blocked=blocked))
