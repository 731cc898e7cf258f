"""A person's own webhooks."""

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import ListView

from kam.keyset import Keyset
from kam.models import Delivery, Webhook
from kam.views.base import Scoped, ScopedAct, ScopedCreate, ScopedDetail, ScopedUpdate
from kam.webhooks import patterns, services
from kam.webhooks.faults import sentence
from kam.webhooks.forms import WebhookForm

State = Delivery.State
SIGNS = {State.SENT: ("good", ""), State.DEAD: ("bad", ""), State.WAITING: ("open", "")}


class Webhooks(Scoped, ListView):
    """Every webhook with what waits, what was given up, and when it last took something."""

    model = Webhook
    template_name = "webhooks/list.html"
    context_object_name = "webhooks"

    def get_queryset(self):
        of = {state: Count("deliveries", Q(deliveries__state=state)) for state in (State.WAITING, State.DEAD)}
        sent = Max("deliveries__finished_at", filter=Q(deliveries__state=State.SENT))
        return super().get_queryset().annotate(waiting=of[State.WAITING], dead=of[State.DEAD], last_sent=sent)


class WebhookPage(ScopedDetail):
    """One webhook: what it is told, how it stands, and its deliveries, the newest first."""

    model = Webhook
    template_name = "webhooks/detail.html"
    context_object_name = "webhook"
    page_size = 50

    def get_context_data(self, **kwargs):
        deliveries = self.object.deliveries.select_related("entry")
        state = self.request.GET.get("state", "")
        rows = deliveries.filter(state=state) if state in State.values else deliveries
        page = Keyset(("-created_at",), self.page_size).page(rows, self.request)
        counts = dict(deliveries.order_by().values_list("state").annotate(n=Count("pk")))
        labels = dict(patterns.choices())
        return super().get_context_data(
            page=page,
            deliveries=[_shown(delivery) for delivery in page.rows],
            events=[labels.get(event, event) for event in self.object.events],
            state=state if state in State.values else "",
            tabs=[("", _("All"), sum(counts.values())), *((s.value, s.label, counts.get(s, 0)) for s in State)],
            **kwargs,
        )


def _shown(delivery):
    """A delivery with what the page says of it."""
    delivery.level, delivery.icon = SIGNS[delivery.state]
    delivery.fault = sentence(delivery.error)
    delivery.is_dead = delivery.state == State.DEAD
    delivery.is_waiting = delivery.state == State.WAITING
    return delivery


class OwnWebhook:
    """Mix-in: one's own webhooks only; everybody may have some."""

    model, form_class = Webhook, WebhookForm

    def may(self, user, row):
        return row is None or row.user_id == user.pk

    def get_cancel_url(self):
        return self.object.get_absolute_url() if self.object else reverse("me-webhooks")


class NewWebhook(OwnWebhook, ScopedCreate):
    """The key is shown once, in the answer."""

    title = gettext_lazy("New webhook")

    def get_success_url(self):
        return reverse("me-webhooks")

    def form_valid(self, form):
        answer = super().form_valid(form)
        return _secret_page(self.request, self.object, form.secret, 201) if answer.status_code == 302 else answer


class EditWebhook(OwnWebhook, ScopedUpdate):
    title = gettext_lazy("Edit webhook")


class RotateSecret(OwnWebhook, ScopedAct):
    """POST: a new key, shown once."""

    def act(self, row, by):
        return _secret_page(self.request, row, services.rotate(row, by=by), 200)


class TestWebhook(OwnWebhook, ScopedAct):
    """POST: an event about the webhook itself."""

    def act(self, row, by):
        services.test(row, by=by)
        messages.success(self.request, _("A test event is on its way."))


class RemoveWebhook(OwnWebhook, ScopedAct):
    """POST: it is told nothing any more."""

    def act(self, row, by):
        services.remove(row, by=by)
        messages.success(self.request, _("“%(row)s” is removed.") % {"row": row})

    def get_success_url(self):
        return reverse("me-webhooks")


class RetryDelivery(ScopedAct):
    """POST: send what was given up once more."""

    model = Delivery

    def may(self, user, row):
        return row.webhook.user_id == user.pk

    def act(self, row, by):
        services.retry(row, by=by)
        messages.success(self.request, _("The event is on its way again."))

    def get_success_url(self):
        return self.object.webhook.get_absolute_url()


def _secret_page(request, webhook, secret, status):
    return render(request, "webhooks/secret.html", {"webhook": webhook, "secret": secret}, status=status)
